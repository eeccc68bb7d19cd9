// Step 2b: where an earlier network of ours sees faces and plates in the training pictures; cache.py keeps what no label explains.
//
// usage: node hard.mjs WORK MODEL.onnx   (reads WORK/index.json, writes WORK/hard.jsonl)
import { createWriteStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { suppress } from './boxes.mjs';
import { detect, openNetwork } from './street.mjs';

/** Face pictures are few and small: they are looked at at the sizes that stills are looked at. */
const LONG_SIDES_PX = { face: [416, 640, 1024], plate: [640] };
const SCORE_MIN = { face: 0.25, plate: 0.25 };

const [work, modelFile] = process.argv.slice(2);
const session = await openNetwork(modelFile);
const { images } = JSON.parse(readFileSync(path.join(work, 'index.json'), 'utf8'));
const out = createWriteStream(path.join(work, 'hard.jsonl'));
for (const { file, source, label } of images) {
  if (source === 'fairface') continue;
  const found = [];
  for (const longPx of LONG_SIDES_PX[label]) {
    found.push(...(await detect(session, path.join(work, 'orig', file), longPx, SCORE_MIN)).found);
  }
  const boxes = suppress(found, 0.45).map((box) => box.map((v) => (typeof v === 'number' ? Math.round(v * 100) / 100 : v)));
  out.write(`${JSON.stringify({ file, boxes })}\n`);
}
out.end();

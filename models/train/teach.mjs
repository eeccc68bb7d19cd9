// Step 2: pseudo labels for what people did not annotate.
//
// Teachers: YuNet-n for faces, PicoDet-S for persons and vehicles. YuNet looks at every picture four times: at long side 1280 for small
// faces and 640 for close-ups, each plain and mirrored. A face that only one of the two mirrored views sees gets half a vote, so that its
// score falls into the band that training ignores.
//
// usage: node teach.mjs WORK YUNET.onnx PICODET.onnx SHARD SHARDS   (reads WORK/index.json, writes WORK/teach.SHARD.jsonl)
import { createWriteStream, readFileSync } from 'node:fs';
import path from 'node:path';
import ort from 'onnxruntime-node';
import sharp from 'sharp';
import { iou, suppress } from './boxes.mjs';

const FACE_LONG_SIDES_PX = [1280, 640];
/** Larger is only noise: a picture is not enlarged more than this. */
const ENLARGE_MAX = 3.3;
const FACE_SCORE_MIN = 0.3;
const OBJECT_LONG_SIDE_PX = 640;
const OBJECT_SCORE_MIN = 0.25;
/** COCO class index -> our class. */
const OBJECT_CLASSES = { 0: 'person', 2: 'vehicle', 3: 'vehicle', 5: 'vehicle', 7: 'vehicle' };
const UNSEEN_SCORE = 0.2;

sharp.concurrency(1);

/** RGB pixels scaled so that the long side is `longPx`, padded right and bottom with black to multiples of `multiplePx`. */
async function load(file, longPx, multiplePx) {
  const meta = await sharp(file, { failOn: 'none' }).metadata();
  const scale = longPx / Math.max(meta.width, meta.height);
  const wide = Math.round(meta.width * scale);
  const high = Math.round(meta.height * scale);
  const width = Math.ceil(wide / multiplePx) * multiplePx;
  const height = Math.ceil(high / multiplePx) * multiplePx;
  const pixels = await sharp(file, { failOn: 'none' })
    .removeAlpha()
    .toColourspace('srgb')
    .resize(wide, high, { fit: 'fill', kernel: 'linear' })
    .extend({ right: width - wide, bottom: height - high, background: { r: 0, g: 0, b: 0 } })
    .raw()
    .toBuffer();
  return { pixels, width, height, scale };
}

/** Interleaved RGB -> planar float tensor [1,3,H,W]. `order` picks the channels, `mirrored` flips left and right. */
function tensor({ pixels, width, height }, { order, mean = [0, 0, 0], std = [1, 1, 1], mirrored = false }) {
  const plane = width * height;
  const data = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    for (let y = 0, at = c * plane; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        const from = 3 * (y * width + (mirrored ? width - 1 - x : x)) + order[c];
        data[at] = (pixels[from] - mean[c]) / std[c];
      }
    }
  }
  return new ort.Tensor('float32', data, [1, 3, height, width]);
}

async function yunetPass(session, image, mirrored) {
  const feeds = { [session.inputNames[0]]: tensor(image, { order: [2, 1, 0], mirrored }) };
  const out = await session.run(feeds);
  const found = [];
  for (const stride of [8, 16, 32]) {
    const columns = image.width / stride;
    const cls = out[`cls_${stride}`].data;
    const obj = out[`obj_${stride}`].data;
    const box = out[`bbox_${stride}`].data;
    for (let i = 0; i < cls.length; i++) {
      const score = Math.sqrt(Math.max(0, cls[i] * obj[i]));
      if (score < FACE_SCORE_MIN) continue;
      const cx = ((i % columns) + box[4 * i]) * stride;
      const cy = (Math.floor(i / columns) + box[4 * i + 1]) * stride;
      const w = Math.exp(box[4 * i + 2]) * stride;
      const h = Math.exp(box[4 * i + 3]) * stride;
      const middle = mirrored ? image.width - cx : cx;
      const corners = [middle - w / 2, cy - h / 2, middle + w / 2, cy + h / 2].map((v) => v / image.scale);
      found.push([...corners, score, 'face']);
    }
  }
  return suppress(found, 0.45);
}

/** Faces seen plain and mirrored at one scale: the mean of both views, or of one view and UNSEEN_SCORE. */
function agree(plain, mirrored) {
  const rest = [...mirrored];
  const out = plain.map((a) => {
    const at = rest.findIndex((b) => iou(a, b) > 0.4);
    if (at < 0) return [...a.slice(0, 4), (a[4] + UNSEEN_SCORE) / 2, 'face'];
    const [b] = rest.splice(at, 1);
    return [...[0, 1, 2, 3, 4].map((k) => (a[k] + b[k]) / 2), 'face'];
  });
  return out
    .concat(rest.map((b) => [...b.slice(0, 4), (b[4] + UNSEEN_SCORE) / 2, 'face']))
    .filter((b) => b[4] >= FACE_SCORE_MIN);
}

async function faces(session, file, ownLongPx) {
  const found = [];
  for (const longPx of FACE_LONG_SIDES_PX) {
    if (longPx > ENLARGE_MAX * ownLongPx) continue;
    const image = await load(file, longPx, 32);
    found.push(...agree(await yunetPass(session, image, false), await yunetPass(session, image, true)));
  }
  return suppress(found, 0.45);
}

/** PicoDet: per side a distribution over 8 distances; its mean is the distance in cells. */
function picodetSides(dist, i, stride) {
  return [0, 1, 2, 3].map((side) => {
    let sum = 0;
    let mean = 0;
    for (let bin = 0; bin < 8; bin++) {
      const v = Math.exp(dist[i * 32 + side * 8 + bin]);
      sum += v;
      mean += v * bin;
    }
    return (mean / sum) * stride;
  });
}

async function objects(session, file) {
  const image = await load(file, OBJECT_LONG_SIDE_PX, 64);
  const input = tensor(image, { order: [0, 1, 2], mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] });
  const result = await session.run({ [session.inputNames[0]]: input });
  const out = session.outputNames.map((name) => result[name]);
  const found = [];
  for (const [level, stride] of [8, 16, 32, 64].entries()) {
    const scores = out[level].data;
    const dist = out[level + 4].data;
    const columns = Math.ceil(image.width / stride);
    for (let i = 0; i < out[level].dims[1]; i++) {
      let best = 0;
      let label;
      for (const [index, name] of Object.entries(OBJECT_CLASSES)) {
        if (scores[i * 80 + +index] > best) {
          best = scores[i * 80 + +index];
          label = name;
        }
      }
      if (best < OBJECT_SCORE_MIN) continue;
      const [left, top, right, bottom] = picodetSides(dist, i, stride);
      const cx = ((i % columns) + 0.5) * stride;
      const cy = (Math.floor(i / columns) + 0.5) * stride;
      const corners = [cx - left, cy - top, cx + right, cy + bottom].map((v) => v / image.scale);
      found.push([...corners, best, label]);
    }
  }
  return suppress(found, 0.55);
}

const [work, yunetFile, picodetFile, shard, shards] = process.argv.slice(2);
const options = { intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: 'all', logSeverityLevel: 3 };
const yunet = await ort.InferenceSession.create(yunetFile, options);
const picodet = await ort.InferenceSession.create(picodetFile, options);
const { images } = JSON.parse(readFileSync(path.join(work, 'index.json'), 'utf8'));
const out = createWriteStream(path.join(work, `teach.${shard}.jsonl`));
const rounded = (box) => box.map((v) => (typeof v === 'number' ? Math.round(v * 100) / 100 : v));
for (let i = +shard; i < images.length; i += +shards) {
  const file = path.join(work, 'orig', images[i].file);
  const ownLongPx = Math.max(images[i].width, images[i].height);
  const boxes = [...(await faces(yunet, file, ownLongPx)), ...(await objects(picodet, file))];
  out.write(`${JSON.stringify({ file: images[i].file, boxes: boxes.map(rounded) })}\n`);
}
out.end();

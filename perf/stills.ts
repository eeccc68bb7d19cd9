/**
 * Coverage of stills on the evaluation pictures: `node dist/perf/stills.js [--every 1] [--passes 416,640,1024,1792] [--data DIR]`.
 *
 * Runs the product's own path up to the cover plan. A labelled box counts as covered when at least 80 % of it is hidden; over-cover is the
 * share of the picture that is hidden away from every labelled box grown by half its size on each side. Each folder is annotated for one
 * class, so only covers of that class are counted on it.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { rootLog } from '../edge/base/log.ts';
import { createOnnxDetector } from '../edge/camera/detect/detector.ts';
import { openModelStore } from '../edge/camera/detect/store.ts';
import { STILL_PASSES_PX, STILL_THRESHOLD_OFFSET } from '../edge/camera/still/find.ts';
import { readPicture } from '../edge/camera/still/raw-picture.ts';
import { planStill } from '../edge/camera/still/redact-still.ts';
import { COVERED_SHARE_MIN, hiddenShare, type LabelledPicture, overCover } from '../test/support/coverage.ts';
import { sharedData } from '../test/support/shared.ts';

const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    passes: { type: 'string', default: STILL_PASSES_PX.join(',') },
    data: { type: 'string', default: sharedData ?? '' },
  },
});
const BANDS_PX = [0, 12, 16, 24, 48];

if (values.data === '') console.log('skipped: the evaluation data is not on this machine');
else await measure(values.data);

async function measure(data: string): Promise<void> {
  rootLog.level = 'warn';
  const store = openModelStore({ stateDir: 'state', env: process.env });
  const detector = createOnnxDetector({ store, log: rootLog, thresholdOffset: STILL_THRESHOLD_OFFSET });
  await detector.settled();
  const thresholds = Object.assign({}, ...detector.state.models.map((name) => store.entryOf(name).thresholds));
  const passesPx = values.passes.split(',').map(Number);
  for (const [folder, label] of [
    ['faces', 'face'],
    ['plates', 'plate'],
  ] as const) {
    const dir = path.join(data, 'images', folder);
    const lines = readFileSync(path.join(dir, 'annotations.jsonl'), 'utf8').split('\n').filter(Boolean);
    const seen = BANDS_PX.map(() => 0);
    const hit = BANDS_PX.map(() => 0);
    const times: number[] = [];
    let over = 0;
    for (const line of lines.filter((_, i) => i % Number(values.every) === 0)) {
      const item = JSON.parse(line) as LabelledPicture;
      const { picture } = await readPicture(path.join(dir, item.image));
      const startedMs = performance.now();
      const plan = await planStill(picture, { detector, thresholds, passesPx });
      times.push(performance.now() - startedMs);
      if (plan.kind !== 'regions') throw new Error(`${item.image} was not looked at: ${plan.reason}`);
      const covers = plan.regions.filter((region) => region.label === label);
      over += overCover(item, covers);
      for (const box of item.boxes) {
        if (box.ignore) continue;
        const band = BANDS_PX.findLastIndex((px) => box.h >= px);
        seen[band]!++;
        if (hiddenShare(box, covers) >= COVERED_SHARE_MIN) hit[band]!++;
      }
    }
    const from = (px: number): string => {
      const sum = (counts: number[]): number => counts.reduce((n, count, i) => n + (BANDS_PX[i]! >= px ? count : 0), 0);
      return `${((100 * sum(hit)) / sum(seen)).toFixed(1)} %`;
    };
    times.sort((a, b) => a - b);
    console.log(
      `${folder}, passes ${values.passes}: >= 24 px ${from(24)}  >= 16 px ${from(16)}  over-cover ${((100 * over) / times.length).toFixed(2)} %  ` +
        `bands ${hit.map((n, i) => `${n}/${seen[i]}`).join(' ')}  ${times[times.length >> 1]?.toFixed(0)} ms each (median)`,
    );
  }
  await detector.close();
}

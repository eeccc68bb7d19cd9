/**
 * Temporal leaks on the simulated street: `node dist/perf/leak.js [--seeds 1,2,3] [--seconds 20] [--interval 120] [--night] [--rain]`.
 * Prints, for the stub that knows the truth and for the network in use, how many frames of an object that was found at least once show
 * it uncovered.
 */
import { parseArgs } from 'node:util';
import { rootLog } from '../edge/base/log.ts';
import { createOnnxDetector } from '../edge/camera/detect/detector.ts';
import { openModelStore } from '../edge/camera/detect/store.ts';
import { type LeakReport, measureLeaks } from '../test/support/leak.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    seconds: { type: 'string', default: '20' },
    interval: { type: 'string', default: '120' },
    size: { type: 'string', default: '640' },
    night: { type: 'boolean', default: false },
    rain: { type: 'boolean', default: false },
    stub: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

rootLog.level = 'warn';
for (const seed of values.seeds.split(',').map(Number)) {
  const options = {
    street: { seed, night: values.night, rain: values.rain },
    seconds: Number(values.seconds),
    intervalMs: Number(values.interval),
    longSidePx: Number(values.size),
  };
  print(`seed ${seed}, stub `, await measureLeaks(options));
  if (values.stub) continue;
  const detector = createOnnxDetector({ store: openModelStore({ stateDir: 'state', env: process.env }), log: rootLog });
  await detector.settled();
  print(`seed ${seed}, model`, await measureLeaks({ ...options, detector }));
  await detector.close();
}

function print(name: string, r: LeakReport): void {
  const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;
  console.log(
    `${name}: ${r.frames} frames, found ${r.found}/${r.appearances} appearances; uncovered object-frames of found: ${r.leaks.length}/` +
      `${r.objectFramesOfFound} (${percent(r.leaks.length, r.objectFramesOfFound)}), of all: ${r.leaksOfAll}/${r.objectFrames} ` +
      `(${percent(r.leaksOfAll, r.objectFrames)}); whole frames ${r.wholeFrames}; over-cover ${(100 * r.overCover).toFixed(2)} %`,
  );
  if (values.verbose) for (const leak of r.leaks) console.log(JSON.stringify(leak));
}

/**
 * `npm run bench [-- --clip FILE --rounds N --size 1920x1080 --json out.json]`: what the filter costs against plain transcoding of the
 * same clip with the same encoder settings: with one look at a frame, and with closer looks beside it. Rounds are interleaved and medians are compared, so that other work on the
 * machine meets both sides alike; CPU time is the steadier figure, frames/s the one that counts on an idle box.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { defaultClip } from './bench/clip.ts';
import { compare, machine, printReport } from './bench/report.ts';
import { DEFAULT_SETTINGS, ONE_LOOK_SETTINGS } from './bench/settings.ts';
import { findFfmpeg, runChild, runFfmpeg } from './bench/sides.ts';
import { measureStages } from './bench/stages.ts';
import type { Sample } from './bench/usage.ts';

const { values } = parseArgs({
  options: {
    clip: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '1920x1080' },
    json: { type: 'string' },
  },
});

const ffmpeg = findFfmpeg();
const [widthPx = 1920, heightPx = 1080] = values.size.split('x').map(Number);
const clip =
  values.clip === undefined
    ? await defaultClip(ffmpeg, widthPx, heightPx)
    : { path: values.clip, description: values.clip };
console.log(`Clip     ${clip.description}`);
console.log(`Machine  ${machine()}`);
console.log(
  `Plain    ${ffmpeg ? 'ffmpeg, same encoder settings' : 'no ffmpeg on PATH: libav in process, without a filter'}`,
);

const plain: Sample[] = [];
const oneLook: Sample[] = [];
const closer: Sample[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  plain.push(ffmpeg ? await runFfmpeg(ffmpeg, clip.path) : await runChild('plain', clip.path, DEFAULT_SETTINGS));
  oneLook.push(await runChild('filter', clip.path, ONE_LOOK_SETTINGS));
  closer.push(await runChild('filter', clip.path, DEFAULT_SETTINGS));
}
const report = compare(plain, { oneLook, closer });
const stages = await measureStages(clip.path);
printReport(report, stages);
if (values.json !== undefined) {
  const result = { machine: machine(), clip: clip.description, report, stages, plain, oneLook, closer };
  writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
}

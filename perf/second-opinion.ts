/**
 * What the rules of detect/second/zones.ts gain and cost, on annotated pictures: coverage of faces and plates, and how much of the picture
 * is covered beside them. Each picture is looked at twice: as one frame of a camera (first detector, tracker, zones, as in the pipeline),
 * and as `garim redact` looks at a still, with the zones added, which it does not do.
 *
 * Usage: node dist/perf/second-opinion.js IMAGES-DIR [SECOND-MODEL]   (models from GARIM_MODELS)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { createOnnxDetector } from '../edge/camera/detect/detector.ts';
import { letterboxSize, toFrame } from '../edge/camera/detect/letterbox.ts';
import type { Detection, Detector } from '../edge/camera/detect/port.ts';
import { unseenZones, type ZoneRules } from '../edge/camera/detect/second/zones.ts';
import { type ModelStore, openModelStore, type Thresholds } from '../edge/camera/detect/store.ts';
import { isCounted, LIVE_RULES } from '../edge/camera/detect/thresholds.ts';
import { type LabelledPicture, readLabelledSets } from '../edge/camera/evaluate/annotations.ts';
import { BANDS_PX, tallyFrom } from '../edge/camera/evaluate/coverage.ts';
import { openLiveLook, openStillLook, type PictureLook } from '../edge/camera/evaluate/looks.ts';
import { Scorer } from '../edge/camera/evaluate/score.ts';
import { planCover } from '../edge/camera/redact/plan.ts';
import { chooseBoxes } from '../edge/camera/still/find.ts';
import { type RawPicture, readPicture } from '../edge/camera/still/raw-picture.ts';
import { withMargin } from '../edge/camera/track/margin.ts';
import { type TrackedRegion, Tracker } from '../edge/camera/track/tracker.ts';
import { pictureOf } from '../test/support/evaluation.ts';

const LONG_SIDE_PX = 640;
const HEIGHTS_PX_MIN = [24, 16, BANDS_PX[0]];
const STALL_MS = 60_000;

const RULES: [string, ZoneRules, boolean][] = [
  ['no rules', { people: 'off', vehicles: 'off' }, false],
  ['plate band, first network alone', { people: 'off', vehicles: 'plate-band' }, false],
  ['plate band, with the second', { people: 'off', vehicles: 'plate-band' }, true],
  ['head, with the second', { people: 'head', vehicles: 'off' }, true],
  ['both, with the second', { people: 'head', vehicles: 'plate-band' }, true],
];

/** What a look found, as the regions that the rules know. */
type ToRegions = (detections: readonly Detection[], picture: RawPicture, thresholds: Thresholds) => TrackedRegion[];

const asFrame: ToRegions = (detections, picture, thresholds) =>
  trackedOnce(
    detections.filter((d) => isCounted(d, picture, thresholds, LIVE_RULES)),
    picture,
  );

const asStill: ToRegions = (detections, picture, thresholds) =>
  chooseBoxes(detections, picture, thresholds).map((d, i) => ({
    ...withMargin(d, d.label),
    label: d.label,
    score: d.score,
    track: i + 1,
    seen: { w: d.w, h: d.h },
  }));

const silent = pino({ level: 'silent' });

function detectorOf(store: ModelStore, name: string): Detector {
  const { labels } = store.entryOf(name);
  const selectModels = async () => ({ models: [await store.resolve(name)], missing: [] });
  return createOnnxDetector({ store: { selectModels }, categories: labels, log: silent });
}

function trackedOnce(detections: readonly Detection[], { widthPx, heightPx }: RawPicture): TrackedRegion[] {
  const tracker = new Tracker();
  tracker.picture = { widthPx, heightPx };
  tracker.update(0, detections);
  return tracker.regionsAt(0);
}

async function hintsOf(detector: Detector, { file }: LabelledPicture, picture: RawPicture): Promise<TrackedRegion[]> {
  const { widthPx, heightPx } = picture;
  const letterbox = letterboxSize(widthPx, heightPx, LONG_SIDE_PX);
  const verdict = await detector.detect(await pictureOf(file, letterbox), STALL_MS);
  if (verdict.kind !== 'detected') throw new Error(`${file}: ${verdict.detail}`);
  return trackedOnce(toFrame(verdict.detections, letterbox, widthPx, heightPx), picture);
}

const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;

function print(title: string, scorers: readonly Scorer[], zones: readonly number[]): void {
  console.log(`\n${title}: covered at >= ${HEIGHTS_PX_MIN.join(', ')} px; over-cover of all covers; zones`);
  for (const [i, [name]] of RULES.entries()) {
    const { total, overCoverOfAll } = scorers[i]!.score;
    const shares = HEIGHTS_PX_MIN.map((px) => {
      const { covered, total: all } = tallyFrom(total.bands, px);
      return percent(covered / all, 1).padStart(7);
    });
    console.log(`${name.padEnd(34)} ${shares.join(' ')}  ${percent(overCoverOfAll, 2)}  ${zones[i]}`);
  }
}

const [dir, secondName = 'picodet-s-dyn'] = process.argv.slice(2);
if (dir === undefined) throw new Error('name the folder of labelled pictures');
const stateDir = mkdtempSync(path.join(os.tmpdir(), 'garim-perf-'));
const store = openModelStore({ stateDir, env: process.env });
const second = detectorOf(store, secondName);
while (second.state.state === 'starting') await new Promise((resolve) => setTimeout(resolve, 50));
const options = { store, log: silent, lowestOffset: 0 };
const looks: [string, PictureLook, ToRegions][] = [
  ['one frame of a camera', await openLiveLook(options), asFrame],
  ['stills', await openStillLook(options), asStill],
];
for (const set of await readLabelledSets(dir)) {
  const results = looks.map(() => RULES.map(() => ({ scorer: new Scorer(set), zones: 0 })));
  for (const labelled of set.pictures) {
    const { picture } = await readPicture(labelled.file);
    const hints = await hintsOf(second, labelled, picture);
    for (const [l, [, look, toRegions]] of looks.entries()) {
      const regions = toRegions((await look.look(picture)).detections, picture, look.thresholds);
      for (const [i, [, rules, isSecondUsed]] of RULES.entries()) {
        const zones = unseenZones(regions, isSecondUsed ? hints : [], rules, picture.widthPx);
        const result = results[l]![i]!;
        result.scorer.add(labelled, planCover(regions, [], picture.widthPx, picture.heightPx, zones));
        result.zones += zones.length;
      }
    }
  }
  for (const [l, [title, look]] of looks.entries()) {
    print(
      `${set.name}, ${set.pictures.length} pictures, ${title}, ${look.models.join()} and ${secondName}`,
      results[l]!.map(({ scorer }) => scorer),
      results[l]!.map(({ zones }) => zones),
    );
  }
}
await Promise.all([second.close(), ...looks.map(([, look]) => look[Symbol.asyncDispose]())]);
rmSync(stateDir, { recursive: true, force: true });

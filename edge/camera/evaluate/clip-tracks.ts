/**
 * The tracks of a clip as `garim redact` finds them, with crops for a person to look at: each track at its ends, where it was seen, and in
 * the middle of its longest stretch without a sighting; and whole frames a second apart, on which what has no track can be seen.
 *
 * The clip is read twice: through the pipeline, which keeps no raw frame, and again for the crops.
 */
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import { openCapture } from '../capture/open.ts';
import { CLIP_DETECT } from '../clip/redact-clip.ts';
import { UprightCapture } from '../clip/upright.ts';
import { PictureMaker } from '../detect/picture.ts';
import type { Detection, Detector } from '../detect/port.ts';
import type { RawFrame } from '../frame.ts';
import { Pipeline } from '../pipeline.ts';
import type { CoverPlan, CoverRegion } from '../redact/plan.ts';
import type { RawPicture } from '../still/raw-picture.ts';
import { around, type Cell, COVER, cropOf, TRUTH } from './contact-sheet.ts';
import { hiddenShare } from './coverage.ts';

/** Longer clips are cut here: what a person looks at is minutes. */
const FRAMES_MAX = 10_000;
/** Tracks with crops, the longest first; 120 kB a crop. */
const TRACKS_MAX = 200;
const OVERVIEWS_MAX = 120;
const OVERVIEW_EVERY_MS = 1_000;
const OVERVIEW_PX = 480;
/** Share of a detection inside a region that makes it a sighting of its track. */
const SEEN_SHARE_MIN = 0.9;
const MOMENTS = ['first covered', 'first seen', 'middle', 'longest gap', 'last seen', 'last covered'] as const;
export const TRACK_COLUMNS = MOMENTS.length;

interface PlannedFrame {
  ms: number;
  plan: CoverPlan;
  /** Undefined where no look was taken. */
  detections: readonly Detection[] | undefined;
}

interface ClipTrack {
  id: number;
  label: CoverRegion['label'];
  /** Numbers of frames. */
  first: number;
  last: number;
  /** Looks taken while it was covered, and those that saw it. */
  looks: number;
  sightings: number;
  /** Of its covers, pixels. */
  heightPxMin: number;
  heightPxMax: number;
  scoreMax: number;
}

export interface ClipEvaluation {
  frames: number;
  wholeFrames: number;
  /** Mean share of the picture under covers. */
  coveredShare: number;
  tracks: ClipTrack[];
  /** A row of six for each track. */
  trackCells: Cell[];
  overviewCells: Cell[];
}

type Sighted = ClipTrack & { regions: Map<number, CoverRegion>; seenAt: number[] };

/** @throws UserError when it is no video */
export async function evaluateClip(file: string, detector: Detector): Promise<ClipEvaluation> {
  const { frames, coveredShare } = await planClip(file, detector);
  if (frames.length === 0) throw new UserError(`${file} holds no video that can be read`);
  const tracks = tracksOf(frames);
  const shown = [...tracks].sort((a, b) => b.last - b.first - (a.last - a.first)).slice(0, TRACKS_MAX);
  return {
    frames: frames.length,
    wholeFrames: frames.filter(({ plan }) => plan.kind === 'whole-frame').length,
    coveredShare,
    tracks: tracks.map(({ regions: _, seenAt: __, ...track }) => track),
    ...(await cropClip(file, frames, shown)),
  };
}

async function planClip(file: string, detector: Detector): Promise<{ frames: PlannedFrame[]; coveredShare: number }> {
  const frames: PlannedFrame[] = [];
  const looks = new Map<number, readonly Detection[]>();
  let covered = 0;
  const pipeline = new Pipeline({
    capture: captureOf(file),
    detector,
    look: 'solid',
    masks: [],
    detect: CLIP_DETECT,
    delayMs: 0,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        const { widthPx, heightPx, ptsUs } = frame;
        frame[Symbol.dispose]();
        const ms = ptsUs / 1000;
        const all = { x: 0, y: 0, w: widthPx, h: heightPx };
        covered += plan.kind === 'regions' ? hiddenShare(all, plan.regions) : 1;
        frames.push({ ms, plan, detections: looks.get(ms) });
        if (frames.length >= FRAMES_MAX) pipeline.stop();
      },
      connected() {},
      lost() {},
      looked: (ms, detections) => looks.set(ms, detections),
    },
  });
  await pipeline.run();
  return { frames, coveredShare: covered / Math.max(1, frames.length) };
}

const captureOf = (file: string): UprightCapture =>
  new UprightCapture(
    openCapture({ url: pathToFileURL(file).href, transport: 'tcp', pacing: 'unpaced', motionVectors: true }),
  );

function tracksOf(frames: readonly PlannedFrame[]): Sighted[] {
  const tracks = new Map<number, Sighted>();
  for (const [index, { plan, detections }] of frames.entries()) {
    for (const region of plan.kind === 'regions' ? plan.regions : []) {
      const known = tracks.get(region.track);
      const track = known ?? {
        id: region.track,
        label: region.label,
        first: index,
        last: index,
        looks: 0,
        sightings: 0,
        heightPxMin: region.h,
        heightPxMax: region.h,
        scoreMax: region.score,
        regions: new Map<number, CoverRegion>(),
        seenAt: [],
      };
      tracks.set(region.track, track);
      track.last = index;
      track.regions.set(index, region);
      track.heightPxMin = Math.min(track.heightPxMin, region.h);
      track.heightPxMax = Math.max(track.heightPxMax, region.h);
      track.scoreMax = Math.max(track.scoreMax, region.score);
      if (detections === undefined) continue;
      track.looks++;
      if (!detections.some((d) => d.label === region.label && hiddenShare(d, [region]) >= SEEN_SHARE_MIN)) continue;
      track.sightings++;
      track.seenAt.push(index);
    }
  }
  return [...tracks.values()];
}

/** Frame numbers of the six crops, in the order of MOMENTS. */
function momentsOf({ first, last, seenAt }: Sighted): number[] {
  const seen = seenAt.length > 0 ? seenAt : [first];
  let [from, to] = [seen[0]!, seen[0]!];
  for (const [i, at] of seen.entries()) {
    const next = seen[i + 1] ?? last;
    if (next - at > to - from) [from, to] = [at, next];
  }
  return [first, seen[0]!, seen[seen.length >> 1]!, (from + to) >> 1, seen.at(-1)!, last];
}

async function cropClip(
  file: string,
  frames: readonly PlannedFrame[],
  tracks: readonly Sighted[],
): Promise<Pick<ClipEvaluation, 'trackCells' | 'overviewCells'>> {
  const wanted = tracks.flatMap((track, row) =>
    momentsOf(track).map((frame, column) => ({ frame, track, row, column })),
  );
  const trackCells: Cell[] = [];
  const overviewCells: Cell[] = [];
  const capture = captureOf(file);
  let nextOverviewMs = 0;
  try {
    for (let index = 0; index < frames.length; ) {
      const event = await capture.next();
      if (event.kind === 'ended') break;
      if (event.kind !== 'frame') continue;
      using frame = event.frame;
      const { ms, plan } = frames[index]!;
      const regions = plan.kind === 'regions' ? plan.regions : [];
      const outlines = [
        ...regions.map((box) => ({ box, colour: COVER })),
        ...(frames[index]!.detections ?? [])
          .filter(({ label }) => label === 'face' || label === 'plate')
          .map((box) => ({ box, colour: TRUTH })),
      ];
      const crops = wanted.filter((crop) => crop.frame === index);
      const isOverview = ms >= nextOverviewMs && overviewCells.length < OVERVIEWS_MAX;
      if (crops.length > 0 || isOverview) {
        const picture = rgbOf(frame);
        for (const { track, row, column } of crops) {
          const region = track.regions.get(index) ?? track.regions.get(track.first)!;
          trackCells[row * MOMENTS.length + column] = {
            surface: await cropOf(picture, around(region, 2.5), outlines),
            caption: [
              `${MOMENTS[column]}, frame ${index}`,
              `${track.label} ${track.id}, score up to ${track.scoreMax.toFixed(2)}`,
              `seen in ${track.sightings} of ${track.looks} looks`,
            ],
          };
        }
        if (isOverview) {
          nextOverviewMs = ms + OVERVIEW_EVERY_MS;
          const { widthPx, heightPx } = frame;
          const side = Math.max(widthPx, heightPx);
          const part = { x: 0, y: (heightPx - side) / 2, w: side, h: side };
          const surface = await cropOf(picture, part, outlines, OVERVIEW_PX);
          overviewCells.push({ surface, caption: [`frame ${index}, ${(ms / 1000).toFixed(1)} s`] });
        }
      }
      index++;
    }
  } finally {
    await capture.close();
  }
  return { trackCells, overviewCells };
}

function rgbOf(frame: RawFrame): RawPicture {
  using maker = new PictureMaker(Math.max(frame.widthPx, frame.heightPx));
  const made = maker.make(frame.av);
  if (made === undefined) throw new UserError('a picture of the clip has a pixel format that can not be read');
  const { rgb, widthPx, heightPx } = made.picture;
  return { rgb, widthPx, heightPx };
}

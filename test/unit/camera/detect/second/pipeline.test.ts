/**
 * Goal: in the running pipeline, what the second opinion sees and the first missed is covered on every frame, and a second opinion that
 * hangs holds nothing up. Method: grey frames through the real pipeline, with detectors that say what a test tells them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AV_PIX_FMT_YUV420P, Frame } from 'node-av';
import { systemClock } from '../../../../../edge/base/clock.ts';
import type { Capture, CaptureEvent } from '../../../../../edge/camera/capture/port.ts';
import type { Detection, Detector } from '../../../../../edge/camera/detect/port.ts';
import type { ZoneRules } from '../../../../../edge/camera/detect/second/zones.ts';
import { RawFrame } from '../../../../../edge/camera/frame.ts';
import { Pipeline } from '../../../../../edge/camera/pipeline.ts';
import type { CoverPlan } from '../../../../../edge/camera/redact/plan.ts';
import { noMarkers } from '../../../../support/no-markers.ts';

const WIDTH_PX = 640;
const HEIGHT_PX = 384;
const FRAMES = 40;
const ALL: ZoneRules = { people: 'head', vehicles: 'plate-band' };

class GreyCapture implements Capture {
  readonly counts = { framesDecoded: 0, framesDropped: 0, decodeErrors: 0, reconnects: 0 };
  #next = 0;

  async next(): Promise<CaptureEvent> {
    await new Promise((resolve) => setImmediate(resolve));
    const seq = this.#next++;
    if (seq >= FRAMES) return { kind: 'ended' };
    const av = new Frame();
    av.alloc();
    av.format = AV_PIX_FMT_YUV420P;
    av.width = WIDTH_PX;
    av.height = HEIGHT_PX;
    av.getBuffer();
    for (const plane of av.data ?? []) plane.fill(128);
    return { kind: 'frame', frame: new RawFrame(av, seq, seq * 40_000, systemClock.monotonicMs()) };
  }

  async close(): Promise<void> {}
}

function detectorThatSays(detections: Detection[] | 'nothing, ever'): Detector & { asked: number } {
  return {
    state: { state: 'ready', models: ['told'], digests: [], advice: '' },
    asked: 0,
    async detect() {
      this.asked++;
      if (detections === 'nothing, ever') return new Promise(() => {});
      return { kind: 'detected', detections, inferenceMs: 1 };
    },
    async close() {},
  };
}

async function plansOf(
  first: Detector,
  second: Detector | undefined,
  { rules, pacing }: { rules: ZoneRules; pacing: 'live' | 'unpaced' },
): Promise<CoverPlan[]> {
  const plans: CoverPlan[] = [];
  const pipeline = new Pipeline({
    capture: new GreyCapture(),
    detector: first,
    second,
    secondOpinion: rules,
    markers: noMarkers,
    look: 'solid',
    masks: [],
    detect: { longSidePx: WIDTH_PX, intervalMs: 120, tiles: 'off' },
    delayMs: 2_000,
    pacing,
    clock: systemClock,
    sink: {
      async frame(frame, plan, seq) {
        plans[seq] = plan;
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
    },
  });
  await pipeline.run();
  return plans;
}

const labelsOf = (plan: CoverPlan | undefined): string[] =>
  plan?.kind === 'regions' ? plan.regions.map(({ label }) => label).sort() : ['whole frame'];

const PERSON: Detection = { label: 'person', x: 100, y: 60, w: 60, h: 180, score: 0.9 };
const VEHICLE: Detection = { label: 'vehicle', x: 400, y: 200, w: 90, h: 70, score: 0.9 };
const FACE: Detection = { label: 'face', x: 120, y: 65, w: 20, h: 26, score: 0.9 };

test('a missed head and a missed plate are covered on every frame of a file', async () => {
  const second = detectorThatSays([PERSON, VEHICLE]);
  const plans = await plansOf(detectorThatSays([]), second, { rules: ALL, pacing: 'unpaced' });
  assert.equal(plans.length, FRAMES);
  for (const plan of plans) assert.deepEqual(labelsOf(plan), ['person', 'vehicle']);
  assert.ok(second.asked >= 2 && second.asked <= 5, `asked ${second.asked} times in ${FRAMES * 40} ms`);
});

test('a bicycle has no plate to be covered', async () => {
  const second = detectorThatSays([{ ...VEHICLE, kind: 'bicycle' }]);
  const plans = await plansOf(detectorThatSays([]), second, { rules: ALL, pacing: 'unpaced' });
  for (const plan of plans) assert.deepEqual(labelsOf(plan), []);
});

test('a person whose face was found is covered by the face alone', async () => {
  const plans = await plansOf(detectorThatSays([FACE]), detectorThatSays([PERSON]), { rules: ALL, pacing: 'unpaced' });
  for (const plan of plans) assert.deepEqual(labelsOf(plan), ['face']);
});

test("without a second detector the first one's vehicles count, unless the rule is off", async () => {
  const first = detectorThatSays([PERSON, VEHICLE]);
  const on = await plansOf(first, undefined, { rules: ALL, pacing: 'unpaced' });
  for (const plan of on) assert.deepEqual(labelsOf(plan), ['vehicle']);
  const off = await plansOf(first, undefined, { rules: { ...ALL, vehicles: 'off' }, pacing: 'unpaced' });
  for (const plan of off) assert.deepEqual(labelsOf(plan), []);
});

test('a second opinion that never answers holds up no live frame', async () => {
  const second = detectorThatSays('nothing, ever');
  const plans = await plansOf(detectorThatSays([FACE]), second, { rules: ALL, pacing: 'live' });
  assert.equal(plans.length, FRAMES);
  for (const plan of plans) assert.deepEqual(labelsOf(plan), ['face']);
  assert.equal(second.asked, 1);
});

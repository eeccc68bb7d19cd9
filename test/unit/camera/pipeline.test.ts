/**
 * Goal: whatever the detector does, a frame comes out covered as its verdicts say, covered whole, or not at all. Method: frames of one
 * brightness with a detector that is scripted to answer, fail, stall or throw; the pixels of what comes out are looked at.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P10LE, AV_PIX_FMT_YUV444P } from 'node-av';
import { systemClock } from '../../../edge/base/clock.ts';
import type { Capture } from '../../../edge/camera/capture/port.ts';
import type { Detector } from '../../../edge/camera/detect/port.ts';
import { Pipeline } from '../../../edge/camera/pipeline.ts';
import { SOLID_LUMA } from '../../../edge/camera/redact/kernels.ts';
import type { CoverPlan } from '../../../edge/camera/redact/plan.ts';
import { type FrameSpec, lumaAt, makeFrame, ScriptedCapture, ScriptedDetector } from '../../support/frames.ts';
import { noMarkers } from '../../support/no-markers.ts';

/** On the picture that the detector sees (320 px wide, as the frames): 100,60 to 140,100. */
const FACE = { label: 'face' as const, x: 100, y: 60, w: 40, h: 40, score: 0.9 };
const MASK = {
  name: 'window',
  polygon: [
    [0, 0],
    [0.1, 0],
    [0.1, 0.1],
    [0, 0.1],
  ] as [number, number][],
};

interface Out {
  seq: number;
  plan: CoverPlan;
  /** Luma in the middle of the face, of the mask, and far from both. */
  face: number;
  mask: number;
  elsewhere: number;
}

async function run(
  capture: Capture,
  detector: Detector,
  {
    pacing = 'unpaced',
    masks = [],
    delayMs = 200,
  }: { pacing?: 'live' | 'unpaced'; masks?: (typeof MASK)[]; delayMs?: number } = {},
): Promise<Out[]> {
  const out: Out[] = [];
  const pipeline = new Pipeline({
    capture,
    detector,
    markers: noMarkers,
    look: 'solid',
    masks,
    detect: { longSidePx: 320, intervalMs: 80, tiles: 'off' },
    delayMs,
    pacing,
    clock: systemClock,
    sink: {
      async frame(frame, plan, seq) {
        out.push({
          seq,
          plan,
          face: lumaAt(frame.av, 120, 80),
          mask: lumaAt(frame.av, 4, 4),
          elsewhere: lumaAt(frame.av, 300, 180),
        });
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
    },
  });
  await pipeline.run();
  return out;
}

const frames = (count: number, spec: FrameSpec = {}): FrameSpec[] => Array.from({ length: count }, () => spec);

test('every frame comes out in order, covered where the verdicts say and nowhere else', async () => {
  const out = await run(ScriptedCapture.ofFrames(frames(30)), new ScriptedDetector(() => [FACE]));
  assert.deepEqual(
    out.map((o) => o.seq),
    Array.from({ length: 30 }, (_, i) => i),
  );
  for (const o of out) {
    assert.equal(o.plan.kind, 'regions');
    assert.equal(o.face, SOLID_LUMA);
    assert.equal(o.elsewhere, 200);
  }
});

for (const [name, format] of [
  ['nv12', AV_PIX_FMT_NV12],
  ['10 bit', AV_PIX_FMT_YUV420P10LE],
  ['4:4:4', AV_PIX_FMT_YUV444P],
] as const) {
  test(`${name} pictures are covered too`, async () => {
    const out = await run(ScriptedCapture.ofFrames(frames(4, { format })), new ScriptedDetector(() => [FACE]));
    assert.equal(out.length, 4);
    for (const o of out) assert.equal(o.face, SOLID_LUMA);
  });
}

test('static masks are burned in, with and without detections', async () => {
  const out = await run(ScriptedCapture.ofFrames(frames(5)), new ScriptedDetector(() => []), { masks: [MASK] });
  for (const o of out) {
    assert.equal(o.mask, SOLID_LUMA);
    assert.equal(o.elsewhere, 200);
    assert.equal(o.plan.kind === 'regions' && o.plan.regions[0]?.label, 'mask');
  }
});

test('a missing model covers every frame whole and says so', async () => {
  const missing = { kind: 'unavailable', reason: 'model-missing', detail: '' } as const;
  const out = await run(ScriptedCapture.ofFrames(frames(6)), new ScriptedDetector(() => missing));
  assert.equal(out.length, 6);
  for (const o of out) {
    assert.deepEqual(o.plan, { kind: 'whole-frame', reason: 'model-missing' });
    assert.equal(o.elsewhere, SOLID_LUMA);
  }
});

test('live: a detector that never answers covers frames whole at their deadline', async () => {
  const detector = new ScriptedDetector(() => new Promise(() => {}));
  const out = await run(ScriptedCapture.ofFrames(frames(20), 30), detector, { pacing: 'live' });
  assert.equal(out.length, 20);
  for (const o of out) assert.deepEqual(o.plan, { kind: 'whole-frame', reason: 'verdict-late' });
});

test('live: a detector that fails for a while covers whole, and recovers', async () => {
  const failed = { kind: 'unavailable', reason: 'detector-unavailable', detail: '' } as const;
  let given = 0;
  const events = frames(60).map((spec, i) => () => {
    given = i;
    return { kind: 'frame' as const, frame: makeFrame(i, i * 40_000, spec) };
  });
  const detector = new ScriptedDetector(() => (given < 25 ? failed : [FACE]));
  const out = await run(new ScriptedCapture(events, 30), detector, { pacing: 'live' });
  const reasons = out.map(({ plan }) => (plan.kind === 'whole-frame' ? plan.reason : plan.kind));
  assert.ok(reasons.slice(0, 25).includes('detector-unavailable'), reasons.join());
  assert.ok(!reasons.slice(0, 20).includes('regions'), reasons.join());
  assert.ok(reasons.slice(25).includes('regions'), reasons.join());
  for (const o of out) assert.equal(o.face, SOLID_LUMA, `frame ${o.seq}`);
});

test('an object that is first seen late is covered on the frames before', async () => {
  const detector = new ScriptedDetector((call) => (call < 3 ? [] : [FACE]));
  const out = await run(ScriptedCapture.ofFrames(frames(20)), detector);
  // Verdicts at frames 0, 2, 4, 6: the fourth is the first that sees it.
  assert.deepEqual(
    out.slice(5, 8).map((o) => o.face),
    [SOLID_LUMA, SOLID_LUMA, SOLID_LUMA],
  );
});

test('pictures seconds apart are covered: a file of a slow camera', async () => {
  let seq = 0;
  const frame = () => ({ kind: 'frame' as const, frame: makeFrame(seq, seq++ * 5_000_000) });
  const out = await run(new ScriptedCapture(Array(6).fill(frame)), new ScriptedDetector(() => [FACE]));
  assert.equal(out.length, 6);
  for (const o of out) assert.equal(o.face, SOLID_LUMA, `frame ${o.seq}`);
});

test('live: frames that wait for a slow sink are covered as the verdicts of their own time say', async () => {
  let release = (): void => {};
  const isStuck = new Promise<void>((resolve) => {
    release = resolve;
  });
  const out: number[] = [];
  let seen = 0;
  const detector = new ScriptedDetector(() => {
    if (++seen === 70) release();
    return [FACE];
  });
  const pipeline = new Pipeline({
    capture: ScriptedCapture.ofFrames(frames(80), 2),
    detector,
    markers: noMarkers,
    look: 'solid',
    masks: [],
    detect: { longSidePx: 320, intervalMs: 80, tiles: 'off' },
    delayMs: 2_000,
    pacing: 'live',
    clock: systemClock,
    sink: {
      async frame(frame) {
        out.push(lumaAt(frame.av, 120, 80));
        await isStuck;
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
    },
  });
  setTimeout(release, 5_000).unref();
  await pipeline.run();
  assert.equal(out.length, 80);
  assert.deepEqual(new Set(out), new Set([SOLID_LUMA]));
});

test('a change of the picture size runs the line empty first and goes on', async () => {
  const small = frames(6);
  const large = frames(6, { widthPx: 640, heightPx: 384 });
  const out = await run(ScriptedCapture.ofFrames([...small, ...large]), new ScriptedDetector(() => [FACE]));
  assert.deepEqual(
    out.map((o) => o.seq),
    Array.from({ length: 12 }, (_, i) => i),
  );
  for (const o of out.slice(0, 6)) assert.equal(o.face, SOLID_LUMA);
  // In the large picture the same box of the small one lies at 200,120 to 280,200.
  for (const { plan } of out.slice(6)) {
    assert.equal(plan.kind, 'regions');
    const [region] = plan.kind === 'regions' ? plan.regions : [];
    assert.ok(region && region.x > 160 && region.x <= 188 && region.x + region.w >= 292, JSON.stringify(region));
  }
});

test('live: a verdict of the picture before a change of size uncovers nothing after it', async () => {
  // Frame `seq` is as bright as 40 + 4 seq, so that the detector can tell which one it looks at.
  const specs = frames(25).map((_, i) => ({
    luma: 40 + 4 * i,
    ...(i < 3 ? {} : { widthPx: 640, heightPx: 384 }),
  }));
  const brightness: number[] = [];
  let largeCame = (): void => {};
  const isLarge = new Promise<void>((resolve) => {
    largeCame = resolve;
  });
  const detector = new ScriptedDetector(async (_, picture) => {
    brightness.push(picture.rgb[1]!);
    // The look at a small picture takes until large ones have come; whatever was in the small one is not in them.
    await isLarge;
    return [];
  });
  const given = specs.map((spec, i) => () => {
    if (i === 12) largeCame();
    return { kind: 'frame' as const, frame: makeFrame(i, i * 40_000, spec) };
  });
  const out = await run(new ScriptedCapture(given, 30), detector, { pacing: 'live', delayMs: 1_000 });
  assert.equal(out.length, 25);
  // Limited range: a step of luma is 255/219 of a step of green.
  const firstLookedAt = Math.round(((brightness[1]! - brightness[0]!) * 219) / 255 / 4);
  assert.ok(firstLookedAt > 3, `the first large frame that was looked at is ${firstLookedAt}`);
  for (const o of out.slice(3, firstLookedAt)) assert.equal(o.plan.kind, 'whole-frame', `frame ${o.seq}`);
});

test('a detector that throws stops the pipeline: no frame is passed through', async () => {
  const detector = new ScriptedDetector((call) => {
    if (call > 1) throw new Error('our own bug');
    return [FACE];
  });
  const capture = ScriptedCapture.ofFrames(frames(40));
  await assert.rejects(run(capture, detector), /our own bug/);
  assert.ok(capture.isClosed);
});

test('a lost source releases what waits, and the next connection starts afresh', async () => {
  let seq = 0;
  const frame = () => ({ kind: 'frame' as const, frame: makeFrame(seq, seq++ * 40_000) });
  const lost = () => ({ kind: 'lost' as const, reason: 'source-lost' as const, error: 'gone', retryMs: 1 });
  const connected = () => ({
    kind: 'connected' as const,
    info: { codec: 'x', widthPx: 320, heightPx: 192, frameRate: 25 },
  });
  const events = [connected, ...Array(5).fill(frame), lost, connected, ...Array(5).fill(frame)];
  const out = await run(new ScriptedCapture(events), new ScriptedDetector(() => [FACE]));
  assert.equal(out.length, 10);
  for (const o of out) assert.equal(o.face, SOLID_LUMA);
});

test('of weak boxes that a detector reports for the caller to choose from, those count that their size allows', async () => {
  const plate = { label: 'plate' as const, score: 0.31 };
  const small = { ...plate, x: 100, y: 60, w: 12, h: 6 };
  const large = { ...plate, x: 10, y: 100, w: 200, h: 60 };
  const weak = { label: 'face' as const, score: 0.3, x: 200, y: 20, w: 20, h: 20 };
  const detector = new ScriptedDetector(() => [small, large, weak]);
  Object.assign(detector.state, { thresholds: { face: 0.36, plate: 0.32 } });
  const out = await run(ScriptedCapture.ofFrames(frames(6)), detector);
  for (const { plan } of out) {
    assert.ok(plan.kind === 'regions');
    assert.equal(plan.regions.length, 1);
    assert.ok(plan.regions[0]!.w < 100 && plan.regions[0]!.label === 'plate');
  }
});

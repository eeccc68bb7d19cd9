/**
 * Goal: looks are taken at a bounded cadence, a person who showed the marker stays covered after turning away, and a camera whose marker
 * thread does not answer is covered whole. Method: the look with scripted answers, and the real pipeline and thread on drawn frames.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../../edge/base/clock.ts';
import type { FoundMarker } from '../../../../edge/camera/marker/find.ts';
import { MarkerLook } from '../../../../edge/camera/marker/marker-look.ts';
import { type MarkerSeeker, MarkerThread } from '../../../../edge/camera/marker/marker-thread.ts';
import type { MarkerAnswer } from '../../../../edge/camera/marker/marker-worker.ts';
import type { GreyPicture } from '../../../../edge/camera/marker/outlines.ts';
import { DATA_CELLS, MARKER_ROWS } from '../../../../edge/camera/marker/tag.ts';
import { Pipeline } from '../../../../edge/camera/pipeline.ts';
import type { CoverPlan } from '../../../../edge/camera/redact/plan.ts';
import type { TrackedRegion } from '../../../../edge/camera/track/tracker.ts';
import { makeFrame, ScriptedCapture, ScriptedDetector } from '../../../support/frames.ts';
import { until } from '../../../support/wait.ts';

const MARKER: FoundMarker = { x: 150, y: 60, w: 10, h: 10, sidePx: 10, wrongBits: 0 };

class ScriptedSeeker implements MarkerSeeker {
  readonly asked: GreyPicture[] = [];
  readonly #answer: (call: number) => FoundMarker[] | undefined;
  readonly #lookMs: number;

  constructor(answer: (call: number) => FoundMarker[] | undefined, lookMs = 10) {
    this.#answer = answer;
    this.#lookMs = lookMs;
  }

  async seek(picture: GreyPicture) {
    this.asked.push(picture);
    const markers = this.#answer(this.asked.length - 1);
    return markers && { markers, lookMs: this.#lookMs };
  }

  async close() {}
}

async function offerFor(look: MarkerLook, fromMs: number, toMs: number): Promise<void> {
  for (let ms = fromMs; ms < toMs; ms += 40) {
    using frame = makeFrame(ms, ms * 1000);
    look.offer(frame, ms, ms);
    await look.answered;
  }
}

test('a look every 400 ms, every quarter of a second while a marker is shown; every half where it is dear, never more rarely', async () => {
  for (const [lookMs, looks, found] of [
    [1, 25, []],
    [1, 36, [MARKER]],
    [45, 28, [MARKER]],
    [55, 23, []],
    [5_000, 20, []],
    [5_000, 20, [MARKER]],
  ] as const) {
    const seeker = new ScriptedSeeker(() => [...found], lookMs);
    await using look = new MarkerLook(seeker, 'live');
    await offerFor(look, 0, 10_000);
    assert.ok(
      Math.abs(seeker.asked.length - looks) <= 1,
      `${seeker.asked.length} looks of ${lookMs} ms, ${found.length} markers`,
    );
  }
});

test('large frames are scaled down, small ones are not', async () => {
  const seeker = new ScriptedSeeker(() => []);
  await using look = new MarkerLook(seeker, 'live');
  for (const [i, widthPx] of [320, 2560].entries()) {
    using frame = makeFrame(i, i * 1e6, { widthPx, heightPx: widthPx / 2 });
    look.offer(frame, i * 1000, 0);
    await look.answered;
  }
  assert.deepEqual(
    seeker.asked.map((picture) => [picture.widthPx, picture.heightPx, picture.luma.length]),
    [
      [320, 160, 51_200],
      [1280, 640, 819_200],
    ],
  );
});

const person = (track: number, x: number): TrackedRegion => ({
  x,
  y: 35,
  w: 40,
  h: 110,
  label: 'person',
  score: 0.8,
  track,
  seen: { w: 40, h: 110 },
});

test('who showed the marker stays covered while followed, others do not', async () => {
  const seeker = new ScriptedSeeker((call) => (call < 4 ? [MARKER] : []));
  await using look = new MarkerLook(seeker, 'live');
  const bearer = person(7, 135);
  const other = person(8, 250);
  const holds = (covers: readonly TrackedRegion[], p: TrackedRegion): boolean =>
    covers.some((c) => c.x <= p.x && c.y <= p.y && c.x + c.w >= p.x + p.w && c.y + c.h >= p.y + p.h);
  for (let ms = 0; ms < 8_000; ms += 40) {
    using frame = makeFrame(ms, ms * 1000);
    look.offer(frame, ms, ms);
    await look.answered;
    const covers = look.coversAt(ms, [bearer, other]);
    assert.ok(holds(covers, bearer), `bearer at ${ms}`);
    assert.ok(!holds(covers, other), `other at ${ms}`);
  }
  assert.ok(look.isLeftOut([7], 8_000, bearer));
  assert.ok(!look.isLeftOut([8], 8_000, other));
  assert.deepEqual(look.coversAt(8_040, [other]), [], 'the bearer has gone');
  look.reset();
  assert.deepEqual(look.coversAt(8_080, [bearer]), []);
});

test('without an answer for three seconds it is blind, until there is one', async () => {
  let isBroken = true;
  const seeker = new ScriptedSeeker(() => (isBroken ? undefined : []));
  await using look = new MarkerLook(seeker, 'live');
  await offerFor(look, 0, 2_900);
  assert.ok(!look.isBlindAt(2_900));
  await offerFor(look, 2_920, 3_200);
  assert.ok(look.isBlindAt(3_200));
  isBroken = false;
  await offerFor(look, 3_200, 4_000);
  assert.ok(!look.isBlindAt(4_000));
});

/** A tag of 8 px a cell on light paper at 100, 60 of a grey frame. */
function drawn(x: number, y: number): number {
  const column = Math.floor((x - 100) / 8);
  const row = Math.floor((y - 60) / 8);
  const size = DATA_CELLS + 4;
  if (column < 0 || row < 0 || column >= size || row >= size) return 120;
  if (column === 0 || row === 0 || column === size - 1 || row === size - 1) return 210;
  return MARKER_ROWS[row - 2]?.[column - 2] === '1' ? 210 : 30;
}

async function plansOf(markers: MarkerSeeker | undefined, frames: number): Promise<CoverPlan[]> {
  const plans: CoverPlan[] = [];
  const pipeline = new Pipeline({
    capture: ScriptedCapture.ofFrames(
      Array.from({ length: frames }, () => ({ widthPx: 640, heightPx: 384, luma: drawn })),
    ),
    detector: new ScriptedDetector(() => []),
    ...(markers && { markers }),
    look: 'solid',
    masks: [],
    detect: { longSidePx: 320, intervalMs: 80, tiles: 'off' },
    delayMs: 200,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        plans.push(plan);
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
    },
  });
  await pipeline.run();
  return plans;
}

describe('in the pipeline', () => {
  test('the real thread finds the tag, and the body is covered from the first frame', async () => {
    const plans = await plansOf(undefined, 12);
    assert.equal(plans.length, 12);
    for (const plan of plans) {
      assert.ok(plan.kind === 'regions');
      assert.deepEqual(
        plan.regions.map(({ label, x, y, w, h }) => label === 'person' && x === 0 && y === 0 && w >= 360 && h === 384),
        [true],
        JSON.stringify(plan.regions),
      );
    }
  });

  test('a thread that never answers ends in frames covered whole', async () => {
    const plans = await plansOf(new ScriptedSeeker(() => undefined), 100);
    assert.equal(plans[10]?.kind, 'regions');
    assert.deepEqual(plans.at(-1), { kind: 'whole-frame', reason: 'detector-unavailable' });
  });
});

test('a thread that stalls is given up, and a later call starts another', async () => {
  const thread = new MarkerThread();
  const picture = () => ({ luma: new Uint8Array(640 * 384), widthPx: 640, heightPx: 384 });
  try {
    assert.equal(await thread.seek(picture(), 0), undefined, 'no time at all');
    assert.equal(await thread.seek(picture(), 10_000), undefined, 'not before its pause is over');
    let answer: MarkerAnswer | undefined;
    await until('another thread answers', async () => {
      answer = await thread.seek(picture(), 120_000);
      return answer !== undefined;
    });
    assert.deepEqual(answer?.markers, []);
  } finally {
    await thread.close();
  }
});

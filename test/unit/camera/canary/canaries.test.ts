/**
 * Goal: canaries are shown to the detector and never to anybody else, and what is counted is what was covered. Method: the real pipeline over
 * pictures with one thing in them, with and without canaries; detectors that see everything, nothing, or what is on the left.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { systemClock } from '../../../../edge/base/clock.ts';
import { Canaries } from '../../../../edge/camera/canary/canaries.ts';
import { type CanaryResult, CanaryRounds } from '../../../../edge/camera/canary/rounds.ts';
import { CANARY_CAST, canarySetDigest } from '../../../../edge/camera/canary/set.ts';
import { type Cast, createCast } from '../../../../edge/camera/capture/simulated/cast.ts';
import type { Detection, DetectorPicture } from '../../../../edge/camera/detect/port.ts';
import type { CanaryTally } from '../../../../edge/camera/messages.ts';
import { Pipeline } from '../../../../edge/camera/pipeline.ts';
import { makeFrame, ScriptedCapture, ScriptedDetector } from '../../../support/frames.ts';
import { noMarkers } from '../../../support/no-markers.ts';

const FRAMES = 150;
const SIZE = { widthPx: 640, heightPx: 384 };
const REAL = { x: 300, y: 300, w: 40, h: 40 };
const WHITE = 200;
const SET = canarySetDigest(5);

let cast: Cast | undefined;

/** A grey picture with a white square, which is what is real here. */
const frames = (): ScriptedCapture =>
  ScriptedCapture.ofFrames(
    Array.from({ length: FRAMES }, (_, i) => ({
      ...SIZE,
      luma: (x: number, y: number) =>
        x >= REAL.x + i && x < REAL.x + REAL.w + i && y >= REAL.y && y < REAL.y + REAL.h ? 235 : 110,
    })),
  );

/** Bounds of what differs from the grey of the picture's corner; of the square when only white is asked for. */
function boundsOf({ rgb, widthPx, contentWidthPx, contentHeightPx }: DetectorPicture, isWhite: boolean) {
  const base = [...rgb.subarray(0, 3)];
  let [x0, y0, x1, y1] = [contentWidthPx, contentHeightPx, -1, -1];
  for (let y = 0; y < contentHeightPx; y++)
    for (let x = 0; x < contentWidthPx; x++) {
      const at = (y * widthPx + x) * 3;
      const isOther = base.some((value, c) => Math.abs(rgb[at + c]! - value) > 6);
      if (!(isWhite ? rgb[at + 1]! >= WHITE : isOther)) continue;
      [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x), Math.max(y1, y)];
    }
  return x1 < 0 ? undefined : { x: x0, y: y0, w: x1 - x0 + 1, h: y1 - y0 + 1 };
}

/** Something larger than the square is on it. */
function isPainted(picture: DetectorPicture): boolean {
  const all = boundsOf(picture, false);
  return all !== undefined && (all.w > 40 || all.h > 40);
}

const ZONES = { people: 'off', vehicles: 'off' } as const;

interface Outcome {
  /** Of all planes of all frames that left. */
  pixels: string;
  tallies: CanaryTally[];
  looks: number;
  painted: number;
}

/** `a round`: everything is seen, and canaries are there for two of the six seconds. */
type Sight = 'nothing' | 'everything' | 'left' | 'no canaries' | 'a round';

const outcomes = new Map<Sight, Promise<Outcome>>();

/** Each is run once. */
function run(see: Sight): Promise<Outcome> {
  const outcome = outcomes.get(see) ?? runOnce(see);
  outcomes.set(see, outcome);
  return outcome;
}

async function runOnce(see: Sight): Promise<Outcome> {
  cast ??= await createCast(5, CANARY_CAST);
  const common = { takeBuffer: (lengthBytes: number) => new Uint8Array(lengthBytes), zones: ZONES };
  const canaries =
    see === 'no canaries' || see === 'a round' ? undefined : new Canaries({ cast, longSidePx: 320, ...common });
  const results: CanaryResult[] = [];
  const rounds =
    see === 'a round'
      ? new CanaryRounds({
          ...common,
          detect: { longSidePx: 320, intervalMs: 120 },
          clock: systemClock,
          onResult: (result) => results.push(result),
          onFault: assert.fail,
        })
      : undefined;
  await rounds?.begin({ seed: 5, seconds: 2 });
  let painted = 0;
  let isOfCanaries = false;
  const detector = new ScriptedDetector((_, picture): Detection[] => {
    // With canaries every second look is theirs; in a round it is by what it shows.
    const isTheirs = rounds !== undefined ? isPainted(picture) : canaries !== undefined && isOfCanaries;
    isOfCanaries = !isOfCanaries;
    const found = (box: { x: number; y: number; w: number; h: number } | undefined): Detection[] =>
      box === undefined ? [] : [{ label: 'face', score: 0.9, ...box }];
    if (!isTheirs) return found(boundsOf(picture, true));
    const all = boundsOf(picture, false);
    if (isPainted(picture)) painted++;
    if (see === 'nothing' || all === undefined) return [];
    return found(see === 'left' ? { ...all, w: Math.max(1, 160 - all.x) } : all);
  });
  const hash = createHash('sha256');
  const pipeline = new Pipeline({
    capture: frames(),
    detector,
    planted: rounds ?? canaries,
    markers: noMarkers,
    look: 'solid',
    masks: [],
    detect: { longSidePx: 320, intervalMs: 120, tiles: 'off' },
    delayMs: 300,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame) {
        const { av, widthPx, heightPx } = frame;
        for (const [i, plane] of av.data!.entries()) {
          const half = i === 0 ? 0 : 1;
          for (let y = 0; y < heightPx >> half; y++) {
            const from = y * av.linesize[i]!;
            hash.update(plane.subarray(from, from + (widthPx >> half)));
          }
        }
        frame[Symbol.dispose]();
        rounds?.tick();
      },
      connected() {},
      lost() {},
    },
  });
  await pipeline.run();
  rounds?.[Symbol.dispose]();
  if (rounds !== undefined) {
    assert.ok(results.every(({ set }) => set === SET));
    const outcomes = results.map(({ outcome }) => outcome);
    assert.deepEqual([...new Set(outcomes)], ['running', 'measured'], `${outcomes}`);
    assert.equal(outcomes.filter((outcome) => outcome === 'measured').length, 1);
  }
  canaries?.reset();
  const tallies = canaries?.take() ?? results.flatMap((result) => result.tallies);
  canaries?.[Symbol.dispose]();
  return { pixels: hash.digest('hex'), tallies, looks: detector.calls, painted };
}

const sum = (tallies: readonly CanaryTally[], key: 'planted' | 'missed'): number =>
  tallies.reduce((total, tally) => total + tally[key], 0);

test('what leaves is the same byte for byte with canaries and without, whatever the detector makes of them', async () => {
  const without = await run('no canaries');
  for (const see of ['nothing', 'everything'] as const) {
    const withThem = await run(see);
    assert.equal(withThem.pixels, without.pixels, see);
    assert.equal(withThem.looks, 2 * without.looks);
    assert.ok(withThem.painted > 20, `${withThem.painted} looks showed canaries`);
    assert.ok(sum(withThem.tallies, 'planted') > 3, 'too few canaries to say anything');
  }
});

test('a round is over after its seconds, is measured, and leaves no trace in what leaves', async () => {
  const [without, always, round] = [await run('no canaries'), await run('everything'), await run('a round')];
  assert.equal(round.pixels, without.pixels);
  assert.ok(round.looks > without.looks && round.looks < always.looks, `${round.looks} looks`);
  assert.ok(sum(round.tallies, 'planted') > 1);
  assert.equal(sum(round.tallies, 'missed'), 0);
});

test('without a round nothing is asked for and nothing painted; what does not fit the time between verdicts waits', async () => {
  const results: CanaryResult[] = [];
  let nowMs = 0;
  using rounds = new CanaryRounds({
    takeBuffer: (lengthBytes) => new Uint8Array(lengthBytes),
    zones: ZONES,
    detect: { longSidePx: 320, intervalMs: 120 },
    clock: { monotonicMs: () => nowMs },
    onResult: (result) => results.push(result),
    onFault: assert.fail,
  });
  using frame = makeFrame(0, 0, SIZE);
  const idle = { isTiled: false, everyMs: 120, costMs: 1, real: () => assert.fail('asked for what is real') };
  assert.equal(rounds.paint(frame, 0, idle), undefined);
  rounds.left({ ms: 0, isWhole: false, knownMs: 0 });

  const look = { isTiled: false, everyMs: 120, costMs: 100, real: () => [] };
  await rounds.begin({ seed: 5, seconds: 10 });
  assert.notEqual(rounds.paint(frame, 0, look), undefined);
  assert.equal(rounds.paint(frame, 40, { ...look, costMs: 121 }), undefined);
  assert.equal(rounds.paint(frame, 80, look), undefined, 'left in peace for a while');
  assert.notEqual(rounds.paint(frame, 3_040, look), undefined);
  assert.equal(rounds.paint(frame, 10_000, look), undefined);
  assert.deepEqual(results, [{ set: SET, outcome: 'no-time', tallies: [] }]);

  const both = [rounds.begin({ seed: 5, seconds: 10 }), rounds.begin({ seed: 6, seconds: 10 })];
  nowMs = 26_000;
  rounds.tick();
  await Promise.all(both);
  assert.deepEqual(
    results.slice(1).map(({ outcome, set }) => [outcome, set]),
    [
      ['cut-short', SET],
      ['cut-short', canarySetDigest(6)],
    ],
  );
});

test('one that sees everything misses none, a blind one all, and one that sees the left some', async () => {
  const [all, none, left] = [await run('everything'), await run('nothing'), await run('left')];
  assert.equal(sum(all.tallies, 'missed'), 0);
  assert.equal(sum(none.tallies, 'missed'), sum(none.tallies, 'planted'));
  assert.equal(
    sum(all.tallies, 'planted'),
    sum(none.tallies, 'planted'),
    'what is planted does not hang on what is seen',
  );
  const missed = sum(left.tallies, 'missed');
  assert.ok(missed > 0 && missed < sum(left.tallies, 'planted'), `${missed} missed`);
  for (const { stratum, label } of all.tallies)
    assert.match(stratum, label === 'face' ? /^px\d+-\w+\.(front|side)\.(day|night)$/ : /^px\d+-\w+\.(day|night)$/);
});

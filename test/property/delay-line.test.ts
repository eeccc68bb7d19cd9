/**
 * Goal: no frame leaves the line as `bracketed` without a fresh verdict on both sides, none leaves early, none is lost or reordered.
 * Method: random interleavings of frames, verdicts and time, checked against the definition written down a second time.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { DelayLine } from '../../edge/camera/delay-line.ts';

const OPTIONS = { deadlineMs: 300, freshMs: 500, settleMs: () => 80, spanMsMax: 5_000 };

const stepArb = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('frame' as const), gapMs: fc.integer({ min: 1, max: 120 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('verdict' as const), back: fc.integer({ min: 0, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end' as const) }) },
);

test('frames leave in order, once, and only with verdicts on both sides or after their deadline', () => {
  fc.assert(
    fc.property(fc.array(stepArb, { maxLength: 200 }), (steps) => {
      const line = new DelayLine<number>(OPTIONS);
      const frames: { ms: number; capturedMs: number }[] = [];
      const verdicts: number[] = [];
      let released = 0;
      let nowMs = 0;
      let feedMs = 0;
      for (const step of steps) {
        if (step.kind === 'frame' && !line.isFull) {
          nowMs += step.gapMs;
          feedMs += step.gapMs;
          line.push({ item: frames.length, ms: feedMs, capturedMs: nowMs, bytes: 1000 });
          frames.push({ ms: feedMs, capturedMs: nowMs });
        } else if (step.kind === 'verdict' && frames.length > 0) {
          const ms = frames[Math.max(0, frames.length - 1 - step.back)]!.ms;
          line.verdict(ms);
          if (ms > (verdicts.at(-1) ?? -1)) verdicts.push(ms);
        } else if (step.kind === 'time') {
          nowMs += step.ms;
        } else if (step.kind === 'end') {
          line.end();
        }
        for (let out = line.release(nowMs); out; out = line.release(nowMs)) {
          assert.equal(out.item, released, 'in order, none skipped');
          const frame = frames[released++]!;
          const before = verdicts.filter((v) => v <= frame.ms).at(-1);
          const after = verdicts.find((v) => v >= frame.ms);
          const isBracketed = before !== undefined && after !== undefined && after - before <= OPTIONS.freshMs;
          assert.equal(out.as, isBracketed ? 'bracketed' : 'late');
          const isHopeless = (verdicts.at(-1) ?? -1) >= frame.ms;
          if (out.as === 'late' && !isHopeless)
            assert.ok(nowMs - frame.capturedMs >= OPTIONS.deadlineMs, 'late frames only after the deadline');
        }
        const oldest = line.oldest;
        if (oldest) assert.ok(nowMs - oldest.capturedMs < OPTIONS.deadlineMs, 'nothing stays beyond its deadline');
      }
      assert.equal(line.length, frames.length - released);
    }),
    { numRuns: 300 },
  );
});

test('frames of a given-up stretch leave at once, as late', () => {
  const line = new DelayLine<string>({ ...OPTIONS, deadlineMs: Number.POSITIVE_INFINITY });
  line.push({ item: 'a', ms: 0, capturedMs: 0, bytes: 1 });
  line.push({ item: 'b', ms: 40, capturedMs: 40, bytes: 1 });
  assert.equal(line.release(1e9), undefined);
  line.giveUp(0);
  assert.deepEqual(line.release(0), { item: 'a', ms: 0, as: 'late' });
  assert.equal(line.release(0), undefined);
});

test('a frame between two verdicts too far apart leaves at once, as late: no deadline would end its waiting', () => {
  const line = new DelayLine<string>({ ...OPTIONS, deadlineMs: Number.POSITIVE_INFINITY });
  for (const [i, ms] of [0, 40, 2_040].entries()) line.push({ item: 'abc'[i]!, ms, capturedMs: 0, bytes: 1 });
  line.verdict(0);
  line.verdict(2_040);
  line.end();
  assert.equal(line.release(0)?.as, 'bracketed');
  assert.deepEqual(line.release(0), { item: 'b', ms: 40, as: 'late' });
  assert.equal(line.release(0)?.as, 'bracketed');
});

test('a full line refuses, and releases without waiting to settle', () => {
  const line = new DelayLine<number>(OPTIONS);
  for (let i = 0; !line.isFull; i++) line.push({ item: i, ms: i, capturedMs: 0, bytes: 1e6 });
  assert.throws(() => line.push({ item: -1, ms: 1e6, capturedMs: 0, bytes: 1 }), RangeError);
  line.verdict(0);
  assert.deepEqual(line.release(0), { item: 0, ms: 0, as: 'bracketed' });
});

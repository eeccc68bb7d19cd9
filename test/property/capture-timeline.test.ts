/** Goal: whatever a source says about time, the feed's timeline is fit for an encoder and for slates. Method: generated sources. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DRIFT_US_MAX, GAP_LIVE_US_MAX, Timeline } from '../../edge/camera/capture/timeline.ts';

const steps = fc.array(
  fc.record({
    sourceUs: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
      fc.constant('missing' as const),
      fc.integer({ min: -1e12, max: 1e12 }),
    ),
    arrivalStepUs: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
      fc.integer({ min: 0, max: 1e9 }),
    ),
    before: fc.oneof(
      { weight: 9, arbitrary: fc.constant('nothing' as const) },
      fc.constantFrom('lost' as const, 'looped' as const),
    ),
  }),
  { maxLength: 200 },
);

for (const kind of ['live', 'file'] as const) {
  test(`${kind}: feed time is whole, not negative and strictly rising; after a loss it is not before real time`, () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const timeline = new Timeline(kind);
        let sourceUs = 0;
        let arrivalUs = 0;
        let lastUs = -1;
        for (const step of sequence) {
          if (step.before === 'lost') timeline.lost();
          if (step.before === 'looped') timeline.looped();
          if (step.sourceUs !== 'missing') sourceUs += step.sourceUs;
          arrivalUs += step.arrivalStepUs;
          const ptsUs = timeline.next(step.sourceUs === 'missing' ? undefined : sourceUs, arrivalUs);
          assert.ok(Number.isSafeInteger(ptsUs) && ptsUs > lastUs, `${ptsUs} after ${lastUs}`);
          if (step.before === 'lost') assert.ok(ptsUs >= arrivalUs);
          lastUs = ptsUs;
        }
      }),
    );
  });
}

test('live: one step of the feed is never longer than a gap may be or than the time that really passed', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const timeline = new Timeline('live');
      let sourceUs = 0;
      let arrivalUs = 0;
      let lastUs: number | undefined;
      for (const step of sequence) {
        if (step.sourceUs !== 'missing') sourceUs += step.sourceUs;
        arrivalUs += step.arrivalStepUs;
        const ptsUs = timeline.next(step.sourceUs === 'missing' ? undefined : sourceUs, arrivalUs);
        if (lastUs !== undefined) {
          // Catching up with arrivals may add what the feed was behind, which is bounded too.
          const allowedUs =
            Math.max(GAP_LIVE_US_MAX, step.arrivalStepUs) + Math.max(0, arrivalUs - lastUs) + DRIFT_US_MAX;
          assert.ok(ptsUs - lastUs <= allowedUs, `${ptsUs - lastUs} > ${allowedUs}`);
        }
        lastUs = ptsUs;
      }
    }),
  );
});

test('live: a sound source keeps its spacing exactly, whatever the network does within the drift limit', () => {
  const frames = fc.array(
    fc.record({
      stepUs: fc.integer({ min: 1, max: GAP_LIVE_US_MAX }),
      delayUs: fc.integer({ min: 0, max: 2_000_000 }),
    }),
    { minLength: 2, maxLength: 200 },
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 0, max: 1e12 }), (sequence, baseUs) => {
      const timeline = new Timeline('live');
      let sourceUs = baseUs;
      let arrivalUs = 0;
      let firstUs: number | undefined;
      let elapsedUs = 0;
      for (const { stepUs, delayUs } of sequence) {
        arrivalUs = Math.max(arrivalUs, elapsedUs + delayUs);
        const ptsUs = timeline.next(sourceUs, arrivalUs);
        firstUs ??= ptsUs;
        assert.equal(ptsUs - firstUs, elapsedUs);
        sourceUs += stepUs;
        elapsedUs += stepUs;
      }
    }),
  );
});

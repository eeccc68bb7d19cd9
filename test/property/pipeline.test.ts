/**
 * Goal: whatever happens between camera, detector and encoder, a face that is in every picture is covered on every picture that comes out.
 * Method: random pictures (pauses in their time, changes of size, losses), a detector that finds the face whenever it answers, but is late,
 * fails or stalls at random, and a sink that is slow at random; the luma of the face is looked at.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { systemClock } from '../../edge/base/clock.ts';
import type { CaptureEvent } from '../../edge/camera/capture/port.ts';
import type { Verdict } from '../../edge/camera/detect/port.ts';
import { Pipeline } from '../../edge/camera/pipeline.ts';
import { SOLID_LUMA } from '../../edge/camera/redact/kernels.ts';
import { lumaAt, makeFrame, ScriptedCapture, ScriptedDetector } from '../support/frames.ts';
import { noMarkers } from '../support/no-markers.ts';

/** On the detector's picture, which is 320 px wide for both sizes of frames. Each connection or size has it elsewhere. */
const PLACES = [20, 140, 240].map((x) => ({ label: 'face' as const, x, y: 70, w: 40, h: 40, score: 0.9 }));
const FAILED: Verdict = { kind: 'unavailable', reason: 'detector-unavailable', detail: '' };

const eventArb = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constant('frame' as const), gapMs: fc.constantFrom(20, 40, 40, 100) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('frame' as const), gapMs: fc.constantFrom(450, 2_000, 5_000) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'size' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reconnect' as const }) },
);
const answerArb = fc.record({
  delayMs: fc.constantFrom(0, 0, 0, 5, 30, 150, 350),
  isFailed: fc.constantFrom(false, false, false, false, true),
});

const caseArb = fc.record({
  pacing: fc.constantFrom('live' as const, 'unpaced' as const),
  delayMs: fc.constantFrom(100, 300, 2_000),
  intervalMs: fc.constantFrom(0, 120, 500),
  pauseMs: fc.constantFrom(0, 2, 10),
  events: fc.array(eventArb, { minLength: 10, maxLength: 40 }),
  answers: fc.array(answerArb, { minLength: 1, maxLength: 12 }),
  sinkMs: fc.array(fc.constantFrom(0, 0, 0, 0, 10, 120), { minLength: 1, maxLength: 12 }),
});

test('a face that is always there is never shown', async () => {
  let shown = 0;
  await fc.assert(
    fc.asyncProperty(caseArb, async ({ pacing, delayMs, intervalMs, pauseMs, events, answers, sinkMs }) => {
      let ms = 0;
      let isLarge = false;
      let place = 0;
      const placeOfSeq: number[] = [];
      const script: (() => CaptureEvent)[] = [];
      for (const event of events) {
        if (event.kind === 'frame') {
          ms += event.gapMs;
          const seq = placeOfSeq.push(place) - 1;
          const at = ms;
          const size = isLarge ? { widthPx: 640, heightPx: 384 } : {};
          // The picture says by its brightness where its face is.
          const luma = 120 + 40 * place;
          script.push(() => ({ kind: 'frame', frame: makeFrame(seq, at * 1000, { ...size, luma }) }));
        } else {
          place = (place + 1) % PLACES.length;
          if (event.kind === 'size') isLarge = !isLarge;
          else {
            script.push(() => ({ kind: 'lost', reason: 'source-lost', error: 'gone', retryMs: 1 }));
            const info = { codec: 'x', widthPx: 320, heightPx: 192, frameRate: 25 };
            script.push(() => ({ kind: 'connected', info }));
          }
        }
      }
      const detector = new ScriptedDetector(async (call, { rgb }) => {
        const { delayMs: lateMs, isFailed } = answers[call % answers.length]!;
        const green = rgb[1]!;
        if (lateMs > 0) await sleep(lateMs);
        // Luma 120, 160, 200 of limited range, with the chroma of makeFrame().
        return isFailed ? FAILED : [PLACES[green < 190 ? 0 : green < 236 ? 1 : 2]!];
      });
      let written = 0;
      const pipeline = new Pipeline({
        capture: new ScriptedCapture(script, pauseMs),
        detector,
        markers: noMarkers,
        look: 'solid',
        masks: [],
        detect: { longSidePx: 320, intervalMs, tiles: 'off' },
        delayMs,
        pacing,
        clock: systemClock,
        sink: {
          async frame(frame, plan, seq) {
            const { x, y, w, h } = PLACES[placeOfSeq[seq]!]!;
            const scale = frame.widthPx / 320;
            for (const [dx, dy] of [
              [0.5, 0.5],
              [0.05, 0.05],
              [0.95, 0.95],
            ] as const) {
              const luma = lumaAt(frame.av, Math.floor((x + w * dx) * scale), Math.floor((y + h * dy) * scale));
              assert.equal(luma, SOLID_LUMA, `frame ${seq}, ${JSON.stringify(plan)}`);
            }
            if (plan.kind === 'regions') shown++;
            const waitMs = sinkMs[written++ % sinkMs.length]!;
            frame[Symbol.dispose]();
            if (waitMs > 0) await sleep(waitMs);
          },
          connected() {},
          lost() {},
        },
      });
      await pipeline.run();
    }),
    { numRuns: 12, interruptAfterTimeLimit: 400_000, markInterruptAsFailure: true },
  );
  assert.ok(shown > 0, 'no picture was covered in part: nothing was tested');
});

/**
 * Goal: what canaries say is missed agrees, within its interval, with what is missed of the street's own people and vehicles, and with what the
 * detector is known to miss. Method: the simulated street with canaries over it, and in the place of the network a stub that knows where
 * everybody is and is blind to a known share of them. With the real network: `garim canary --street`, which is too slow for here.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { systemClock } from '../../../../edge/base/clock.ts';
import { Canaries } from '../../../../edge/camera/canary/canaries.ts';
import { KnownStreet, plantedTogether } from '../../../../edge/camera/canary/known-street.ts';
import { CANARY_CAST } from '../../../../edge/camera/canary/set.ts';
import { type Cast, createCast } from '../../../../edge/camera/capture/simulated/cast.ts';
import type { Painter, TruthObject } from '../../../../edge/camera/capture/simulated/painter.ts';
import { createStreet } from '../../../../edge/camera/capture/simulated/street.ts';
import { readBarcode } from '../../../../edge/camera/evaluate/barcode.ts';
import { counts, StreetCapture } from '../../../../edge/camera/evaluate/street-capture.ts';
import type { CanaryTally } from '../../../../edge/camera/messages.ts';
import { Pipeline } from '../../../../edge/camera/pipeline.ts';
import { agreementOf } from '../../../../edge/cli/canary/agreement.ts';
import { lowerBound, upperBound } from '../../../../edge/indicator/binomial.ts';
import { ScriptedDetector } from '../../../support/frames.ts';
import { noMarkers } from '../../../support/no-markers.ts';

const SIZE = { widthPx: 960, heightPx: 540 };
/** Each is looked at. */
const FRAME_RATE = 8;
const SECONDS = 20;
const ZONES = { people: 'off', vehicles: 'off' } as const;
const BLIND_SHARE = 0.3;

const isBlindTo = (id: number): boolean =>
  createHash('sha256').update(`salt ${id}`).digest().readUInt32BE() / 2 ** 32 < BLIND_SHARE;

/** Notes what was painted last on a copy of a frame; the first surface that anything is drawn on is the canaries' own to try on. */
function watched(cast: Cast): { cast: Cast; painted(): TruthObject[] } {
  let scratch: unknown;
  let last: Painter | undefined;
  return {
    cast: {
      at: (seconds) =>
        cast.at(seconds).map((member) => ({
          ...member,
          draw: (painter) => {
            scratch ??= painter.surface;
            if (painter.surface !== scratch) last = painter;
            member.draw(painter);
          },
        })),
    },
    painted() {
      const truth = last?.truth() ?? [];
      last = undefined;
      return truth;
    },
  };
}

/** Of each label and stratum one. */
function sumOf(tallies: readonly CanaryTally[]): CanaryTally[] {
  const sums = new Map<string, CanaryTally>();
  for (const { label, stratum, planted, missed } of tallies) {
    const sum = sums.get(`${label} ${stratum}`) ?? { label, stratum, planted: 0, missed: 0 };
    sums.set(`${label} ${stratum}`, { ...sum, planted: sum.planted + planted, missed: sum.missed + missed });
  }
  return [...sums.values()];
}

interface Measured {
  canaries: CanaryTally[];
  street: CanaryTally[];
}

async function measure(): Promise<Measured> {
  const street = await createStreet({ ...SIZE, seed: 7, frameRate: FRAME_RATE });
  const capture = new StreetCapture(street, SECONDS * FRAME_RATE, true);
  const watching = watched(await createCast(21, CANARY_CAST));
  const takeBuffer = (lengthBytes: number) => new Uint8Array(lengthBytes);
  using canaries = new Canaries({ cast: watching.cast, longSidePx: 640, takeBuffer, zones: ZONES });
  const { truths } = capture;
  const known = new KnownStreet({ truths, frameRate: FRAME_RATE, size: SIZE, isNight: false, zones: ZONES });
  let calls = 0;
  const detector = new ScriptedDetector((_, { rgb, widthPx, contentWidthPx }) => {
    const index = readBarcode(rgb, widthPx, contentWidthPx);
    assert.ok(index !== undefined, 'the number of the frame can be read');
    const scale = contentWidthPx / SIZE.widthPx;
    const own = truths[index]!.objects.filter((o) => counts(o) && !isBlindTo(o.id));
    const planted = calls++ % 2 === 0 ? [] : watching.painted();
    const seen = [...own, ...planted.filter((o) => counts(o) && !isBlindTo(o.id))];
    return seen.map(({ label, x, y, w, h }) => ({
      label: label as 'face' | 'plate',
      score: 1,
      ...{ x: x * scale, y: y * scale, w: w * scale, h: h * scale },
    }));
  });
  const pipeline = new Pipeline({
    capture,
    detector,
    planted: plantedTogether(canaries, known),
    markers: noMarkers,
    look: 'solid',
    masks: [],
    detect: { longSidePx: 640, intervalMs: 120, tiles: 'off' },
    delayMs: 300,
    pacing: 'unpaced',
    clock: systemClock,
    sink: {
      async frame(frame, plan) {
        known.out(frame.ptsUs / 1000, plan);
        frame[Symbol.dispose]();
      },
      connected() {},
      lost() {},
    },
  });
  await pipeline.run();
  canaries.reset();
  known.reset();
  return { canaries: canaries.take(), street: known.take() };
}

test('canaries agree with the street that is known and with the share that the detector is blind to', async () => {
  const { canaries, street } = await measure();
  const faces = canaries.filter(({ label }) => label === 'face');
  const [planted, missed] = [
    faces.reduce((sum, tally) => sum + tally.planted, 0),
    faces.reduce((sum, tally) => sum + tally.missed, 0),
  ];
  assert.ok(planted >= 20, `${planted} planted`);
  const [low, high] = [lowerBound(missed, planted, 0.975), upperBound(missed, planted, 0.975)];
  assert.ok(low <= BLIND_SHARE && BLIND_SHARE <= high, `${missed} of ${planted}: ${low} to ${high}`);
  // The stub does not mind sizes and poses, and there are few of each.
  const merged = (tallies: CanaryTally[]) => tallies.map((tally) => ({ ...tally, stratum: 'any' }));
  const agreement = agreementOf('face', sumOf(merged(canaries)), sumOf(merged(street)));
  assert.ok(agreement?.agrees, JSON.stringify(agreement));
  assert.ok(agreement.planted >= 20);
});

test('a street of which more, or less, is missed than canaries say is noticed; what can not be compared is not', () => {
  const tally = (stratum: string, planted: number, missed: number): CanaryTally => ({
    label: 'face',
    stratum,
    planted,
    missed,
  });
  const canaries = [
    tally('px16-24.front.day', 80, 8),
    tally('px24-48.front.day', 20, 0),
    tally('px8-12.front.day', 50, 50),
  ];
  const street = (near: number, far: number) => [
    tally('px16-24.front.day', 100, far),
    tally('px24-48.front.day', 100, near),
  ];
  assert.deepEqual(agreementOf('face', canaries, street(0, 10))?.truth, 0.08);
  assert.equal(agreementOf('face', canaries, street(0, 10))?.agrees, true);
  assert.equal(agreementOf('face', canaries, street(20, 40))?.agrees, false);
  assert.equal(agreementOf('face', canaries, street(0, 0))?.agrees, false);
  assert.equal(agreementOf('plate', canaries, street(0, 0)), undefined);
  assert.equal(agreementOf('face', canaries, [tally('px8-12.front.day', 4, 0)]), undefined, 'too few to know');
});

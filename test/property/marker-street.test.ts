/**
 * Goal: whoever shows the common marker is covered from head to foot within a second and for as long as it is shown, and is not counted;
 * others are counted. Method: fourteen seconds of the simulated street, where people with markers walk up to the camera, through the real
 * pipeline with the real marker thread. Persons and vehicles come from the truth; faces are left out, so that every cover is the marker's.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { hiddenShare } from '../../edge/camera/evaluate/coverage.ts';
import type { CountLine } from '../../edge/config/schema.ts';
import { type Bearer, judgeBearers, type MarkedRun, runMarkedStreet, trueCrossings } from '../support/marked-street.ts';

const FRAME_RATE = 10;
const LINE: CountLine = { name: 'mid', from: [0.2, 0.55], to: [0.8, 0.55] };

describe('the marker on the simulated street', () => {
  let run: MarkedRun;
  let bearers: Bearer[];

  before(async () => {
    run = await runMarkedStreet({
      street: { widthPx: 960, heightPx: 540, frameRate: FRAME_RATE },
      fromSeconds: 74,
      seconds: 14,
      lines: [LINE],
    });
    bearers = judgeBearers(run);
  });

  test('every bearer is covered whole within a second', () => {
    assert.ok(bearers.length >= 2, `${bearers.length} bearers`);
    for (const { id, framesToCover = Number.POSITIVE_INFINITY } of bearers)
      assert.ok(framesToCover <= FRAME_RATE, `${id} after ${framesToCover} frames`);
  });

  test('and stays covered', () => {
    for (const { id, frames, coveredFrames, framesToCover = 0 } of bearers)
      assert.ok(coveredFrames >= 0.98 * (frames - framesToCover), `${id}: ${coveredFrames} of ${frames} frames`);
  });

  test('others are not covered but where they are near a bearer, and the whole picture never is', () => {
    let persons = 0;
    let covered = 0;
    for (const [i, plan] of run.plans.entries()) {
      assert.ok(plan.kind === 'regions', `frame ${i} is covered whole`);
      const objects = run.truths[i]!.objects;
      const marked = new Set(objects.filter((o) => o.label === 'marker').map((o) => Math.floor(o.id / 10)));
      for (const o of objects) {
        if (o.label !== 'person' || o.visible < 0.3 || marked.has(Math.floor(o.id / 10))) continue;
        persons++;
        if (hiddenShare(o, plan.regions) > 0.5) covered++;
      }
    }
    assert.ok(persons > 100 && covered < 0.5 * persons, `${covered} of ${persons}`);
  });

  test('bearers are not counted, others are', () => {
    const truth = trueCrossings(run, LINE).filter(({ label }) => label === 'person');
    const marked = truth.filter(({ isMarked }) => isMarked).length;
    const counted = run.crossings.filter((crossing) => crossing.class === 'person').length;
    assert.ok(marked > 0 && truth.length > marked, 'the street shows both');
    assert.ok(
      counted > 0 && counted <= truth.length - marked,
      `${counted} of ${truth.length}, ${marked} with a marker`,
    );
  });
});

/**
 * Goal: the closer look of a live camera shows the part of the frame that it says, goes round all parts, is not taken where the box can't
 * afford it, and can only add cover. Method: frames with a bright spot, cut and looked at for the spot; the pipeline with a detector that
 * answers on pictures of tiles alone.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../../edge/base/clock.ts';
import type { Detection, DetectorPicture } from '../../../../edge/camera/detect/port.ts';
import { type TileBudget, TileLook } from '../../../../edge/camera/detect/tile-look.ts';
import { Pipeline } from '../../../../edge/camera/pipeline.ts';
import type { CoverPlan } from '../../../../edge/camera/redact/plan.ts';
import { makeFrame, ScriptedCapture, ScriptedDetector } from '../../../support/frames.ts';
import { noMarkers } from '../../../support/no-markers.ts';

const SIZE = { widthPx: 1280, heightPx: 720 };
const SPOT = { x: 1000, y: 600, w: 24, h: 24 };
const withSpot = {
  ...SIZE,
  luma: (x: number, y: number): number =>
    x >= SPOT.x && x < SPOT.x + SPOT.w && y >= SPOT.y && y < SPOT.y + SPOT.h ? 235 : 40,
};
const NO_HINTS = { seen: [], movingShare: () => 0 };
const make = (): TileLook => new TileLook(640, (lengthBytes) => new Uint8Array(lengthBytes));

/** The bright part of a picture as a face. */
function spotIn({ rgb, widthPx, contentWidthPx, contentHeightPx }: DetectorPicture): Detection[] {
  const bright = { x0: Number.POSITIVE_INFINITY, y0: Number.POSITIVE_INFINITY, x1: -1, y1: -1 };
  for (let y = 0; y < contentHeightPx; y++) {
    for (let x = 0; x < contentWidthPx; x++) {
      if (rgb[(y * widthPx + x) * 3]! < 150) continue;
      bright.x0 = Math.min(bright.x0, x);
      bright.y0 = Math.min(bright.y0, y);
      bright.x1 = Math.max(bright.x1, x + 1);
      bright.y1 = Math.max(bright.y1, y + 1);
    }
  }
  const { x0, y0, x1, y1 } = bright;
  return x1 < 0 ? [] : [{ label: 'face', score: 1, x: x0, y: y0, w: x1 - x0, h: y1 - y0 }];
}

test('going round the tiles, the spot is found where it is, at least once and nowhere else', () => {
  using look = make();
  using frame = makeFrame(0, 0, withSpot);
  const found: Detection[] = [];
  for (let i = 0; i < 4; i++) {
    const tile = look.choose(frame.av, 120, NO_HINTS);
    assert.ok(tile, 'no tile');
    found.push(...tile.boxesOf(spotIn(tile.picture)));
  }
  assert.ok(found.length > 0, 'the spot is in no tile');
  for (const { x, y, w, h } of found) {
    for (const [is, be] of [
      [x, SPOT.x],
      [y, SPOT.y],
      [w, SPOT.w],
      [h, SPOT.h],
    ] as const) {
      assert.ok(Math.abs(is - be) <= 2, `${x},${y} ${w}x${h}`);
    }
  }
});

test('where something small was seen is looked at more often, and no tile is left out', () => {
  using look = make();
  using frame = makeFrame(0, 0, withSpot);
  let withIt = 0;
  const kinds = new Set<string>();
  for (let i = 0; i < 40; i++) {
    const tile = look.choose(frame.av, 120, { seen: [{ label: 'face', box: SPOT }], movingShare: () => 0 });
    const key =
      spotIn(tile!.picture).length > 0
        ? 'spot'
        : `${tile!.boxesOf([{ label: 'face', score: 1, x: 300, y: 200, w: 9, h: 9 }])[0]!.x}`;
    kinds.add(key);
    if (key === 'spot') withIt++;
  }
  assert.ok(withIt > 11, `only ${withIt} of 40 looks`);
  assert.ok(kinds.size >= 3, [...kinds].join());
});

test('small frames have no tiles, and a box that is too slow takes none', () => {
  using look = make();
  using small = makeFrame(0, 0, { widthPx: 640, heightPx: 360 });
  assert.equal(look.choose(small.av, 120, NO_HINTS), undefined);
  using frame = makeFrame(0, 0, withSpot);
  const budget: TileBudget = { wholeMs: 10, frameGapMs: 40, intervalMs: 120, delayMs: 300, shareMax: 0.5 };
  assert.ok(look.choose(frame.av, budget, NO_HINTS));
  assert.equal(look.choose(frame.av, { ...budget, wholeMs: 0 }, NO_HINTS), undefined, 'not known yet');
  assert.equal(look.choose(frame.av, { ...budget, wholeMs: 40 }, NO_HINTS), undefined, 'longer than the interval');
  assert.equal(look.choose(frame.av, { ...budget, wholeMs: 25, delayMs: 200 }, NO_HINTS), undefined, 'late frames');
  for (let i = 0; i < 100; i++) look.noteCost(60);
  assert.equal(look.choose(frame.av, budget, NO_HINTS), undefined, 'tiles have become slow');
});

test('after a frame that came too late there are no tiles for a while, and then again', () => {
  using look = make();
  using frame = makeFrame(0, 0, withSpot);
  assert.ok(look.choose(frame.av, 120, NO_HINTS));
  look.pause();
  let without = 0;
  while (look.choose(frame.av, 120, NO_HINTS) === undefined && without < 1000) without++;
  assert.ok(without >= 25 && without < 1000, `${without}`);
});

for (const [what, answer, expected] of [
  ['what only a tile shows is covered', (picture: DetectorPicture) => spotIn(picture), true],
  ['a tile without an answer leaves the verdict as it is', () => undefined, false],
] as const) {
  test(what, async () => {
    const plans: CoverPlan[] = [];
    const pipeline = new Pipeline({
      capture: ScriptedCapture.ofFrames(Array.from({ length: 30 }, () => withSpot)),
      detector: new ScriptedDetector((_, picture) => {
        if (picture.contentWidthPx === 640) return [];
        return answer(picture) ?? { kind: 'unavailable', reason: 'detector-unavailable', detail: 'a test' };
      }),
      markers: noMarkers,
      look: 'solid',
      masks: [],
      detect: { longSidePx: 640, intervalMs: 80, tiles: 'auto' },
      delayMs: 300,
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
    assert.equal(plans.length, 30);
    for (const plan of plans.slice(8)) {
      assert.equal(plan.kind, 'regions');
      assert.equal(plan.kind === 'regions' && plan.regions.length === 1, expected);
    }
  });
}

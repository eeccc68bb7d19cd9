/** Goal: whoever shows the marker is covered from head to foot. Method: bodies of stated sizes with a marker at stated places, and others around them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box } from '../../../../edge/camera/detect/port.ts';
import { anchorOf, type Bearing, bearersOf, bearingOf, coverOf } from '../../../../edge/camera/marker/body.ts';
import type { FoundMarker } from '../../../../edge/camera/marker/find.ts';

/** A person of so many pixels a metre, with a marker whose middle is so high above the ground. */
function bearer({
  pxPerM,
  heightM,
  sideM,
  chestM,
}: {
  pxPerM: number;
  heightM: number;
  sideM: number;
  chestM: number;
}) {
  const feet = 1000;
  const body: Box = { x: 500 - 0.35 * pxPerM, y: feet - heightM * pxPerM, w: 0.7 * pxPerM, h: heightM * pxPerM };
  const side = sideM * pxPerM;
  const marker: FoundMarker = {
    x: 500 - side / 2,
    y: feet - chestM * pxPerM - side / 2,
    w: side,
    h: side,
    sidePx: side,
    wrongBits: 0,
  };
  return { body, marker };
}

/** As a marker that is seen right now. */
function seen(marker: FoundMarker): Bearing {
  const anchor = anchorOf(marker);
  return bearingOf(anchor, anchor.w);
}

const holds = (outer: Box, inner: Box): boolean =>
  outer.x <= inner.x &&
  outer.y <= inner.y &&
  outer.x + outer.w >= inner.x + inner.w &&
  outer.y + outer.h >= inner.y + inner.h;

for (const sideM of [0.16, 0.113]) {
  for (const [heightM, chestM] of [
    [1.9, 1.35],
    [1.6, 1.1],
    [1.2, 0.8],
    [1.9, 1.0],
  ] as const) {
    for (const pxPerM of [90, 400]) {
      test(`${heightM} m, square of ${sideM} m at ${chestM} m, ${pxPerM} px a metre`, () => {
        const { body, marker } = bearer({ pxPerM, heightM, sideM, chestM });
        const bearing = seen(marker);
        assert.ok(holds(coverOf(bearing, []), body), 'nobody found: the zone alone');
        assert.deepEqual(bearersOf(bearing, [body]), [body]);
        assert.ok(holds(coverOf(bearing, [body]), body), 'the person was found');
      });
    }
  }
}

test('of two persons around a marker the one whose chest it is on bears it', () => {
  const { body, marker } = bearer({ pxPerM: 100, heightM: 1.7, sideM: 0.16, chestM: 1.25 });
  const behind = { ...body, x: body.x + 0.3 * body.w };
  const beside = { ...body, x: body.x + 2 * body.w };
  assert.deepEqual(bearersOf(seen(marker), [beside, behind, body]), [body]);
});

test('a box that is no body, such as a head behind the marker, bears nothing: all of the zone is covered', () => {
  const { marker } = bearer({ pxPerM: 100, heightM: 1.7, sideM: 0.16, chestM: 1.25 });
  const head: Box = { x: marker.x - 5, y: marker.y - 10, w: 30, h: 30 };
  const bearing = seen(marker);
  assert.deepEqual(bearersOf(bearing, [head]), []);
  assert.ok(holds(coverOf(bearing, []), coverOf(bearing, [head])), 'the zone holds the core');
});

test('a cover grows with what is unsure of the place of the marker', () => {
  const { body, marker } = bearer({ pxPerM: 100, heightM: 1.9, sideM: 0.113, chestM: 1 });
  const { x, y, w, h } = anchorOf(marker);
  const region = { x: x - 30, y: y - 10, w: w + 60, h: h + 20 };
  const cover = coverOf(bearingOf(region, w), []);
  for (const [dx, dy] of [
    [-30, 0],
    [30, 0],
    [0, -10],
    [0, 10],
  ] as const)
    assert.ok(holds(cover, { ...body, x: body.x + dx, y: body.y + dy }), `${dx}, ${dy}`);
});

/**
 * Goal: the street can be trusted as a measuring stick: the same seed is the same picture, and the truth is about what is drawn.
 * Method: hashes of frames, sweeps over the truth of a minute, and pixels where the truth says that something is.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { TruthObject } from '../../../../../edge/camera/capture/simulated/painter.ts';
import { createStreet, type Street, type StreetTruth } from '../../../../../edge/camera/capture/simulated/street.ts';
import { peopleAt, vehiclesAt } from '../../../../../edge/camera/capture/simulated/traffic.ts';
import { createSurface, type Surface } from '../../../../../edge/camera/draw/surface.ts';

const SIZE = { widthPx: 640, heightPx: 360 };
const FRAME_RATE = 25;
const MINUTE_FRAMES = 60 * FRAME_RATE;

function hashOf(street: Street, index: number): string {
  const surface = createSurface(street.options.widthPx, street.options.heightPx);
  const truth = street.renderInto(index, surface);
  return createHash('sha256').update(surface.rgb).update(JSON.stringify(truth)).digest('hex');
}

/** Mean brightness, and mean difference between neighbours in a row, inside a box. */
function textureOf(surface: Surface, box: TruthObject): { mean: number; contrast: number } {
  let sum = 0;
  let steps = 0;
  let count = 0;
  for (let y = Math.ceil(box.y); y < Math.floor(box.y + box.h); y++) {
    for (let x = Math.ceil(box.x); x + 1 < Math.floor(box.x + box.w); x++) {
      const at = (y * surface.widthPx + x) * 3 + 1;
      sum += surface.rgb[at]!;
      steps += Math.abs(surface.rgb[at]! - surface.rgb[at + 3]!);
      count++;
    }
  }
  return { mean: sum / count, contrast: steps / count };
}

describe('the simulated street', () => {
  let street: Street;
  let minute: StreetTruth[];

  before(async () => {
    street = await createStreet({ seed: 1, ...SIZE });
    const surface = createSurface(SIZE.widthPx, SIZE.heightPx);
    minute = [];
    for (let index = 0; index < MINUTE_FRAMES; index += 10) minute.push(street.renderInto(index, surface));
  });

  const every = (label: TruthObject['label']): TruthObject[] =>
    minute.flatMap((truth) => truth.objects.filter((object) => object.label === label));

  test('is the same for the same seed, in whatever order frames are drawn', async () => {
    const again = await createStreet({ seed: 1, ...SIZE });
    const last = hashOf(again, 100);
    assert.equal(hashOf(street, 0), hashOf(again, 0));
    assert.equal(hashOf(street, 100), last);
    assert.notEqual(hashOf(street, 0), last);
  });

  test('is another for another seed, by night and in the rain', async () => {
    const others = await Promise.all(
      [{ seed: 2 }, { night: true }, { rain: true }].map((options) => createStreet({ seed: 1, ...SIZE, ...options })),
    );
    const hashes = [street, ...others].map((each) => hashOf(each, 50));
    assert.equal(new Set(hashes).size, hashes.length);
  });

  test('keeps all boxes inside the picture, and shares between 0 and 1', () => {
    for (const { frame, objects } of minute) {
      const ids = new Set(objects.map((object) => object.id));
      assert.equal(ids.size, objects.length, `ids repeat on frame ${frame}`);
      for (const { x, y, w, h, visible, id } of objects) {
        assert.ok(x >= 0 && y >= 0 && x + w <= SIZE.widthPx + 0.1 && y + h <= SIZE.heightPx + 0.1, `${id} on ${frame}`);
        assert.ok(w > 0 && h > 0 && visible >= 0 && visible <= 1, `${id} on ${frame}`);
      }
    }
  });

  test('says how each plate reads and how each face is turned', () => {
    assert.ok(every('plate').every((plate) => plate.text !== undefined && plate.plate !== undefined));
    assert.ok(every('face').every((face) => face.yawDeg !== undefined && Math.abs(face.yawDeg) <= 90));
  });

  test('shows in a minute all kinds of plates, poses and sizes', () => {
    const kinds = new Set(every('plate').map((plate) => plate.plate));
    assert.deepEqual([...kinds].sort(), ['eu', 'kr-green', 'kr-taxi', 'kr-white', 'us']);
    const seen = every('face').filter((face) => face.visible > 0.6);
    for (const yaw of [0, 15, 30, 45, 60, 75, 90])
      assert.ok(
        seen.some((face) => Math.abs(face.yawDeg!) === yaw),
        `yaw ${yaw}`,
      );
    assert.ok(seen.some((face) => face.yawDeg! < -20) && seen.some((face) => face.yawDeg! > 20));
    // Heights at 1280 x 720 are twice these.
    for (const [low, high] of [
      [4, 8],
      [8, 16],
      [16, 32],
      [32, 64],
      [64, 110],
    ] as const) {
      assert.ok(
        seen.some((face) => face.h >= low && face.h < high),
        `faces of ${low} to ${high} px`,
      );
    }
    const plates = every('plate').filter((plate) => plate.visible > 0.6);
    for (const [low, high] of [
      [4, 8],
      [8, 16],
      [16, 32],
      [40, 64],
    ] as const) {
      assert.ok(
        plates.some((plate) => plate.h >= low && plate.h < high),
        `plates of ${low} to ${high} px`,
      );
    }
  });

  test('shows bicycles with their riders, whose faces are in the truth, and buses with plates', () => {
    const of = (kind: TruthObject['kind']): TruthObject[] =>
      minute.flatMap(({ objects }) => objects.filter((o) => o.kind === kind));
    const facesOf = (riders: readonly TruthObject[]): TruthObject[] =>
      every('face').filter((face) => riders.some((rider) => face.id === rider.id + 1) && face.visible > 0.6);
    assert.ok(of('bicycle').some((bicycle) => bicycle.visible > 0.6 && bicycle.h > SIZE.heightPx / 6));
    assert.equal(of('rider').length > 20 && of('rider').every((rider) => rider.label === 'person'), true);
    assert.ok(new Set(facesOf(of('rider')).map(({ id }) => id)).size >= 3);
    const buses = new Set(of('bus').map(({ id }) => id));
    const plates = every('plate').filter(({ id, visible }) => buses.has(id - 1) && visible > 0.6);
    assert.ok(buses.size >= 3 && plates.length >= 3, `${buses.size} buses, ${plates.length} plates`);
  });

  test('keeps persons and cars where they were before there were bicycles and more buses', () => {
    const placeOf = (id: number): number[] => {
      const { x, y, w, h } = minute[3]!.objects.find((object) => object.id === id)!;
      return [x, y, w, h];
    };
    // Of seed 1 at 1.2 s, as drawn then: measurements of one street stay comparable.
    assert.deepEqual(placeOf(1_500_000), [450, 114.4, 170.9, 96.4]);
    assert.deepEqual(placeOf(2_500_000), [0, 123.2, 250.2, 199.5]);
    assert.deepEqual(placeOf(21_499_890), [262.3, 134.8, 56, 222.8]);
  });

  test('and so do two minutes of three seeds: who they are, their looks, plates, ways and glances', () => {
    const digests = { 1: '97269b3254b2f930', 2: '103059a636ef3508', 7: '4075d3713f69b293' };
    const rounded = (_: string, value: unknown): unknown =>
      typeof value === 'number' ? Math.round(value * 1e6) : value;
    for (const [seed, digest] of Object.entries(digests)) {
      const hash = createHash('sha256');
      for (let t = 0; t < 120; t++)
        hash.update(JSON.stringify([vehiclesAt(Number(seed), t), peopleAt(Number(seed), t)], rounded));
      assert.equal(hash.digest('hex').slice(0, 16), digest, `seed ${seed}`);
    }
  });

  test('says where each body stands: the middle of its feet for a person', () => {
    for (const { objects } of minute)
      for (const { label, ground, x, y, w, h, kind } of objects) {
        if (label !== 'person' || kind === 'rider' || ground === undefined) continue;
        if (x < 1 || x + w > SIZE.widthPx - 1 || y + h > SIZE.heightPx - 1) continue;
        assert.ok(Math.abs(ground[0] - x - w / 2) < 0.2 && Math.abs(ground[1] - y - h) < 0.2);
      }
  });

  test('lets objects enter from the edge, from behind others, and near the camera', () => {
    const first = new Map<number, TruthObject>();
    const hidden = new Set<number>();
    const emerged = new Set<number>();
    for (const { objects } of minute) {
      for (const object of objects) {
        if (!first.has(object.id)) first.set(object.id, object);
        if (object.label !== 'face') continue;
        if (object.visible < 0.1) hidden.add(object.id);
        else if (object.visible > 0.7 && hidden.has(object.id)) emerged.add(object.id);
      }
    }
    const entered = [...first.values()].filter((object) => object.label === 'person');
    const atEdge = entered.filter((object) => object.x < 2 || object.x + object.w > SIZE.widthPx - 2);
    assert.ok(atEdge.length >= 5, `${atEdge.length} enter at the edge`);
    assert.ok(
      atEdge.some((object) => object.h > SIZE.heightPx * 0.6),
      'one enters near the camera',
    );
    assert.ok(emerged.size >= 3, `${emerged.size} faces come out from behind something`);
  });

  test('draws a plate where the truth says: bright, and with writing', () => {
    const surface = createSurface(SIZE.widthPx, SIZE.heightPx);
    let checked = 0;
    for (const { frame, objects } of minute) {
      const plate = objects.find((o) => o.plate !== 'kr-green' && o.label === 'plate' && o.visible > 0.95 && o.h >= 12);
      if (plate === undefined || checked >= 8) continue;
      street.renderInto(frame, surface);
      const { mean, contrast } = textureOf(surface, plate);
      assert.ok(mean > 120, `plate ${plate.id} on frame ${frame} has brightness ${mean}`);
      assert.ok(contrast > 12, `plate ${plate.id} on frame ${frame} has contrast ${contrast}`);
      checked++;
    }
    assert.ok(checked >= 3);
  });

  test('follows a moving face: its picture changes where the box was and is', () => {
    const before = createSurface(SIZE.widthPx, SIZE.heightPx);
    const after = createSurface(SIZE.widthPx, SIZE.heightPx);
    let checked = 0;
    for (const { frame, objects } of minute) {
      const face = objects.find((o) => o.label === 'face' && o.visible > 0.9 && o.h > 20);
      if (face === undefined || checked >= 5) continue;
      street.renderInto(frame, before);
      const later = street.renderInto(frame + 25, after).objects.find((o) => o.id === face.id);
      if (later !== undefined && Math.abs(later.x - face.x) < face.w) continue;
      let changed = 0;
      let all = 0;
      for (let y = Math.ceil(face.y); y < face.y + face.h - 1; y++) {
        for (let x = Math.ceil(face.x); x < face.x + face.w - 1; x++, all++) {
          const at = (y * SIZE.widthPx + x) * 3;
          if (Math.abs(before.rgb[at]! - after.rgb[at]!) > 15) changed++;
        }
      }
      assert.ok(changed / all > 0.5, `face ${face.id} on frame ${frame}: ${changed} of ${all} pixels changed`);
      checked++;
    }
    assert.ok(checked >= 2);
  });
});

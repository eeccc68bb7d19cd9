/**
 * Goal: a crossing leaves the camera process late, under a number that is no track's, and not at all of somebody who is left out. Method:
 * persons and vehicles who walk over a line, with a stand-in for what the marker says.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counts } from '../../../../edge/camera/count/counts.ts';
import type { Followed } from '../../../../edge/camera/count/line-counter.ts';
import type { Detection } from '../../../../edge/camera/detect/port.ts';
import { Tracker } from '../../../../edge/camera/track/tracker.ts';

const PICTURE = { widthPx: 1000, heightPx: 1000 };
const LINE = { name: 'gate', from: [0, 0.5] as [number, number], to: [1, 0.5] as [number, number] };
const WALL_MS = Date.UTC(2026, 2, 2, 8, 1);
const nobody = (): boolean => false;

class Walks {
  readonly counts = new Counts([LINE]);
  readonly tracker = new Tracker();
  ms = 0;

  constructor() {
    this.tracker.picture = PICTURE;
  }

  /** Both networks see the same, unless told otherwise. */
  look(
    wallMs: number,
    second: { ms: number; tracks: readonly Followed[]; bicycles?: Followed[]; vehicles?: Detection[] } | 'none' = {
      ms: this.ms,
      tracks: this.tracker.tracks,
    },
  ): void {
    const seconded = second === 'none' ? undefined : { vehicles: [], bicycles: [], ...second };
    this.counts.update({ ms: this.ms, wallMs, picture: PICTURE, first: this.tracker.tracks, second: seconded });
  }

  /** Over the line and back out of the way, at this place. */
  cross(x: number, label: 'person' | 'vehicle', isDown = true, second?: 'none'): void {
    for (let i = 0; i <= 10; i++) {
      this.ms += 100;
      const y = isDown ? 400 + 20 * i : 600 - 20 * i;
      this.tracker.update(this.ms, [{ label, score: 0.9, x, y: y - 100, w: 50, h: 100 }]);
      this.look(WALL_MS + this.ms, second);
    }
  }
}

test('a crossing is held for three seconds, and carries the time at which it happened', () => {
  const walks = new Walks();
  walks.cross(100, 'person');
  assert.deepEqual(walks.counts.settle(walks.ms, nobody), []);
  const [crossing, ...others] = walks.counts.settle(walks.ms + 3_000, nobody);
  assert.deepEqual(others, []);
  assert.equal(crossing?.line, 'gate');
  assert.equal(crossing?.class, 'person');
  assert.equal(crossing?.direction, 'forward');
  assert.ok(crossing.atMs > WALL_MS + 500 && crossing.atMs < WALL_MS + 1_000);
  assert.notEqual(crossing.track, walks.tracker.tracks[0]?.id);
  assert.deepEqual(walks.counts.settle(walks.ms + 9_000, nobody), [], 'told once');
});

test('somebody who is left out is not counted, even if that is known only later; a vehicle is', () => {
  const walks = new Walks();
  walks.cross(100, 'person');
  walks.cross(600, 'vehicle');
  const settled = walks.counts.settle(Number.POSITIVE_INFINITY, () => true);
  assert.deepEqual(
    settled.map((crossing) => crossing.class),
    ['vehicle'],
  );
  assert.equal(walks.counts.takeDropped(), 0, 'nothing is kept of who is left out, not even a count');
});

test('one track keeps its number within a quarter of an hour, another gets another', () => {
  const walks = new Walks();
  walks.cross(100, 'person');
  walks.cross(100, 'person', false);
  const first = walks.counts.settle(Number.POSITIVE_INFINITY, nobody);
  walks.ms += 10_000;
  walks.cross(100, 'person');
  const second = walks.counts.settle(Number.POSITIVE_INFINITY, nobody);
  assert.deepEqual(
    first.map(({ direction }) => direction),
    ['forward', 'backward'],
  );
  assert.equal(first[0]!.track, first[1]!.track);
  assert.notEqual(second[0]!.track, first[0]!.track);
});

test('in the next window the same track has another number', () => {
  const walks = new Walks();
  walks.cross(100, 'person');
  const [before] = walks.counts.settle(Number.POSITIVE_INFINITY, nobody);
  const later = WALL_MS + 20 * 60_000;
  for (let i = 0; i <= 10; i++) {
    walks.ms += 100;
    walks.tracker.update(walks.ms, [{ label: 'person', score: 0.9, x: 100, y: 500 - 20 * i, w: 50, h: 100 }]);
    walks.look(later);
  }
  const [after] = walks.counts.settle(Number.POSITIVE_INFINITY, nobody);
  assert.equal(after?.direction, 'backward');
  assert.notEqual(after.track, before?.track);
});

test('beyond its bound crossings are dropped and counted', () => {
  const walks = new Walks();
  const observed = (x: number, y: number) => ({ label: 'person' as const, score: 0.9, x, y: y - 20, w: 8, h: 20 });
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i <= 10; i++) {
      walks.ms += 100;
      const y = round % 2 === 0 ? 450 + 10 * i : 550 - 10 * i;
      walks.tracker.update(
        walks.ms,
        Array.from({ length: 90 }, (_, k) => observed(11 * k, y)),
      );
      walks.look(WALL_MS);
    }
  }
  const told = walks.counts.settle(Number.POSITIVE_INFINITY, nobody).length;
  assert.equal(told, 512);
  assert.equal(walks.counts.takeDropped(), 900 - 512);
  assert.equal(walks.counts.takeDropped(), 0);
});

test('persons are counted by the second network alone: while it is silent nobody is, and what is not counted is named', () => {
  const walks = new Walks();
  const rare = new Tracker(1_000);
  rare.picture = PICTURE;
  const boxAt = (i: number) => ({ label: 'person' as const, score: 0.9, x: 300, y: 260 + 14 * i, w: 50, h: 100 });
  let secondMs = 0;
  for (let i = 0; i <= 20; i++) {
    walks.ms += 100;
    walks.tracker.update(walks.ms, [boxAt(i)]);
    if (i % 5 === 0) {
      secondMs = walks.ms;
      rare.update(secondMs, [boxAt(i)]);
    }
    walks.look(WALL_MS + walks.ms, {
      ms: secondMs,
      tracks: rare.tracks.map(({ id, label, observations }) => ({ id: -id, label, observations })),
    });
  }
  const seen: number[][] = [];
  const settled = walks.counts.settle(Number.POSITIVE_INFINITY, (tracks) => {
    seen.push([...tracks]);
    return false;
  });
  assert.deepEqual(
    settled.map(({ direction }) => direction),
    ['forward'],
    'once, though both saw it',
  );
  assert.ok(
    seen.flat().every((track) => track < 0),
    'under the numbers of the second network’s tracks',
  );
  assert.deepEqual(walks.counts.uncounted, []);
  walks.ms += 3_000;
  walks.cross(700, 'person', true, 'none');
  walks.cross(200, 'vehicle', true, 'none');
  const settledAlone = walks.counts.settle(Number.POSITIVE_INFINITY, nobody);
  assert.deepEqual(
    settledAlone.map((crossing) => crossing.class),
    ['vehicle'],
  );
  assert.deepEqual(walks.counts.uncounted, ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'truck']);
});

test('the second network tells what a vehicle is, and whoever rides a bicycle is one', () => {
  const walks = new Walks();
  const rare = new Tracker(1_000);
  rare.picture = PICTURE;
  const seen: Detection[] = [];
  const wheels = new Tracker(1_000);
  wheels.picture = PICTURE;
  for (let i = 0; i <= 20; i++) {
    walks.ms += 100;
    const y = 360 + 14 * i;
    const lorry = { label: 'vehicle' as const, score: 0.9, x: 100, y: y - 80, w: 120, h: 80 };
    const car = { ...lorry, x: 300 };
    walks.tracker.update(walks.ms, [lorry, car]);
    const rider = { label: 'person' as const, score: 0.9, x: 600, y: y - 100, w: 50, h: 100 };
    const walker = { ...rider, x: 800 };
    if (i % 5 === 0) {
      const bicycle = {
        ...rider,
        label: 'vehicle' as const,
        kind: 'bicycle' as const,
        x: 580,
        y: y - 45,
        w: 90,
        h: 55,
      };
      const pushed = { ...bicycle, x: 850, y: y - 45 };
      // Once the lorry is taken for a bus; what has no kind says nothing.
      const kind = i === 5 ? 'bus' : 'truck';
      seen.splice(0, seen.length, { ...lorry, kind }, car);
      wheels.update(walks.ms, [bicycle, pushed]);
      rare.update(walks.ms, [rider, walker]);
    }
    const bicycles = wheels.tracks.map((track) => ({ ...track, label: 'bicycle' as const }));
    walks.look(WALL_MS + walks.ms, { ms: walks.ms - (i % 5) * 100, tracks: rare.tracks, bicycles, vehicles: seen });
  }
  const settled = walks.counts.settle(Number.POSITIVE_INFINITY, nobody);
  assert.deepEqual(settled.map((crossing) => crossing.class).sort(), ['bicycle', 'person', 'truck', 'vehicle']);
});

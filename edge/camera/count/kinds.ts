/**
 * What kind of vehicle a track is, by votes of the second network's looks: it tells cars, buses, lorries, motorcycles and bicycles apart, which the
 * first one does not. Without votes a vehicle is a vehicle. Who is on which bicycle is told here too: a bicycle that is ridden is counted, and
 * its rider is not once more.
 */
import type { Box, Detection, VehicleKind } from '../detect/port.ts';
import { iou } from '../track/geometry.ts';
import type { Followed } from './line-counter.ts';

/** Tracks that have votes; the oldest go first. */
const VOTED_MAX = 1_024;
/** Boxes of both networks that overlap as much are one vehicle, if both were seen within this time. */
const SAME_IOU_MIN = 0.4;
const SAME_MS_MAX = 150;
const RIDING_LOOKS_MIN = 2;
/** Of the bicycle's size: how far its middle is from that of who sits on it, and how far above its top and below its bottom a rider's box ends. */
const RIDER_BESIDE_MAX = 0.4;
const RIDER_BELOW_MAX = 0.2;

export class Kinds {
  readonly #votes = new Map<number, Map<VehicleKind, number>>();
  /** Of a bicycle's track, those of who was seen on it; of a person's, in how many looks it was on a bicycle. */
  readonly #riders = new Map<number, Set<number>>();
  readonly #ridden = new Map<number, number>();

  /** Takes what a look of the second network says of vehicles, other than bicycles. `vehicles`: tracks of the first one. */
  vote(ms: number, seen: readonly Detection[], vehicles: readonly Followed[]): void {
    for (const detection of seen) {
      const { kind } = detection;
      if (kind === undefined || kind === 'bicycle') continue;
      const owner = best(vehicles, ms, (box) => Math.max(0, iou(box, detection) - SAME_IOU_MIN));
      if (owner !== undefined) this.#add(owner.id, kind);
    }
  }

  /** Who is on which bicycle in a look of the second network. */
  seat(ms: number, bicycles: readonly Followed[], persons: readonly Followed[]): void {
    for (const { id, observations } of bicycles) {
      const newest = observations.at(-1);
      if (newest?.ms !== ms) continue;
      const rider = best(persons, ms, (box) => (isRider(box, newest.box) ? 1 - beside(box, newest.box) : 0));
      if (rider === undefined) continue;
      this.#riders.set(id, (this.#riders.get(id) ?? new Set()).add(rider.id));
      this.#ridden.set(rider.id, (this.#ridden.get(rider.id) ?? 0) + 1);
      for (const map of [this.#riders, this.#ridden]) if (map.size > VOTED_MAX) map.delete(map.keys().next().value!);
    }
  }

  /** Tracks of whoever was seen on a bicycle; none of one that is pushed, or stands. */
  ridersOf(bicycle: readonly number[]): number[] {
    return bicycle.flatMap((track) => [...(this.#riders.get(track) ?? [])]);
  }

  /** Whether a person rides. Who passes before a bicycle once does not. */
  isRiding(person: readonly number[]): boolean {
    return person.reduce((looks, track) => looks + (this.#ridden.get(track) ?? 0), 0) >= RIDING_LOOKS_MIN;
  }

  /** Of one object, by all its tracks; undefined without votes. */
  of(tracks: readonly number[]): VehicleKind | undefined {
    const sums = new Map<VehicleKind, number>();
    for (const track of tracks)
      for (const [kind, votes] of this.#votes.get(track) ?? []) sums.set(kind, (sums.get(kind) ?? 0) + votes);
    return [...sums].sort((a, b) => b[1] - a[1])[0]?.[0];
  }

  reset(): void {
    this.#votes.clear();
    this.#riders.clear();
    this.#ridden.clear();
  }

  #add(track: number, kind: VehicleKind): void {
    const votes = this.#votes.get(track) ?? new Map<VehicleKind, number>();
    votes.set(kind, (votes.get(kind) ?? 0) + 1);
    this.#votes.set(track, votes);
    if (this.#votes.size > VOTED_MAX) this.#votes.delete(this.#votes.keys().next().value!);
  }
}

/** The track whose box at that time fits best, of those that fit at all. */
function best(tracks: readonly Followed[], ms: number, fitOf: (box: Box) => number): Followed | undefined {
  let found: Followed | undefined;
  let bestFit = 0;
  for (const track of tracks) {
    const seen = track.observations.findLast((each) => Math.abs(each.ms - ms) <= SAME_MS_MAX);
    const fit = seen === undefined ? 0 : fitOf(seen.box);
    if (fit <= bestFit) continue;
    found = track;
    bestFit = fit;
  }
  return found;
}

const beside = (rider: Box, bicycle: Box): number =>
  Math.abs(rider.x + rider.w / 2 - bicycle.x - bicycle.w / 2) / Math.max(1e-9, bicycle.w);

/** Whoever pushes a bicycle stands beside it; who sits on it ends above its wheels' lower edge and begins above it. */
function isRider(person: Box, bicycle: Box): boolean {
  const bottom = person.y + person.h;
  return (
    beside(person, bicycle) <= RIDER_BESIDE_MAX &&
    person.y < bicycle.y &&
    bottom > bicycle.y &&
    bottom < bicycle.y + bicycle.h * (1 + RIDER_BELOW_MAX)
  );
}

/** Cyclists and where they are at a time, from slots as all actors (traffic.ts): along the road, over the cross street and beside the zebra. */
import type { RiderPose } from './bicycle.ts';
import { between, type Random, randomOf } from './random.ts';
import { CROSS_FAR_Z, CROSS_NEAR_Z, CYCLE_S, idOf, LANE_M, spread } from './traffic.ts';

export interface RiderActor {
  id: number;
  /** A random number in [0, 1) that chooses who it is. */
  look: number;
  pose: RiderPose;
}

/** Between the cars that drive and those that are parked. */
const BESIDE_CARS_X = LANE_M + 1;
/** Behind those who walk over the zebra. */
const BESIDE_ZEBRA_Z = 8.15;
/** At the kerbs of the cross street. */
const CROSS_SIDE_M = 1.45;

export function ridersAt(seed: number, t: number): RiderActor[] {
  const out: RiderActor[] = [];
  const cycleNow = Math.floor(t / CYCLE_S);
  for (let cycle = cycleNow - 1; cycle <= cycleNow + 1; cycle++) {
    for (let slot = 0; slot < 2; slot++) alongRoad(seed, cycle, slot, t, out);
    for (let slot = 0; slot < 2; slot++) besideZebra(seed, cycle, slot, t, out);
    overCrossStreet(seed, cycle, t, out);
  }
  return out;
}

interface Ride {
  id: number;
  random: Random;
  x: number;
  z: number;
  heading: number;
  riddenM: number;
}

function rider({ id, random, x, z, heading, riddenM }: Ride): RiderActor {
  const heightM = between(random, 1.58, 1.86);
  const look = between(random, -0.5, 0.5) * Math.cos(riddenM * 0.21);
  // Two and a half metres a turn of the pedals.
  const pedals = (riddenM / 2.5) * 2 * Math.PI + random() * 6;
  return { id, look: spread(id, 0.618034, random), pose: { x, z, heading, look, pedals, heightM } };
}

/** One towards the camera and one away from it, past the zebra while nobody walks over it. */
function alongRoad(seed: number, cycle: number, slot: number, t: number, out: RiderActor[]): void {
  const k = cycle * 2 + slot;
  for (const side of [-1, 1] as const) {
    const stream = side < 0 ? 30 : 31;
    const random = randomOf(seed, stream, k);
    const passes = cycle * CYCLE_S + 1 + slot * 8 + random() * 5;
    const riddenM = between(random, 4, 5.5) * (t - passes);
    const z = 6 + side * riddenM;
    if (z < 0.8 || z > 60) continue;
    const heading = side < 0 ? Math.PI : 0;
    out.push(rider({ id: idOf(stream, k), random, x: side * BESIDE_CARS_X, z, heading, riddenM }));
  }
}

function besideZebra(seed: number, cycle: number, slot: number, t: number, out: RiderActor[]): void {
  const k = cycle * 2 + slot;
  const random = randomOf(seed, 32, k);
  const start = cycle * CYCLE_S + 20 + slot * 6 + random() * 3;
  const riddenM = between(random, 2.8, 3.8) * (t - start);
  if (riddenM < 0 || riddenM > 13) return;
  const isRight = random() < 0.5;
  const x = isRight ? riddenM - 6.5 : 6.5 - riddenM;
  const heading = isRight ? Math.PI / 2 : -Math.PI / 2;
  out.push(rider({ id: idOf(32, k), random, x, z: BESIDE_ZEBRA_Z + slot * 0.2, heading, riddenM }));
}

/** Both ways, when no car turns into the lane. */
function overCrossStreet(seed: number, cycle: number, t: number, out: RiderActor[]): void {
  for (const side of [-1, 1] as const) {
    const stream = side < 0 ? 33 : 34;
    const random = randomOf(seed, stream, cycle);
    const start = cycle * CYCLE_S + 16 + random() * 10;
    const riddenM = between(random, 4, 5.5) * (t - start);
    if (riddenM < 0 || riddenM > 30) continue;
    const z = side < 0 ? CROSS_FAR_Z + CROSS_SIDE_M : CROSS_NEAR_Z - CROSS_SIDE_M;
    const heading = (side * Math.PI) / 2;
    out.push(rider({ id: idOf(stream, cycle), random, x: side * (riddenM - 15), z, heading, riddenM }));
  }
}

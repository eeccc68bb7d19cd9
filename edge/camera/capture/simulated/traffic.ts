/**
 * Who is on the street at a time, and where. Everything comes from slots: slot k of a stream is always the same actor with the same
 * timetable, so the street at any moment is known without having lived through the moments before.
 *
 * The street breathes in cycles of 40 s: cars flow, then they wait and people cross. In each second cycle a truck comes right up to the
 * camera, backs out and drives on, instead of the cars of that lane. Each stream has random numbers of its own, so that another one changes nobody
 * else's timetable (cyclists: riders.ts).
 */
import type { PersonPose } from './person.ts';
import { between, pick, type Random, randomOf } from './random.ts';
import type { VehiclePose } from './vehicle.ts';

export const CYCLE_S = 40;

export interface VehicleActor {
  kind: 'vehicle';
  id: number;
  /** Random numbers in [0, 1) that choose look and plate. */
  look: number;
  plate: number;
  /** `truck` and `bus` are looked up by kind. */
  role: 'car' | 'truck' | 'bus';
  pose: VehiclePose;
}

export interface PersonActor {
  kind: 'person';
  id: number;
  look: number;
  pose: PersonPose;
}

export const LANE_M = 2;
export const CROSS_NEAR_Z = 21.5;
export const CROSS_FAR_Z = 25;
/** On the cross street. */
const BUS_EVERY_S = 20;
const STREAM_STRIDE = 100_000;

/** Distinct number for slot `k` (which may be negative) of a stream. */
export function idOf(stream: number, k: number): number {
  return stream * STREAM_STRIDE + k + STREAM_STRIDE / 2;
}

/** A share in [0, 1) that differs well between actors who follow each other, so that neighbours rarely look alike. */
export function spread(id: number, step: number, random: Random): number {
  return ((id % STREAM_STRIDE) * step + Math.floor(id / STREAM_STRIDE) * 0.31 + random() * 0.08) % 1;
}

export function vehiclesAt(seed: number, t: number): VehicleActor[] {
  const out: VehicleActor[] = parked(seed);
  const cycleNow = Math.floor(t / CYCLE_S);
  for (let cycle = cycleNow - 1; cycle <= cycleNow + 1; cycle++) {
    const truckCycle = cycle % 2 !== 0;
    const start = cycle * CYCLE_S;
    if (truckCycle) truck(seed, cycle, t - start, out);
    for (let slot = 0; slot < 5; slot++) {
      if (!truckCycle) oncoming(seed, cycle, slot, t, start + 1 + slot * 3.4, out);
      leaving(seed, cycle, slot, t, start + 1.8 + slot * 3.3, out);
    }
    for (let place = 0; place < 2; place++) waiting(seed, cycle, place, t - start, out);
  }
  for (let k = Math.floor(t / 2.8) - 4; k <= Math.floor(t / 2.8); k++) crossing(seed, k, t, out);
  return out;
}

/** Buses on a timetable of their own; some of the vehicles above are buses too. */
export function busesAt(seed: number, t: number): VehicleActor[] {
  const out: VehicleActor[] = [];
  const cycleNow = Math.floor(t / CYCLE_S);
  for (let cycle = cycleNow - 1; cycle <= cycleNow + 1; cycle++) busOnRoad(seed, cycle, t - cycle * CYCLE_S, out);
  for (let k = Math.floor(t / BUS_EVERY_S) - 1; k <= Math.floor(t / BUS_EVERY_S); k++)
    busOnCrossStreet(seed, k, t - k * BUS_EVERY_S, out);
  return out;
}

function car(id: number, random: Random, pose: VehiclePose, role: VehicleActor['role'] = 'car'): VehicleActor {
  return { kind: 'vehicle', id, look: spread(id, 0.618034, random), plate: spread(id, 0.754878, random), role, pose };
}

function parked(seed: number): VehicleActor[] {
  const places = [
    [4, 12.2, 0],
    [4, 17.4, 0],
    [-4, 12.8, Math.PI],
    [-4, 35, Math.PI],
    [4, 33, 0],
    [4, 39, 0],
  ] as const;
  return places.map(([x, z, heading], i) => car(idOf(1, i), randomOf(seed, 1, i), { x, z, heading }));
}

function oncoming(seed: number, cycle: number, slot: number, t: number, passes: number, out: VehicleActor[]): void {
  const k = cycle * 5 + slot;
  const random = randomOf(seed, 2, k);
  const at = passes + between(random, -0.4, 0.4);
  const speed = slot === 4 ? 14 : between(random, 7.5, 9);
  const turning = random() < 0.4;
  const bus = !turning && random() < 0.16;
  const ahead = 7 + speed * (at - t);
  if (ahead < -8 || ahead > 75) return;
  const pose = turning ? turn(ahead) : { x: -LANE_M, z: ahead, heading: Math.PI };
  if (pose !== undefined) out.push(car(idOf(2, k), random, pose, bus ? 'bus' : 'car'));
}

/** From the cross street into the lane towards the camera: `ahead` metres of way are left to the camera. */
function turn(ahead: number): VehiclePose | undefined {
  const radius = 4.5;
  const straight = CROSS_NEAR_Z - radius;
  const arc = (radius * Math.PI) / 2;
  if (ahead <= straight) return { x: -LANE_M, z: ahead, heading: Math.PI };
  if (ahead <= straight + arc) {
    const angle = (ahead - straight) / radius;
    return {
      x: -LANE_M - radius * (1 - Math.cos(angle)),
      z: straight + radius * Math.sin(angle),
      heading: Math.PI - angle,
    };
  }
  return { x: -LANE_M - radius - (ahead - straight - arc), z: CROSS_NEAR_Z, heading: Math.PI / 2 };
}

function leaving(seed: number, cycle: number, slot: number, t: number, passes: number, out: VehicleActor[]): void {
  const k = cycle * 5 + slot;
  const random = randomOf(seed, 3, k);
  const speed = slot === 0 ? 15 : between(random, 7.5, 9);
  const bus = random() < 0.12;
  const z = 6 + speed * (t - passes);
  if (z < -8 || z > 85) return;
  out.push(car(idOf(3, k), random, { x: LANE_M, z, heading: 0 }, bus ? 'bus' : 'car'));
}

/** Cars that stop before the zebra while people cross. */
function waiting(seed: number, cycle: number, place: number, t: number, out: VehicleActor[]): void {
  const stopS = 19.5 + place * 1.6;
  const goS = 37 + place * 1.2;
  const speed = 8;
  const brakeS = 4;
  const startS = 3;
  const stopZ = 11.8 + place * 6.2;
  let z = stopZ;
  if (t < stopS) {
    const left = stopS - t;
    z += left < brakeS ? (speed * left * left) / (2 * brakeS) : (speed * brakeS) / 2 + speed * (left - brakeS);
  } else if (t > goS) {
    const gone = t - goS;
    z -= gone < startS ? (speed * gone * gone) / (2 * startS) : (speed * startS) / 2 + speed * (gone - startS);
  }
  if (z < -6 || z > 75) return;
  const k = cycle * 2 + place;
  out.push(car(idOf(4, k), randomOf(seed, 4, k), { x: -LANE_M, z, heading: Math.PI }));
}

/** Traffic on the cross street, fast and from the side. */
function crossing(seed: number, k: number, t: number, out: VehicleActor[]): void {
  const random = randomOf(seed, 5, k);
  const start = k * 2.8 + random();
  const left = random() < 0.5;
  const inCycle = ((start % CYCLE_S) + CYCLE_S) % CYCLE_S;
  // The near lane belongs to turning cars while the cars flow.
  if (!left && (inCycle < 18 || inCycle > 32)) return;
  const x = -34 + between(random, 11, 18) * (t - start);
  if (x < -34 || x > 34) return;
  out.push(
    car(
      idOf(5, k),
      random,
      left ? { x: -x, z: CROSS_FAR_Z, heading: -Math.PI / 2 } : { x, z: CROSS_NEAR_Z, heading: Math.PI / 2 },
    ),
  );
}

/** When no car is in its way: away from the camera in each cycle, and towards it once the truck has gone. */
function busOnRoad(seed: number, cycle: number, t: number, out: VehicleActor[]): void {
  const random = randomOf(seed, 7, cycle);
  const gone = 6 + 7.5 * (t - 17.2 - random() * 0.6);
  if (gone > -8 && gone < 85) out.push(car(idOf(7, 2 * cycle), random, { x: LANE_M, z: gone, heading: 0 }, 'bus'));
  const left = 7 + 7 * (17.5 - t);
  if (cycle % 2 !== 0 && left > -8 && left < 75)
    out.push(car(idOf(7, 2 * cycle + 1), random, { x: -LANE_M, z: left, heading: Math.PI }, 'bus'));
}

/** On a lane of its own in the middle of the cross street, to either side in turn. */
function busOnCrossStreet(seed: number, k: number, t: number, out: VehicleActor[]): void {
  const random = randomOf(seed, 8, k);
  const x = -34 + 6 * (t - 4 * random());
  if (x < -34 || x > 34) return;
  const side = k % 2 === 0 ? 1 : -1;
  const pose = { x: side * x, z: (CROSS_NEAR_Z + CROSS_FAR_Z) / 2, heading: (side * Math.PI) / 2 };
  out.push(car(idOf(8, k), random, pose, 'bus'));
}

/** Comes up to the camera, waits, backs out, drives on. Its time runs from the start of its cycle. */
function truck(seed: number, cycle: number, t: number, out: VehicleActor[]): void {
  const nearest = 1.72;
  let front: number;
  if (t < 8) front = nearest + (8 - t < 3 ? (7 * (8 - t) ** 2) / 6 : 10.5 + 7 * (5 - t));
  else if (t < 10) front = nearest;
  else if (t < 14) front = nearest + 11.3 * smooth((t - 10) / 4);
  else front = nearest + 11.3 - 1.5 * (t - 14) ** 2 * (t < 16.5 ? 1 : 1.15);
  if (front > 75 || front < -6) return;
  const aside = (z: number): number => (t < 12.5 ? -LANE_M + 1.75 * (1 - smooth((z - 4.5) / 8)) : -LANE_M);
  const x = aside(front);
  const slope = t < 12.5 ? (aside(front + 0.5) - aside(front - 0.5)) * 0.8 : 0;
  const heading = Math.PI + Math.atan(slope);
  const half = 2.35;
  const random = randomOf(seed, 6, cycle);
  out.push(
    car(
      idOf(6, cycle),
      random,
      { x: x - Math.sin(heading) * half, z: front - Math.cos(heading) * half, heading },
      'truck',
    ),
  );
}

function smooth(share: number): number {
  const s = Math.max(0, Math.min(1, share));
  return s * s * (3 - 2 * s);
}

export function peopleAt(seed: number, t: number): PersonActor[] {
  const out: PersonActor[] = [];
  for (let stream = 0; stream < 4; stream++) {
    const newest = Math.floor(t / 5.5);
    for (let k = newest - 7; k <= newest; k++) onPavement(seed, stream, k, t, out);
  }
  const cycleNow = Math.floor(t / CYCLE_S);
  for (let cycle = cycleNow - 1; cycle <= cycleNow; cycle++) {
    for (let slot = 0; slot < 16; slot++) acrossZebra(seed, cycle, slot, t - cycle * CYCLE_S, out);
  }
  const pairNow = Math.floor(t / (2 * CYCLE_S));
  for (let pair = pairNow - 1; pair <= pairNow; pair++) {
    for (let slot = 0; slot < 13; slot++) onPromenade(seed, pair, slot, t - pair * 2 * CYCLE_S, out);
  }
  return out;
}

interface Walk {
  id: number;
  random: Random;
  x: number;
  z: number;
  heading: number;
  walkedM: number;
  t: number;
  /** Radians that the head turns at most, signed. */
  lookMax: number;
}

function person({ id, random, x, z, heading, walkedM, t, lookMax }: Walk): PersonActor {
  const heightM = random() < 0.1 ? between(random, 1.25, 1.45) : between(random, 1.58, 1.86);
  const wave = Math.min(1, 0.9 - 0.9 * Math.cos(t * between(random, 0.5, 1.1) + random() * 6));
  const pose = {
    x,
    z,
    heading,
    look: lookMax * wave,
    step: (walkedM / (heightM * 0.42)) * Math.PI + random() * 6,
    heightM,
  };
  return { kind: 'person', id, look: spread(id, 0.618034, random), pose };
}

function onPavement(seed: number, stream: number, k: number, t: number, out: PersonActor[]): void {
  const random = randomOf(seed, 10 + stream, k);
  const start = k * 5.5 + random() * 4;
  const speed = between(random, 1.05, 1.6);
  const walkedM = speed * (t - start);
  if (walkedM < 0 || walkedM > 36) return;
  const side = stream < 2 ? -1 : 1;
  const towards = stream % 2 === 0;
  const x = side * between(random, 5.3, 7.6);
  const z = towards ? 45 - walkedM : 9 + walkedM;
  const lookMax = (random() < 0.5 ? -side : side) * random() * 0.9;
  out.push(person({ id: idOf(10 + stream, k), random, x, z, heading: towards ? Math.PI : 0, walkedM, t, lookMax }));
}

/** Distances at which people cross: near ones fill the picture. */
const ZEBRA_Z = [6.9, 3.1, 1.45, 5.6, 2.3, 7.6, 4.2, 1.3, 6.3, 3.6, 1.8, 5, 2.7];

function acrossZebra(seed: number, cycle: number, slot: number, t: number, out: PersonActor[]): void {
  const k = cycle * 16 + slot;
  const random = randomOf(seed, 20, k);
  const start = 19 + slot * 0.95 + random() * 0.6;
  const speed = between(random, 1.15, 1.75);
  const z = ZEBRA_Z[(slot + (cycle & 7) * 5) % ZEBRA_Z.length]! + between(random, -0.12, 0.2);
  const edge = Math.min(6.5, 0.56 * z + 0.5);
  const walkedM = speed * (t - start);
  if (walkedM < 0 || walkedM > 2 * edge) return;
  const right = random() < 0.5;
  const x = right ? -edge + walkedM : edge - walkedM;
  const lookMax = (right ? 1 : -1) * pick(random, [0, 0.5, 0.9, 1.2, 1.4, 1.5]);
  out.push(person({ id: idOf(20, k), random, x, z, heading: right ? Math.PI / 2 : -Math.PI / 2, walkedM, t, lookMax }));
}

/** Along the middle, right up to the camera or away from it; not while the truck is there. */
function onPromenade(seed: number, pair: number, slot: number, t: number, out: PersonActor[]): void {
  const k = pair * 13 + slot;
  const random = randomOf(seed, 21, k);
  const speed = between(random, 1.2, 1.5);
  const walkedM = speed * (t - 54 - slot * 3.4 - random() * 1.5);
  if (walkedM < 0 || walkedM > 31) return;
  const towards = random() < 0.85;
  const x = (slot % 2 === 0 ? -1 : 1) * between(random, 0.18, 0.62);
  const z = towards ? 32 - walkedM : 1.2 + walkedM;
  if (t > 118 && z < 14) return;
  out.push(
    person({
      id: idOf(21, k),
      random,
      x,
      z,
      heading: towards ? Math.PI : 0,
      walkedM,
      t,
      lookMax: between(random, -0.8, 0.8),
    }),
  );
}

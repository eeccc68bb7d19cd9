/**
 * Who is on the street: the people and vehicles of one seed, with their looks, ready to be drawn. The street sets them into its scene; canaries
 * (camera/canary/) set them into pictures of real cameras, for the detector alone.
 */
import { createBicycleLooks, drawRider } from './bicycle.ts';
import { glowSprite, shadowSprite } from './furniture.ts';
import type { Painter } from './painter.ts';
import { createPersonLook, drawPerson, isBearer, markerSprite, type PersonLook } from './person.ts';
import { createPlate, type Plate, type PlateKind } from './plate.ts';
import type { Halvings } from './raster.ts';
import { ridersAt } from './riders.ts';
import { busesAt, peopleAt, type VehicleActor, vehiclesAt } from './traffic.ts';
import { drawVehicle, type Glows, vehicleNearM } from './vehicle.ts';
import { createVehicleLook, type VehicleKind, type VehicleLook } from './vehicle-look.ts';

const PEOPLE = 14;
const CARS: readonly (readonly [VehicleKind, readonly [number, number, number]])[] = [
  ['sedan', [188, 192, 198]],
  ['suv', [38, 42, 48]],
  ['taxi', [232, 164, 38]],
  ['sedan', [150, 34, 38]],
  ['van', [224, 226, 228]],
  ['suv', [44, 72, 118]],
  ['sedan', [240, 240, 238]],
  ['suv', [112, 120, 104]],
  ['sedan', [52, 54, 60]],
  ['van', [70, 96, 130]],
  ['truck', [48, 104, 160]],
  ['bus', [34, 108, 74]],
];
/** Plates for cars of all kinds in turn, weighted as in a Korean city with visitors. */
const PLATES: readonly PlateKind[] = ['kr-white', 'kr-white', 'eu', 'kr-green', 'us', 'kr-white', 'kr-green', 'eu'];
const PLATES_EACH = 4;

/** One actor at one time. */
export interface CastMember {
  id: number;
  /** Distance along the view, metres; the farthest is drawn first. */
  depth: number;
  draw(painter: Painter): void;
}

export interface Cast {
  at(seconds: number): CastMember[];
}

/**
 * `markers`: some persons show the common marker. `riders`: cyclists, and buses on a timetable, are there too; canaries do without, so that what
 * they measure stays what it was. `halvings`: of heads and vehicles, which are most of the memory: 104 MB whole, 40 MB halved. Draws all sprites once: most of a second, on threads of the image library.
 */
export async function createCast(
  seed: number,
  { markers, riders, halvings = 0 }: { markers: boolean; riders: boolean; halvings?: Halvings },
): Promise<Cast> {
  const [people, cars, bicycles, marker] = await Promise.all([
    Promise.all(Array.from({ length: PEOPLE }, (_, i) => createPersonLook(seed, i, halvings))),
    Promise.all(CARS.map(([kind, paint]) => createVehicleLook(kind, paint, halvings))),
    riders ? createBicycleLooks() : [],
    markers ? markerSprite() : undefined,
  ]);
  const glows: Glows = {
    head: glowSprite([255, 244, 214], 0.95),
    tail: glowSprite([255, 40, 30], 0.7),
    shadow: shadowSprite(),
  };
  const plates = PLATES.flatMap((kind, i) =>
    Array.from({ length: PLATES_EACH }, (_, j) => createPlate(kind, seed, i * PLATES_EACH + j)),
  );
  const taxiPlates = Array.from({ length: PLATES_EACH }, (_, j) => createPlate('kr-taxi', seed, 900 + j));
  const tallPlates = plates.filter((plate) => plate.heightM > 0.13);
  const garage = { cars, plates, taxiPlates, tallPlates };
  const at = (seconds: number): CastMember[] => [
    ...[...vehiclesAt(seed, seconds), ...(riders ? busesAt(seed, seconds) : [])].map((actor) =>
      vehicleMember(actor, garage, glows),
    ),
    ...peopleAt(seed, seconds).map(({ id, pose, look }) => {
      const person: PersonLook = people[Math.floor(look * people.length)]!;
      const sheet = isBearer(seed, id) ? marker : undefined;
      const draw = (painter: Painter): void => drawPerson(painter, person, pose, id, glows.shadow, sheet);
      return { id, depth: pose.z, draw };
    }),
    ...(riders ? ridersAt(seed, seconds) : []).map(({ id, pose, look }) => {
      const person = people[Math.floor(look * people.length)]!;
      const bicycle = bicycles[id % bicycles.length]!;
      return {
        id,
        depth: pose.z,
        draw: (painter: Painter) => drawRider(painter, bicycle, person, pose, id, glows.shadow),
      };
    }),
  ];
  return { at };
}

interface Garage {
  cars: VehicleLook[];
  plates: Plate[];
  taxiPlates: Plate[];
  tallPlates: Plate[];
}

function vehicleMember(actor: VehicleActor, garage: Garage, glows: Glows): CastMember {
  const look = vehicleLookOf(actor, garage.cars);
  const choice =
    look.shape.kind === 'taxi' ? garage.taxiPlates : look.shape.kind === 'truck' ? garage.tallPlates : garage.plates;
  const plate = choice[Math.floor(actor.plate * choice.length)]!;
  const { id, pose } = actor;
  return { id, depth: vehicleNearM(look, pose), draw: (painter) => drawVehicle(painter, look, plate, pose, id, glows) };
}

function vehicleLookOf(actor: VehicleActor, cars: VehicleLook[]): VehicleLook {
  const special = actor.role === 'car' ? undefined : cars.find((look) => look.shape.kind === actor.role);
  return special ?? cars[Math.floor(actor.look * (cars.length - 2))]!;
}

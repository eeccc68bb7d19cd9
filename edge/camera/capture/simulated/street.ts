/**
 * A street that does not exist, seen by a camera that does not exist: for trying the product without filming anyone, and for tests, since
 * the street knows exactly where each face and plate is.
 *
 * A frame depends on the options and its index only. All people, plates and words on it are drawn by this code.
 */
import type { Surface } from '../../draw/surface.ts';
import { drawBackground } from './background.ts';
import { BACKDROP, createFurniture, drawFurniture, FURNITURE, glowSprite, shadowSprite } from './furniture.ts';
import { Painter, type TruthObject } from './painter.ts';
import { createPersonLook, drawPerson, isBearer, markerSprite, type PersonLook } from './person.ts';
import { createPlate, type Plate, type PlateKind } from './plate.ts';
import { peopleAt, type VehicleActor, vehiclesAt } from './traffic.ts';
import { drawVehicle, type Glows, vehicleNearM } from './vehicle.ts';
import { createVehicleLook, type VehicleKind, type VehicleLook } from './vehicle-look.ts';
import { createView } from './view.ts';
import { drawRain, expose, noiseTile } from './weather.ts';

export interface StreetOptions {
  seed: number;
  widthPx: number;
  heightPx: number;
  frameRate: number;
  night: boolean;
  rain: boolean;
  /** Some persons show the common marker; the truth names it. */
  markers: boolean;
}

export interface StreetTruth {
  frame: number;
  ptsMs: number;
  objects: TruthObject[];
}

export interface Street {
  readonly options: StreetOptions;
  /** Draws frame `index` (from 0) into a surface of the street's size; says what is on it. */
  renderInto(index: number, surface: Surface): StreetTruth;
}

export const STREET_DEFAULTS: StreetOptions = {
  seed: 1,
  widthPx: 1280,
  heightPx: 720,
  frameRate: 25,
  night: false,
  rain: false,
  markers: false,
};

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

/** Draws all sprites and the background once: a second or so, on threads of the image library. */
export async function createStreet(given: Partial<StreetOptions> = {}): Promise<Street> {
  const options = { ...STREET_DEFAULTS, ...given };
  const { seed } = options;
  const view = createView(options.widthPx, options.heightPx, options.night, options.rain);
  const [background, furniture, people, cars, marker] = await Promise.all([
    drawBackground(view, seed),
    createFurniture(),
    Promise.all(Array.from({ length: PEOPLE }, (_, i) => createPersonLook(seed, i))),
    Promise.all(CARS.map(([kind, paint]) => createVehicleLook(kind, paint))),
    options.markers ? markerSprite() : undefined,
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
  const noise = noiseTile(seed, options.night ? 4.5 : 2);
  const garage = { cars, plates, taxiPlates, tallPlates };

  const backdrop = new Painter(view, background);
  for (const item of BACKDROP) drawFurniture(backdrop, item, furniture);

  const renderInto = (index: number, surface: Surface): StreetTruth => {
    const seconds = index / options.frameRate;
    surface.rgb.set(background.rgb);
    const painter = new Painter(view, surface);
    for (const item of inOrder(seed, seconds, garage, people)) {
      if (item.kind === 'vehicle') drawVehicle(painter, item.look, item.plate, item.actor.pose, item.actor.id, glows);
      else if (item.kind === 'person') {
        const { id, pose } = item.actor;
        drawPerson(painter, item.look, pose, id, glows.shadow, isBearer(seed, id) ? marker : undefined);
      } else drawFurniture(painter, item.item, furniture);
    }
    if (options.rain) drawRain(surface, seed, index, options.night);
    expose(surface, noise, seed, index, seconds);
    return { frame: index, ptsMs: Math.round(seconds * 1e6) / 1e3, objects: painter.truth() };
  };
  return { options, renderInto };
}

interface Garage {
  cars: VehicleLook[];
  plates: Plate[];
  taxiPlates: Plate[];
  tallPlates: Plate[];
}

type Item =
  | { kind: 'vehicle'; depth: number; actor: VehicleActor; look: VehicleLook; plate: Plate }
  | { kind: 'person'; depth: number; actor: ReturnType<typeof peopleAt>[number]; look: PersonLook }
  | { kind: 'furniture'; depth: number; item: (typeof FURNITURE)[number] };

/** Everything that stands or moves, the farthest first. */
function inOrder(seed: number, seconds: number, garage: Garage, people: PersonLook[]): Item[] {
  const items: Item[] = [];
  for (const actor of vehiclesAt(seed, seconds)) {
    const look = vehicleLookOf(actor, garage.cars);
    const choice =
      look.shape.kind === 'taxi' ? garage.taxiPlates : look.shape.kind === 'truck' ? garage.tallPlates : garage.plates;
    const plate = choice[Math.floor(actor.plate * choice.length)]!;
    items.push({ kind: 'vehicle', depth: vehicleNearM(look, actor.pose), actor, look, plate });
  }
  for (const actor of peopleAt(seed, seconds)) {
    items.push({ kind: 'person', depth: actor.pose.z, actor, look: people[Math.floor(actor.look * people.length)]! });
  }
  for (const item of FURNITURE) items.push({ kind: 'furniture', depth: item.z, item });
  return items.sort((a, b) => b.depth - a.depth);
}

function vehicleLookOf(actor: VehicleActor, cars: VehicleLook[]): VehicleLook {
  const special = actor.role === 'car' ? undefined : cars.find((look) => look.shape.kind === actor.role);
  return special ?? cars[Math.floor(actor.look * (cars.length - 2))]!;
}

/** A bicycle and who rides it: joints in exact perspective, joined by limbs and tubes, the farthest drawn first. */
import type { Rgb } from '../../draw/primitives.ts';
import { css, mix, shade } from './color.ts';
import type { Painter } from './painter.ts';
import { drawHead, type LimbContext, type PersonLook, segment } from './person.ts';
import { type Sprite, spriteOfSvg } from './raster.ts';
import { boxAround } from './vehicle.ts';
import { lightAt, NEAR_M, project } from './view.ts';

export interface RiderPose {
  x: number;
  z: number;
  /** Radians; 0 rides away from the camera, a quarter turn to the right. */
  heading: number;
  /** Radians by which the head is turned from the heading. */
  look: number;
  /** Radians of the pedals. */
  pedals: number;
  heightM: number;
}

export interface BicycleLook {
  wheel: Sprite;
  tyre: Sprite;
  tube: Sprite;
  dark: Sprite;
  saddle: Sprite;
}

/** Metres forward of the pedals' axle, above the ground, and to the rider's right. */
type Place = readonly [forward: number, up: number, right: number];

const WHEEL_M = 0.34;
const HUBS = { rear: [-0.47, WHEEL_M, 0], front: [0.6, WHEEL_M, 0] } as const satisfies Record<string, Place>;
const AXLE: Place = [0, 0.29, 0];
const SEAT: Place = [-0.2, 0.93, 0];
const SEAT_TUBE: Place = [-0.17, 0.8, 0];
const HEAD_LOW: Place = [0.46, 0.72, 0];
const HEAD_TOP: Place = [0.4, 0.92, 0];
const BAR: Place = [0.42, 1.04, 0];
const GRIP_M = 0.29;
const CRANK_M = 0.17;
const PEDAL_SIDE_M = 0.12;

const PAINTS: Rgb[] = [
  [196, 44, 40],
  [36, 84, 160],
  [40, 44, 50],
  [236, 150, 30],
  [230, 232, 234],
];

/** One look for each colour of a frame. */
export function createBicycleLooks(): Promise<BicycleLook[]> {
  return Promise.all(PAINTS.map(createLook));
}

async function createLook(paint: Rgb): Promise<BicycleLook> {
  const spokes = Array.from({ length: 18 }, (_, i) => {
    const angle = (i * Math.PI) / 9;
    return `M100,100L${100 + 84 * Math.cos(angle)},${100 + 84 * Math.sin(angle)}`;
  }).join('');
  const bar = (color: Rgb): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="96"><defs><linearGradient id="g" x1="0" x2="1" y1="0" y2="0"><stop offset="0" stop-color="${css(shade(color, 0.6))}"/><stop offset=".35" stop-color="${css(mix(color, [255, 255, 255], 0.3))}"/><stop offset="1" stop-color="${css(shade(color, 0.55))}"/></linearGradient></defs><rect width="24" height="96" rx="8" fill="url(#g)"/></svg>`;
  const [wheel, tyre, tube, dark, saddle] = await Promise.all([
    spriteOfSvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><path d="${spokes}" stroke="rgb(176,180,186)" stroke-width="2.4"/><circle cx="100" cy="100" r="84" fill="none" stroke="rgb(168,172,178)" stroke-width="7"/><circle cx="100" cy="100" r="92" fill="none" stroke="rgb(22,22,24)" stroke-width="14"/><circle cx="100" cy="100" r="9" fill="rgb(90,94,100)"/></svg>`,
    ),
    spriteOfSvg(bar([30, 30, 32])),
    spriteOfSvg(bar(paint)),
    spriteOfSvg(bar([58, 60, 64])),
    spriteOfSvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><path d="M2,6Q40,0 88,10L86,18Q50,16 26,30Q2,28 2,6Z" fill="rgb(28,26,26)"/></svg>`,
    ),
  ]);
  return { wheel: wheel!, tyre: tyre!, tube: tube!, dark: dark!, saddle: saddle! };
}

export function drawRider(
  painter: Painter,
  bicycle: BicycleLook,
  look: PersonLook,
  pose: RiderPose,
  id: number,
  shadow: Sprite,
): void {
  if (pose.z < NEAR_M + HUBS.front[0] + WHEEL_M) return;
  painter.begin(id);
  const scene = new Scene(painter, pose);
  scene.shadow(shadow);
  const parts = [...bicycleParts(scene, bicycle), ...riderParts(scene, look, pose, id)];
  parts.sort((a, b) => b.depth - a.depth);
  for (const { draw } of parts) draw();
  const ground = painter.groundAt(pose.x, pose.z);
  const feet = scene.points([
    [-0.2, 0.12, -0.2],
    [0.3, 0.12, 0.2],
    [-0.3, 1.2, -0.24],
    [0.5, 1.2, 0.24],
    [0.14, scene.crownM, 0],
  ]);
  painter.claim({ id: id * 10, label: 'person', ...boxAround(feet), kind: 'rider', ...ground }, true);
  const wheels = scene.points([
    [HUBS.rear[0] - WHEEL_M, 0, -0.03],
    [HUBS.front[0] + WHEEL_M, 0, 0.03],
    [BAR[0], BAR[1], -GRIP_M],
    [BAR[0], BAR[1], GRIP_M],
  ]);
  painter.claim({ id: id * 10 + 3, label: 'vehicle', ...boxAround(wheels), kind: 'bicycle', ...ground }, true);
}

interface Part {
  /** Distance along the view, metres. */
  depth: number;
  draw(): void;
}

class Scene implements LimbContext {
  readonly painter: Painter;
  readonly light: LimbContext['light'];
  readonly tall: number;
  readonly swing: number;
  /** How much the rider faces the camera, or turns the back to it, as a cosine. */
  readonly spread: number;
  readonly bodyYaw: number;
  readonly crownM: number;
  readonly #pose: RiderPose;
  readonly #pxPerM: number;

  constructor(painter: Painter, pose: RiderPose) {
    const { view } = painter;
    const distance = Math.hypot(pose.x, pose.z);
    const [sin, cos] = [Math.sin(pose.heading), Math.cos(pose.heading)];
    const facing = -(sin * pose.x + cos * pose.z) / distance;
    const across = (sin * pose.z - cos * pose.x) / distance;
    this.painter = painter;
    this.light = lightAt(view, pose.x, pose.z);
    this.#pose = pose;
    this.#pxPerM = view.focalPx / pose.z;
    this.tall = pose.heightM * this.#pxPerM;
    this.bodyYaw = Math.atan2(across, facing);
    this.swing = Math.sin(this.bodyYaw);
    this.spread = Math.cos(this.bodyYaw);
    this.crownM = 0.97 + 0.43 * pose.heightM;
  }

  points(places: readonly Place[]): [number, number][] {
    return places.map((place) => this.#point(place));
  }

  /** Something long between two places. `depthM` draws it as if it were so much nearer. */
  bar(sprite: Sprite, from: Place, to: Place, widthM: number, { dim = 1, nearerM = 0 } = {}): Part {
    const draw = (): void => {
      const [x0, y0] = this.#point(from);
      const [x1, y1] = this.#point(to);
      segment(this, sprite, x0, y0, x1, y1, widthM * this.#pxPerM, dim);
    };
    return { depth: (this.#plan(from)[1] + this.#plan(to)[1]) / 2 - nearerM, draw };
  }

  /** An upright sprite in the plane of the bicycle. */
  plane(sprite: Sprite, [forward, up]: Place, lengthM: number, heightM: number): Part {
    const rear = this.#plan([forward - lengthM / 2, 0, 0]);
    const front = this.#plan([forward + lengthM / 2, 0, 0]);
    const draw = (): void => this.painter.wall(sprite, front, rear, up - heightM / 2, up + heightM / 2, this.light);
    return { depth: (rear[1] + front[1]) / 2, draw };
  }

  head(look: PersonLook, chin: Place, yaw: number, id: number): Part {
    const draw = (): void => {
      const [x, y] = this.#point(chin);
      drawHead(this, look, x, y, Math.atan2(Math.sin(yaw), Math.cos(yaw)), id);
    };
    return { depth: this.#plan(chin)[1] - 0.02, draw };
  }

  shadow(sprite: Sprite): void {
    const { painter } = this;
    const [x, y] = project(painter.view, this.#pose.x, 0, this.#pose.z);
    const wide = this.#pxPerM * (0.5 + 1.4 * Math.abs(this.swing));
    const tall = this.#pxPerM * 0.22;
    const map = [wide / sprite.widthPx, 0, 0, tall / sprite.heightPx, x - wide / 2, y - tall / 2] as const;
    painter.veil(sprite, map, [1, 1, 1], painter.view.night ? 0.5 : 0.7);
  }

  #plan([forward, , right]: Place): [x: number, z: number] {
    const { x, z, heading } = this.#pose;
    const [sin, cos] = [Math.sin(heading), Math.cos(heading)];
    return [x + forward * sin + right * cos, z + forward * cos - right * sin];
  }

  #point(place: Place): [number, number] {
    const [x, z] = this.#plan(place);
    return project(this.painter.view, x, place[1], z);
  }
}

function* bicycleParts(scene: Scene, { wheel, tyre, tube, dark, saddle }: BicycleLook): Generator<Part> {
  for (const hub of [HUBS.rear, HUBS.front]) {
    yield scene.plane(wheel, hub, 2 * WHEEL_M, 2 * WHEEL_M);
    // Seen from before or behind a wheel is its tyre.
    yield scene.bar(tyre, [hub[0], 0, 0], [hub[0], 2 * WHEEL_M, 0], 0.05 * Math.abs(scene.spread) + 0.005);
  }
  yield scene.bar(tube, SEAT_TUBE, AXLE, 0.045);
  yield scene.bar(tube, HEAD_LOW, AXLE, 0.05);
  yield scene.bar(tube, HEAD_TOP, SEAT_TUBE, 0.045);
  yield scene.bar(tube, AXLE, HUBS.rear, 0.03);
  yield scene.bar(tube, SEAT_TUBE, HUBS.rear, 0.028);
  yield scene.bar(tube, HEAD_TOP, HEAD_LOW, 0.05);
  yield scene.bar(dark, HEAD_LOW, HUBS.front, 0.035);
  yield scene.bar(dark, SEAT, SEAT_TUBE, 0.03);
  yield scene.bar(dark, BAR, HEAD_TOP, 0.03);
  yield scene.bar(dark, [BAR[0], BAR[1], -GRIP_M], [BAR[0], BAR[1], GRIP_M], 0.035, { nearerM: -0.02 });
  yield scene.plane(saddle, SEAT, 0.28, 0.08);
}

function* riderParts(scene: Scene, look: PersonLook, pose: RiderPose, id: number): Generator<Part> {
  const m = pose.heightM / 1.72;
  const shoulderM = 0.97 + 0.29 * pose.heightM;
  const hip: Place = [-0.19, 0.99, 0];
  const farSide = scene.swing >= 0 ? 1 : -1;
  for (const side of [-1, 1] as const) {
    const dim = Math.abs(scene.swing) > 0.3 && side === farSide ? 0.82 : 1;
    const turn = pose.pedals + (side > 0 ? 0 : Math.PI);
    const foot: Place = [CRANK_M * Math.cos(turn), AXLE[1] - CRANK_M * Math.sin(turn), side * PEDAL_SIDE_M];
    const ankle: Place = [foot[0] - 0.05, foot[1] + 0.09, foot[2]];
    const top: Place = [hip[0], hip[1], side * 0.1];
    const knee = kneeOf(top, ankle, 0.45 * m, 0.45 * m);
    yield scene.bar(look.shin, knee, ankle, 0.15, { dim });
    yield scene.bar(
      look.shoe,
      [foot[0], foot[1] + 0.06, foot[2]],
      [foot[0], foot[1] - 0.02, foot[2]],
      0.24 * Math.abs(scene.swing) + 0.11,
      {
        dim,
      },
    );
    yield scene.bar(look.thigh, top, knee, 0.19, { dim });
    const shoulder: Place = [0.1, shoulderM - 0.07, side * 0.19];
    const hand: Place = [BAR[0], BAR[1] + 0.02, side * (GRIP_M - 0.03)];
    yield scene.bar(look.arm, shoulder, hand, 0.13, { dim, nearerM: 0.01 });
    yield scene.bar(look.arm, [AXLE[0], AXLE[1], side * 0.08], [foot[0], foot[1], side * 0.08], 0.03, { dim: 0.4 });
  }
  const widthM = 0.46 * (0.62 + 0.38 * Math.abs(scene.spread));
  const torso = Math.abs(scene.bodyYaw) < Math.PI / 2 ? look.front : look.back;
  yield scene.bar(torso, [0.12, shoulderM, 0], [hip[0] - 0.02, hip[1] - 0.09, 0], widthM);
  yield scene.head(look, [0.17, shoulderM + 0.045 * pose.heightM, 0], scene.bodyYaw + pose.look, id);
}

/** Where a leg bends forward between two joints, in the plane of the bicycle. */
function kneeOf(hip: Place, ankle: Place, thighM: number, shinM: number): Place {
  const df = ankle[0] - hip[0];
  const du = ankle[1] - hip[1];
  const reach = Math.min(Math.hypot(df, du), thighM + shinM - 1e-6);
  const along = (thighM ** 2 - shinM ** 2 + reach ** 2) / (2 * reach);
  const aside = Math.sqrt(Math.max(0, thighM ** 2 - along ** 2));
  const [f, u] = [df / reach, du / reach];
  return [hip[0] + f * along - u * aside, hip[1] + u * along + f * aside, (hip[2] + ankle[2]) / 2];
}

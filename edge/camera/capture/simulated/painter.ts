/**
 * Draws one frame in order of depth, and keeps what was drawn: each part is known by the actor that owns it, so that the truth can tell
 * which share of an object is left to see.
 */
import { fillPolygon, type Point, type Rgb } from '../../draw/primitives.ts';
import type { Surface } from '../../draw/surface.ts';
import { type Affine, type Cover, drawSprite, drawWall, type Light, type Sprite } from './raster.ts';
import { NEAR_M, project, type View } from './view.ts';

type ObjectLabel = 'face' | 'plate' | 'person' | 'vehicle' | 'marker';

/** What the truth says about one object on one frame. */
export interface TruthObject {
  /** Same object, same number, on all frames. */
  id: number;
  label: ObjectLabel;
  /** Pixels, clipped to the picture. */
  x: number;
  y: number;
  w: number;
  h: number;
  /** Share of the whole object that is neither hidden by something else nor out of the picture. */
  visible: number;
  /** Plates: what stands on it. */
  text?: string;
  /** Plates: its form. */
  plate?: string;
  /** Faces: 0 looks into the camera, positive to the right side of the picture. */
  yawDeg?: number;
  /** Vehicles: which; persons: only of who rides a bicycle, which is a vehicle of its own. */
  kind?: ObjectKind;
  /** Persons and vehicles: the picture of the point on the ground below their middle, pixels; it may be outside the picture. */
  ground?: readonly [x: number, y: number];
}

type ObjectKind = 'car' | 'bus' | 'truck' | 'bicycle' | 'rider';

type WorldPoint = readonly [x: number, y: number, z: number];
type Claim = Omit<TruthObject, 'visible'> & { owner: number; partsBefore: number; whole: boolean };

const SAMPLES = 10;
/** Smaller objects are left out of the truth: nothing can be made out on them. */
const TRUTH_SIDE_PX_MIN = 4;

export class Painter {
  readonly view: View;
  readonly surface: Surface;
  #owner = 0;
  readonly #parts: { owner: number; cover: Cover }[] = [];
  readonly #claims: Claim[] = [];

  constructor(view: View, surface: Surface) {
    this.view = view;
    this.surface = surface;
  }

  /** What is drawn from now on belongs to this actor. */
  begin(owner: number): void {
    this.#owner = owner;
  }

  sprite(sprite: Sprite, map: Affine, light: Light, opacity = 1): void {
    this.#keep(drawSprite(this.surface, sprite, map, light, opacity));
  }

  /** A glow or a shadow: drawn, but it hides nothing. */
  veil(sprite: Sprite, map: Affine, light: Light, opacity = 1): void {
    drawSprite(this.surface, sprite, map, light, opacity);
  }

  /** An upright sprite between two points on the ground plan, from one height to another; u runs from a to b. */
  wall(
    sprite: Sprite,
    a: readonly [x: number, z: number],
    b: readonly [x: number, z: number],
    bottomM: number,
    topM: number,
    light: Light,
  ): void {
    let [fromX, fromZ] = a;
    let [toX, toZ] = b;
    let fromU = 0;
    let toU = 1;
    if (fromZ < NEAR_M && toZ < NEAR_M) return;
    if (fromZ < NEAR_M) {
      fromU = (NEAR_M - fromZ) / (toZ - fromZ);
      fromX += (toX - fromX) * fromU;
      fromZ = NEAR_M;
    } else if (toZ < NEAR_M) {
      toU = (NEAR_M - fromZ) / (toZ - fromZ);
      toX = fromX + (toX - fromX) * toU;
      toZ = NEAR_M;
    }
    const edge = (x: number, z: number, u: number) => {
      const [px, topY] = project(this.view, x, topM, z);
      return { x: px, topY, bottomY: project(this.view, x, bottomM, z)[1], depth: z, u };
    };
    this.#keep(drawWall(this.surface, sprite, edge(fromX, fromZ, fromU), edge(toX, toZ, toU), light));
  }

  /** A flat polygon in the world. */
  polygon(points: readonly WorldPoint[], color: Rgb, light: Light, opacity = 1): void {
    const flat = clipNear(points).map(([x, y, z]) => project(this.view, x, y, z));
    if (flat.length < 3) return;
    const lit: Rgb = [color[0] * light[0], color[1] * light[1], color[2] * light[2]].map((value) =>
      Math.min(255, value),
    ) as unknown as Rgb;
    fillPolygon(this.surface, flat, lit, opacity);
    if (opacity > 0.6) this.#keep(polygonCover(flat));
  }

  /** Puts an object into the truth; `whole`: a body or a vehicle, judged by the parts of its owner rather than by its box. */
  claim(object: Omit<TruthObject, 'visible'>, whole = false): void {
    this.#claims.push({ ...object, owner: this.#owner, partsBefore: this.#parts.length, whole });
  }

  /** Where a point on the ground shows; undefined behind the camera. */
  groundAt(x: number, z: number): { ground: readonly [x: number, y: number] } | undefined {
    if (z < NEAR_M) return undefined;
    const [px, py] = project(this.view, x, 0, z);
    return { ground: [rounded(px), rounded(py)] };
  }

  truth(): TruthObject[] {
    const { widthPx, heightPx } = this.view;
    const objects: TruthObject[] = [];
    for (const { owner, partsBefore, whole, ...object } of this.#claims) {
      const x0 = Math.max(0, object.x);
      const y0 = Math.max(0, object.y);
      const x1 = Math.min(widthPx, object.x + object.w);
      const y1 = Math.min(heightPx, object.y + object.h);
      if (x1 - x0 < 1 || y1 - y0 < 1 || Math.min(object.w, object.h) < TRUTH_SIDE_PX_MIN) continue;
      const inPicture = ((x1 - x0) * (y1 - y0)) / (object.w * object.h);
      const over = this.#parts
        .slice(partsBefore)
        .filter((part) => part.owner !== owner && meets(part.cover, x0, y0, x1, y1));
      const own = whole ? this.#parts.filter((part) => part.owner === owner) : undefined;
      let asked = 0;
      let seen = 0;
      for (let i = 0; i < SAMPLES * SAMPLES; i++) {
        const across = ((i % SAMPLES) + 0.5) / SAMPLES;
        const down = (Math.floor(i / SAMPLES) + 0.5) / SAMPLES;
        if (object.label === 'face' && (across - 0.5) ** 2 + (down - 0.5) ** 2 > 0.25) continue;
        const x = x0 + (x1 - x0) * across;
        const y = y0 + (y1 - y0) * down;
        if (own !== undefined && !own.some((part) => part.cover.solidAt(x, y))) continue;
        asked++;
        if (!over.some((part) => part.cover.solidAt(x, y))) seen++;
      }
      const visible = asked === 0 ? 0 : (inPicture * seen) / asked;
      const box = { x: rounded(x0), y: rounded(y0), w: rounded(x1 - x0), h: rounded(y1 - y0) };
      objects.push({ ...object, ...box, visible: Math.round(visible * 100) / 100 });
    }
    return objects;
  }

  #keep(cover: Cover): void {
    this.#parts.push({ owner: this.#owner, cover });
  }
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function meets(cover: Cover, x0: number, y0: number, x1: number, y1: number): boolean {
  return cover.x0 < x1 && cover.x1 > x0 && cover.y0 < y1 && cover.y1 > y0;
}

function clipNear(points: readonly WorldPoint[]): WorldPoint[] {
  const out: WorldPoint[] = [];
  for (let i = 0; i < points.length; i++) {
    const a = points[i]!;
    const b = points[(i + 1) % points.length]!;
    if (a[2] >= NEAR_M) out.push(a);
    if (a[2] >= NEAR_M !== b[2] >= NEAR_M) {
      const t = (NEAR_M - a[2]) / (b[2] - a[2]);
      out.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, NEAR_M]);
    }
  }
  return out;
}

function polygonCover(points: readonly Point[]): Cover {
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const solidAt = (x: number, y: number): boolean => {
    let inside = false;
    for (let i = 0; i < points.length; i++) {
      const [ax, ay] = points[i]!;
      const [bx, by] = points[(i + 1) % points.length]!;
      if (ay <= y !== by <= y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
    }
    return inside;
  };
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys), solidAt };
}

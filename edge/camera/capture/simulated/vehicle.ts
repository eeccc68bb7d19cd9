/** One vehicle on the road: a body of upright walls and flat lids in exact perspective, with its plate. */
import type { Rgb } from '../../draw/primitives.ts';
import { shade } from './color.ts';
import type { Painter } from './painter.ts';
import type { Plate } from './plate.ts';
import type { Light, Sprite } from './raster.ts';
import { endHeightM, type VehicleLook } from './vehicle-look.ts';
import { lightAt, NEAR_M, project } from './view.ts';

export interface VehiclePose {
  /** Centre on the ground. */
  x: number;
  z: number;
  /** Radians; 0 drives away from the camera, a quarter turn to the right. */
  heading: number;
}

export interface Glows {
  head: Sprite;
  tail: Sprite;
  shadow: Sprite;
}

/** Nearest distance of the vehicle along the view. */
export function vehicleNearM(look: VehicleLook, pose: VehiclePose): number {
  const { lengthM, widthM } = look.shape;
  return pose.z - (Math.abs(Math.cos(pose.heading)) * lengthM + Math.abs(Math.sin(pose.heading)) * widthM) / 2;
}

export function drawVehicle(
  painter: Painter,
  look: VehicleLook,
  plate: Plate,
  pose: VehiclePose,
  id: number,
  glows: Glows,
): void {
  const { shape } = look;
  const { view } = painter;
  const sin = Math.sin(pose.heading);
  const cos = Math.cos(pose.heading);
  const half = shape.lengthM / 2;
  const side = shape.widthM / 2;
  /** Ground plan of a point: metres forward of the centre, and to the right of the driver. */
  const plan = (forward: number, right: number): [x: number, z: number] => [
    pose.x + forward * sin + right * cos,
    pose.z + forward * cos - right * sin,
  ];
  const point = (forward: number, right: number, y: number): [number, number, number] => {
    const [x, z] = plan(forward, right);
    return [x, y, z];
  };
  const light = lightAt(view, pose.x, pose.z);
  const [frontX, frontZ] = plan(half, 0);
  const [rearX, rearZ] = plan(-half, 0);
  const showsFront = -(frontX * sin + frontZ * cos) > 0;
  const showsRear = rearX * sin + rearZ * cos > 0;
  painter.begin(id);
  groundShadow(painter, point, half, side);
  const [foot, top, rearTop, rearFoot] = shape.cuts;
  const lid = (fromM: number, fromY: number, toM: number, toY: number, color: Rgb, inset = 0): void =>
    painter.polygon(
      [
        point(half - fromM, -side + inset, fromY),
        point(half - fromM, side - inset, fromY),
        point(half - toM, side - inset, toY),
        point(half - toM, -side + inset, toY),
      ],
      color,
      light,
    );
  const glass: Rgb = [62, 76, 92];
  const paintTop = shade(look.paint, 1.12);
  if (showsRear && shape.bootM < shape.roofM) {
    lid(rearFoot, shape.bootM, rearTop, shape.roofM, shade(look.paint, 0.85));
    lid(rearFoot - 0.06, shape.bootM + 0.05, rearTop + 0.1, shape.roofM - 0.06, glass, 0.14);
  }
  if (shape.roofM < 1.8) lid(top, shape.roofM, rearTop, shape.roofM, paintTop);
  if (showsFront && shape.bonnetM < shape.roofM) {
    lid(foot, shape.bonnetM, top, shape.roofM, shade(look.paint, 0.9));
    lid(foot + 0.03, shape.bonnetM + 0.03, top - 0.06, shape.roofM - 0.05, glass, 0.1);
    lid(foot + 0.4, shape.bonnetM + 0.3, top - 0.06, shape.roofM - 0.05, [112, 134, 154], 0.12);
  }
  for (const right of [-1, 1]) {
    const [sideX, sideZ] = plan(0, right * side);
    if (-(sideX * right * cos - sideZ * right * sin) > 0) {
      painter.wall(look.side, plan(half, right * side), plan(-half, right * side), 0, shape.roofM, dimmed(light, 0.9));
    }
  }
  if (showsFront && shape.bonnetM < shape.roofM) lid(0, shape.bonnetM, foot, shape.bonnetM + 0.03, paintTop, 0.02);
  if (showsRear && shape.bootM < shape.roofM)
    lid(rearFoot, shape.bootM, shape.lengthM, shape.bootM - 0.02, paintTop, 0.02);
  if (shape.kind === 'taxi') taxiSign(painter, point, half - (top + rearTop) / 2, shape.roofM);
  if (showsFront) painter.wall(look.front, plan(half, side), plan(half, -side), 0, endHeightM(shape, true), light);
  if (showsRear) painter.wall(look.rear, plan(-half, -side), plan(-half, side), 0, endHeightM(shape, false), light);
  if (showsFront || showsRear) {
    drawPlate(
      painter,
      plate,
      plan,
      showsFront ? half + 0.02 : -half - 0.02,
      showsFront,
      showsFront ? shape.plateFrontM : shape.plateRearM,
      light,
      id,
    );
  }
  if (view.night)
    lamps(painter, glows, plan, showsFront ? half : -half, side, shape.kind === 'bus' ? 0.8 : 0.7, showsFront);
  painter.claim(
    {
      id: id * 10,
      label: 'vehicle',
      ...bodyBox(painter, point, half, side, shape.roofM),
      kind: shape.kind === 'bus' || shape.kind === 'truck' ? shape.kind : 'car',
      ...painter.groundAt(pose.x, pose.z),
    },
    true,
  );
}

type PointOf = (forward: number, right: number, y: number) => [number, number, number];
type PlanOf = (forward: number, right: number) => [number, number];

function dimmed(light: Light, factor: number): Light {
  return [light[0] * factor, light[1] * factor, light[2] * factor];
}

function groundShadow(painter: Painter, point: PointOf, half: number, side: number): void {
  for (const [grow, opacity] of [
    [0.18, 0.3],
    [0, 0.4],
  ] as const) {
    const [h, s] = [half + grow, side + grow];
    painter.polygon(
      [point(h, -s, 0.01), point(h, s, 0.01), point(-h, s, 0.01), point(-h, -s, 0.01)],
      [12, 13, 16],
      [1, 1, 1],
      opacity,
    );
  }
}

function taxiSign(painter: Painter, point: PointOf, forward: number, roofM: number): void {
  const corners = [
    point(forward, -0.3, roofM),
    point(forward, 0.3, roofM),
    point(forward, 0.24, roofM + 0.16),
    point(forward, -0.24, roofM + 0.16),
  ];
  painter.polygon(corners, [255, 236, 150], [1, 1, 1]);
}

function drawPlate(
  painter: Painter,
  plate: Plate,
  plan: PlanOf,
  forward: number,
  front: boolean,
  centreM: number,
  light: Light,
  id: number,
): void {
  const w = plate.widthM / 2;
  const a = plan(forward, front ? w : -w);
  const b = plan(forward, front ? -w : w);
  if (a[1] < NEAR_M || b[1] < NEAR_M) return;
  const bottom = centreM - plate.heightM / 2;
  const top = centreM + plate.heightM / 2;
  // Plates are retro-reflecting, and lit at night.
  painter.wall(plate.sprite, a, b, bottom, top, [
    Math.max(0.66, light[0]),
    Math.max(0.66, light[1]),
    Math.max(0.64, light[2]),
  ]);
  const corners = [
    project(painter.view, a[0], top, a[1]),
    project(painter.view, a[0], bottom, a[1]),
    project(painter.view, b[0], top, b[1]),
    project(painter.view, b[0], bottom, b[1]),
  ];
  const box = boxAround(corners);
  if (box.w < box.h * 0.35) return;
  painter.claim({ id: id * 10 + 1, label: 'plate', ...box, text: plate.text, plate: plate.kind });
}

function lamps(
  painter: Painter,
  glows: Glows,
  plan: PlanOf,
  forward: number,
  side: number,
  heightM: number,
  front: boolean,
): void {
  const sprite = front ? glows.head : glows.tail;
  for (const right of [-0.78, 0.78]) {
    const [x, z] = plan(forward, side * right);
    if (z < NEAR_M) continue;
    const [px, py] = project(painter.view, x, heightM, z);
    const size = Math.min(painter.view.widthPx * 0.2, (painter.view.focalPx / z) * (front ? 1.1 : 0.5));
    const scale = size / sprite.widthPx;
    painter.veil(sprite, [scale, 0, 0, scale, px - size / 2, py - size / 2], [1, 1, 1]);
  }
}

function bodyBox(painter: Painter, point: PointOf, half: number, side: number, roofM: number): Box {
  const corners: [number, number][] = [];
  for (const forward of [-half, half]) {
    for (const right of [-side, side]) {
      for (const y of [0, roofM]) {
        const [x, , z] = point(forward, right, y);
        corners.push(project(painter.view, x, y, Math.max(NEAR_M, z)));
      }
    }
  }
  return boxAround(corners);
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The smallest box that holds these points. */
export function boxAround(points: readonly (readonly [number, number])[]): Box {
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

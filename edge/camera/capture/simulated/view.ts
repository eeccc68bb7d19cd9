/**
 * The camera of the street and the light in it. World: X to the right, Y up from the ground, Z away from the camera, metres. The picture
 * plane is upright (as behind a shifted lens), so upright edges stay upright and a plane that faces the camera is only scaled.
 */
import type { Light } from './raster.ts';

export interface View {
  widthPx: number;
  heightPx: number;
  focalPx: number;
  centreX: number;
  horizonY: number;
  night: boolean;
  rain: boolean;
}

export const CAMERA_HEIGHT_M = 1.85;
/** Nothing nearer than this is drawn. */
export const NEAR_M = 0.55;

export function createView(widthPx: number, heightPx: number, night: boolean, rain: boolean): View {
  const focalPx = Math.max(widthPx * 0.95, heightPx * 1.35);
  return { widthPx, heightPx, focalPx, centreX: widthPx / 2, horizonY: heightPx * 0.27, night, rain };
}

export function project(view: View, x: number, y: number, z: number): [x: number, y: number] {
  const scale = view.focalPx / Math.max(z, 0.05);
  return [view.centreX + x * scale, view.horizonY + (CAMERA_HEIGHT_M - y) * scale];
}

/** Street lamps: position of the pole's foot and height of the lamp. */
export const LAMPS: readonly (readonly [x: number, z: number])[] = [
  [-0.98, 3.6],
  [0.98, 9.5],
  [-0.98, 16],
  [5.2, 11],
  [-5.2, 13],
  [5.2, 24],
  [-5.2, 27],
];
export const LAMP_HEIGHT_M = 4.6;

/** Light on a thing that stands at a place. */
export function lightAt(view: View, x: number, z: number): Light {
  if (!view.night) {
    return view.rain ? [0.8, 0.83, 0.88] : [1, 1, 0.98];
  }
  let lamp = 0;
  for (const [lampX, lampZ] of LAMPS) lamp += 1 / (1 + 0.22 * ((x - lampX) ** 2 + (z - lampZ) ** 2));
  // A shop window's glow reaches everything near the houses and the camera's own surroundings.
  const level = Math.min(1, 0.3 + 0.55 * lamp + 0.22 / (1 + 0.2 * z * z));
  return [level * 1.02, level * 0.93, level * 0.82];
}

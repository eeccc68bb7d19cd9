/** Rain, and what the camera itself does to the picture: noise of the sensor and a slow drift of the exposure. */
import type { Surface } from '../../draw/surface.ts';
import { randomOf } from './random.ts';

const TILE_BITS = 20;

/** Normally distributed noise, made once; each frame reads it from another place. */
export function noiseTile(seed: number, sigma: number): Int8Array {
  const random = randomOf(seed, 505);
  const tile = new Int8Array(1 << TILE_BITS);
  for (let i = 0; i < tile.length; i++)
    tile[i] = Math.round(sigma * (random() + random() + random() + random() - 2) * 1.73);
  return tile;
}

/** Exposure and noise over the whole picture, in place. */
export function expose(surface: Surface, tile: Int8Array, seed: number, index: number, seconds: number): void {
  const gain = 1 + 0.014 * Math.sin(seconds * 0.61) + 0.008 * Math.sin(seconds * 2.3 + 1);
  const curve = new Uint8ClampedArray(256);
  for (let i = 0; i < 256; i++) curve[i] = i * gain;
  const mask = tile.length - 1;
  const offset = Math.floor(randomOf(seed, 506, index)() * tile.length);
  const picture = new Uint8ClampedArray(surface.rgb.buffer);
  for (let i = 0; i < picture.length; i++) picture[i] = curve[picture[i]!]! + tile[(i + offset) & mask]!;
}

/** Streaks of rain, different on each frame. */
export function drawRain(surface: Surface, seed: number, index: number, night: boolean): void {
  const random = randomOf(seed, 507, index);
  const { widthPx, heightPx, rgb } = surface;
  const count = Math.round((widthPx * heightPx) / 2600);
  const brightness = night ? 120 : 214;
  for (let i = 0; i < count; i++) {
    const nearness = random() ** 3;
    const length = Math.round((0.012 + 0.05 * nearness) * heightPx);
    const alpha = 0.1 + 0.22 * nearness;
    let x = random() * widthPx;
    const y0 = Math.floor(random() * heightPx);
    for (let y = y0; y < Math.min(heightPx, y0 + length); y++) {
      x -= 0.12;
      const column = Math.floor(x);
      if (column < 0 || column >= widthPx) break;
      const at = (y * widthPx + column) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c]! + (brightness - rgb[at + c]!) * alpha;
    }
  }
}

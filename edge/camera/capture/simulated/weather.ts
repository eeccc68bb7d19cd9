/** Rain, and what the camera itself does to the picture: noise of the sensor and a slow drift of the exposure. */
import type { Surface } from '../../draw/surface.ts';
import { randomOf } from './random.ts';

const TILE_BITS = 18;
/** Noise bytes are stored with this added, so that they are never negative. */
const NOISE_BIAS = 16;
const HIGH_BITS = 0x80808080 | 0;
const LOW_BITS = 0x7f7f7f7f;

/** Normally distributed noise, four bytes to a word, made once; each frame reads it from another place. */
export function noiseTile(seed: number, sigma: number): Int32Array {
  const random = randomOf(seed, 505);
  const tile = new Int32Array(1 << TILE_BITS);
  const bytes = new Uint8Array(tile.buffer);
  for (let i = 0; i < bytes.length; i++) {
    const noise = Math.round(sigma * (random() + random() + random() + random() - 2) * 1.73);
    bytes[i] = NOISE_BIAS + Math.max(1 - NOISE_BIAS, Math.min(NOISE_BIAS - 1, noise));
  }
  return tile;
}

/**
 * Exposure and noise over the whole picture, in place: four bytes at a time, each saturating at 0 and 255, since a pass byte by byte
 * would take as long as all the drawing.
 */
export function expose(surface: Surface, tile: Int32Array, seed: number, index: number, seconds: number): void {
  const drift = Math.round(2.2 * Math.sin(seconds * 0.61) + 1.3 * Math.sin(seconds * 2.3 + 1));
  const less = Math.imul(NOISE_BIAS - drift, 0x01010101);
  const mask = tile.length - 1;
  const offset = Math.floor(randomOf(seed, 506, index)() * tile.length);
  const words = new Int32Array(surface.rgb.buffer, surface.rgb.byteOffset, surface.rgb.length >> 2);
  for (let i = 0; i < words.length; i++) {
    const before = words[i]!;
    // Add: a byte overflows when its high bit was set and the sum of the low bits reaches it.
    const low = ((before & LOW_BITS) + tile[(i + offset) & mask]!) | 0;
    const overflow = before & low & HIGH_BITS;
    const sum = (low ^ (before & HIGH_BITS)) | Math.imul(overflow >>> 7, 255);
    // Subtract: with the high bit lent, a byte below 128 that gives it back has not gone below 0.
    const small = ~sum & HIGH_BITS;
    const rest = ((sum | HIGH_BITS) - less) | 0;
    words[i] = rest & ~small & ~Math.imul((small & ~rest) >>> 7, 255);
  }
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

/**
 * Sprites: pictures drawn once from SVG and set into frames by affine maps or as upright walls in perspective. Colours are premultiplied by
 * alpha; halved copies (mipmaps) keep small sizes free of shimmer. Each call answers with a `Cover`, so that truth can ask what hides what.
 */
import sharp from 'sharp';
import type { Surface } from '../../draw/surface.ts';

interface Level {
  widthPx: number;
  heightPx: number;
  /** One per pixel, bytes in memory R, G, B, A; premultiplied; one transparent pixel of margin on all sides included. */
  texels: Uint32Array;
  /** Per row: first and last column that holds anything; empty rows have first > last. */
  spans: Int16Array;
}

export interface Sprite {
  widthPx: number;
  heightPx: number;
  /** Times that the first level is halved already. */
  halvings: Halvings;
  levels: Level[];
}

/** 1: at half the size, for who draws small and has little memory. */
export type Halvings = 0 | 1;

/** A shape on the picture: its bounds, and whether it is solid at a point. */
export interface Cover {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  solidAt(x: number, y: number): boolean;
}

/** Factors for red, green and blue: the light that falls on a thing. */
export type Light = readonly [r: number, g: number, b: number];

/** Maps sprite pixels to picture pixels: x = a*u + c*v + e, y = b*u + d*v + f. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

const MARGIN = 1;
const SOLID_ALPHA = 128;
/** At which one unit of an SVG is one pixel. */
const SVG_DENSITY = 72;

/** Halved, an odd size counts as one pixel less or more. */
export async function spriteOfSvg(svg: string, halvings: Halvings = 0): Promise<Sprite> {
  const image = sharp(Buffer.from(svg), { density: SVG_DENSITY / 2 ** halvings });
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { levels } = spriteOfPixels(data, info.width, info.height, 4);
  return { widthPx: info.width * 2 ** halvings, heightPx: info.height * 2 ** halvings, halvings, levels };
}

/** `additive`: light that is added (a glow) instead of paint that covers. */
export function spriteOfPixels(
  pixels: Uint8Array,
  widthPx: number,
  heightPx: number,
  channels: 3 | 4,
  additive = false,
): Sprite {
  let level: Level = blank(widthPx, heightPx);
  const rgba = bytesOf(level);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const from = (y * widthPx + x) * channels;
      const to = ((y + MARGIN) * level.widthPx + x + MARGIN) * 4;
      const alpha = channels === 4 ? pixels[from + 3]! : 255;
      for (let c = 0; c < 3; c++) rgba[to + c] = (pixels[from + c]! * alpha) / 255;
      rgba[to + 3] = additive ? 0 : alpha;
    }
  }
  const levels = [measured(level)];
  let w = widthPx;
  let h = heightPx;
  while (w > 3 && h > 3) {
    w >>= 1;
    h >>= 1;
    level = halved(level, w, h);
    levels.push(measured(level));
  }
  return { widthPx, heightPx, halvings: 0, levels };
}

function blank(widthPx: number, heightPx: number): Level {
  const w = widthPx + 2 * MARGIN;
  const h = heightPx + 2 * MARGIN;
  return { widthPx: w, heightPx: h, texels: blankTexels(w * h), spans: new Int16Array(2 * h) };
}

/**
 * Texels lie together in chunks, which the system gets back when the last sprite of each is gone. In pieces of their own they would leave the process
 * as large as it was with a whole cast (canaries draw one an hour): the C library keeps what is this small for itself.
 */
const CHUNK_BYTES = 8 * 1_048_576;
let chunk = new ArrayBuffer(0);
let usedBytes = 0;

function blankTexels(count: number): Uint32Array {
  const lengthBytes = count * Uint32Array.BYTES_PER_ELEMENT;
  if (lengthBytes > CHUNK_BYTES) return new Uint32Array(count);
  if (usedBytes + lengthBytes > chunk.byteLength) {
    chunk = new ArrayBuffer(CHUNK_BYTES);
    usedBytes = 0;
  }
  const texels = new Uint32Array(chunk, usedBytes, count);
  usedBytes += lengthBytes;
  return texels;
}

function bytesOf({ texels }: Level): Uint8ClampedArray {
  return new Uint8ClampedArray(texels.buffer, texels.byteOffset, texels.byteLength);
}

/** Notes what each row holds, once its texels are final. */
function measured(level: Level): Level {
  const { widthPx, heightPx, texels, spans } = level;
  for (let y = 0; y < heightPx; y++) {
    let first = 0;
    let last = widthPx - 1;
    while (first <= last && texels[y * widthPx + first] === 0) first++;
    while (last >= first && texels[y * widthPx + last] === 0) last--;
    spans[2 * y] = first;
    spans[2 * y + 1] = last;
  }
  return level;
}

function halved(level: Level, widthPx: number, heightPx: number): Level {
  const out = blank(widthPx, heightPx);
  const source = bytesOf(level);
  const target = bytesOf(out);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const from = ((y * 2 + MARGIN) * level.widthPx + x * 2 + MARGIN) * 4;
      const below = from + level.widthPx * 4;
      const to = ((y + MARGIN) * out.widthPx + x + MARGIN) * 4;
      for (let c = 0; c < 4; c++) {
        target[to + c] = (source[from + c]! + source[from + c + 4]! + source[below + c]! + source[below + c + 4]!) / 4;
      }
    }
  }
  return out;
}

function levelFor(sprite: Sprite, scale: number): number {
  const level = Math.round(Math.log2(1 / Math.max(scale, 1e-3))) - sprite.halvings;
  return Math.max(0, Math.min(sprite.levels.length - 1, level));
}

/** Sets a sprite into the picture. */
export function drawSprite(surface: Surface, sprite: Sprite, map: Affine, light: Light, opacity = 1): Cover {
  const [a, b, c, d, e, f] = map;
  const xs = [e, e + a * sprite.widthPx, e + c * sprite.heightPx, e + a * sprite.widthPx + c * sprite.heightPx];
  const ys = [f, f + b * sprite.widthPx, f + d * sprite.heightPx, f + b * sprite.widthPx + d * sprite.heightPx];
  const x0 = Math.max(0, Math.floor(Math.min(...xs)));
  const y0 = Math.max(0, Math.floor(Math.min(...ys)));
  const x1 = Math.min(surface.widthPx, Math.ceil(Math.max(...xs)));
  const y1 = Math.min(surface.heightPx, Math.ceil(Math.max(...ys)));
  const determinant = a * d - b * c;
  const index = levelFor(sprite, Math.sqrt(Math.abs(determinant)));
  const level = sprite.levels[index]!;
  const sx = (level.widthPx - 2 * MARGIN) / sprite.widthPx;
  const sy = (level.heightPx - 2 * MARGIN) / sprite.heightPx;
  const ux = (d / determinant) * sx;
  const uy = (-c / determinant) * sx;
  const vx = (-b / determinant) * sy;
  const vy = (a / determinant) * sy;
  const tint = tintOf(light, opacity);
  reserveRow(surface.widthPx);
  const picture = new Uint8ClampedArray(surface.rgb.buffer);
  const upright = b === 0 && c === 0;
  for (let y = y0; y < y1; y++) {
    const dy = y + 0.5 - f;
    let from = x0;
    let to = x1;
    if (upright) {
      // Only where this row of the sprite holds anything: poles and people are mostly air.
      const row = Math.floor(dy * vy + MARGIN - 0.5);
      if (row < 0 || row + 1 >= level.heightPx) continue;
      const first = Math.min(level.spans[2 * row]!, level.spans[2 * row + 2]!) - 1;
      const last = Math.max(level.spans[2 * row + 1]!, level.spans[2 * row + 3]!) + 1;
      const edgeA = e - 0.5 + (first - MARGIN + 0.5) / ux;
      const edgeB = e - 0.5 + (last - MARGIN + 0.5) / ux;
      from = Math.max(x0, Math.floor(Math.min(edgeA, edgeB)));
      to = Math.min(x1, Math.ceil(Math.max(edgeA, edgeB)) + 1);
    }
    const v = (from + 0.5 - e) * vx + dy * vy + MARGIN - 0.5;
    const u = (from + 0.5 - e) * ux + dy * uy + MARGIN - 0.5;
    for (let i = 0; i < to - from; i++) {
      rowU[i] = u + i * ux;
      rowV[i] = v + i * vx;
    }
    mixRow(picture, (y * surface.widthPx + from) * 3, to - from, level, tint);
  }
  const solidAt = (x: number, y: number): boolean => {
    const u = Math.floor((x - e) * ux + (y - f) * uy + MARGIN);
    const v = Math.floor((x - e) * vx + (y - f) * vy + MARGIN);
    return (
      u >= 0 &&
      v >= 0 &&
      u < level.widthPx &&
      v < level.heightPx &&
      level.texels[v * level.widthPx + u]! >>> 24 >= SOLID_ALPHA
    );
  };
  return { x0, y0, x1, y1, solidAt };
}

/** Fixed-point factors: red, green, blue and alpha, 256 = 1. */
type Tint = readonly [number, number, number, number];

function tintOf(light: Light, opacity: number): Tint {
  const fixed = (factor: number): number => Math.round(factor * opacity * 256);
  return [fixed(light[0]), fixed(light[1]), fixed(light[2]), fixed(1)];
}

const EVEN_BYTES = 0x00ff00ff;

/** Where the pixels of one row of the picture look into a sprite's level; as wide as the widest picture drawn so far. */
let rowU = new Float32Array(0);
let rowV = new Float32Array(0);

function reserveRow(widthPx: number): void {
  if (rowU.length >= widthPx) return;
  rowU = new Float32Array(widthPx);
  rowV = new Float32Array(widthPx);
}

/**
 * Blends `count` bilinear samples, at rowU and rowV, over a row of the picture from byte `at` on. Two colour bytes at a time share a
 * 32-bit product: weights add up to 256, so each half stays below 65,536.
 */
function mixRow(picture: Uint8ClampedArray, start: number, count: number, level: Level, tint: Tint): void {
  const { texels, widthPx: width } = level;
  const maxU = width - 1.001;
  const maxV = level.heightPx - 1.001;
  const [tintRed, tintGreen, tintBlue, tintAlpha] = tint;
  let at = start;
  for (let i = 0; i < count; i++, at += 3) {
    const u = rowU[i]!;
    const v = rowV[i]!;
    if (!(u >= 0 && v >= 0 && u < maxU && v < maxV)) continue;
    const iu = u | 0;
    const iv = v | 0;
    const p = iv * width + iu;
    const t00 = texels[p]!;
    const t10 = texels[p + 1]!;
    const t01 = texels[p + width]!;
    const t11 = texels[p + width + 1]!;
    if ((t00 | t10 | t01 | t11) === 0) continue;
    const fu = ((u - iu) * 256) | 0;
    const fv = ((v - iv) * 256) | 0;
    const w11 = (fu * fv) >> 8;
    const w10 = fu - w11;
    const w01 = fv - w11;
    const w00 = 256 - fu - w01;
    const redBlue =
      Math.imul(t00 & EVEN_BYTES, w00) +
      Math.imul(t10 & EVEN_BYTES, w10) +
      Math.imul(t01 & EVEN_BYTES, w01) +
      Math.imul(t11 & EVEN_BYTES, w11);
    const greenAlpha =
      Math.imul((t00 >>> 8) & EVEN_BYTES, w00) +
      Math.imul((t10 >>> 8) & EVEN_BYTES, w10) +
      Math.imul((t01 >>> 8) & EVEN_BYTES, w01) +
      Math.imul((t11 >>> 8) & EVEN_BYTES, w11);
    const red = ((redBlue & 0xffff) * tintRed) >> 16;
    const green = ((greenAlpha & 0xffff) * tintGreen) >> 16;
    const blue = ((redBlue >>> 16) * tintBlue) >> 16;
    // The share of the picture that stays, in 1/65,536; full cover is 255 * 256 = 65,280, so stretch it by 257/256.
    const hidden = ((greenAlpha >>> 16) * tintAlpha) >> 8;
    const keep = 65_536 - hidden - ((hidden + 255) >> 8);
    if (keep <= 0) {
      picture[at] = red;
      picture[at + 1] = green;
      picture[at + 2] = blue;
    } else {
      picture[at] = red + ((picture[at]! * keep + 32_768) >> 16);
      picture[at + 1] = green + ((picture[at + 1]! * keep + 32_768) >> 16);
      picture[at + 2] = blue + ((picture[at + 2]! * keep + 32_768) >> 16);
    }
  }
}

/** One upright edge of a wall on the picture. `depth` is its distance along the view. */
export interface WallEdge {
  x: number;
  topY: number;
  bottomY: number;
  depth: number;
  /** Share of the sprite's width at this edge: 0 its left side, 1 its right side. */
  u: number;
}

/** Sets a sprite as an upright wall in perspective between two edges. */
export function drawWall(surface: Surface, sprite: Sprite, edgeA: WallEdge, edgeB: WallEdge, light: Light): Cover {
  const [left, right] = edgeA.x <= edgeB.x ? [edgeA, edgeB] : [edgeB, edgeA];
  const span = Math.max(1e-6, right.x - left.x);
  const x0 = Math.max(0, Math.ceil(left.x - 0.5));
  const x1 = Math.min(surface.widthPx, Math.ceil(right.x - 0.5));
  const y0 = Math.max(0, Math.floor(Math.min(left.topY, right.topY)));
  const y1 = Math.min(surface.heightPx, Math.ceil(Math.max(left.bottomY, right.bottomY)));
  const columns = Math.max(0, x1 - x0);
  const tall = Math.max(left.bottomY - left.topY, right.bottomY - right.topY) / sprite.heightPx;
  const wide = span / Math.max(1, Math.abs(right.u - left.u) * sprite.widthPx);
  const level = sprite.levels[levelFor(sprite, Math.min(tall, Math.sqrt(tall * wide) * 1.2))]!;
  const us = new Float32Array(columns);
  const tops = new Float32Array(columns);
  const steps = new Float32Array(columns);
  const inner = level.heightPx - 2 * MARGIN;
  for (let i = 0; i < columns; i++) {
    const t = (x0 + i + 0.5 - left.x) / span;
    const near = (1 - t) / left.depth + t / right.depth;
    const u = ((left.u * (1 - t)) / left.depth + (right.u * t) / right.depth) / near;
    us[i] = MARGIN - 0.5 + u * (level.widthPx - 2 * MARGIN);
    tops[i] = left.topY + (right.topY - left.topY) * t;
    steps[i] = inner / (left.bottomY + (right.bottomY - left.bottomY) * t - tops[i]!);
  }
  const tint = tintOf(light, 1);
  reserveRow(surface.widthPx);
  const picture = new Uint8ClampedArray(surface.rgb.buffer);
  rowU.set(us);
  for (let y = y0; y < y1; y++) {
    for (let i = 0; i < columns; i++) rowV[i] = (y + 0.5 - tops[i]!) * steps[i]! + MARGIN - 0.5;
    mixRow(picture, (y * surface.widthPx + x0) * 3, columns, level, tint);
  }
  const solidAt = (x: number, y: number): boolean => {
    const i = Math.floor(x) - x0;
    if (i < 0 || i >= columns) return false;
    const v = Math.floor((y - tops[i]!) * steps[i]! + MARGIN);
    const u = Math.round(us[i]!);
    return (
      u >= 0 &&
      u < level.widthPx &&
      v >= 0 &&
      v < level.heightPx &&
      level.texels[v * level.widthPx + u]! >>> 24 >= SOLID_ALPHA
    );
  };
  return { x0, y0, x1, y1, solidAt };
}

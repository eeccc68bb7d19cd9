/**
 * Decoder motion vectors: where the codec says that blocks came from. They carry a box from one frame to the next without looking at
 * pixels. Codecs cheat (a vector is what compresses well, not what moved), so a carried box is a hint that only enlarges a cover.
 *
 * Layout: libavutil `AVMotionVector` (motion_vector.h), 40 bytes little-endian: int32 source; uint8 w, h; int16 src_x, src_y, dst_x,
 * dst_y (block centres, pixels); uint64 flags; int32 motion_x, motion_y; uint16 motion_scale. `source` < 0 is a past frame.
 */
import type { Box } from '../detect/port.ts';
import { shift } from './geometry.ts';

const INT16_PER_VECTOR = 20;
const SRC_X = 3;
const DST_X = 5;
/** Fewer vectors than this inside a box say nothing. */
const VECTORS_MIN = 2;
const CELL_PX = 16;
/** Of the vectors of a large box, about so many are looked at. */
const SAMPLES_MAX = 256;

/**
 * The vectors of one frame, as one displacement (pixels, from the previous frame) per cell of 16 x 16 px, by where blocks are now. A box
 * on the previous frame is looked up at the same place: between neighbouring frames it moves by less than itself.
 */
export class MotionField {
  readonly #columns: number;
  readonly #rows: number;
  readonly #dx: Int16Array;
  readonly #dy: Int16Array;
  readonly #isKnown: Uint8Array;

  constructor(vectors: Buffer, widthPx: number, heightPx: number) {
    this.#columns = Math.ceil(widthPx / CELL_PX);
    this.#rows = Math.ceil(heightPx / CELL_PX);
    this.#dx = new Int16Array(this.#columns * this.#rows);
    this.#dy = new Int16Array(this.#columns * this.#rows);
    this.#isKnown = new Uint8Array(this.#columns * this.#rows);
    const all = new Int16Array(vectors.buffer, vectors.byteOffset, vectors.byteLength >> 1);
    for (let at = 0; at + INT16_PER_VECTOR <= all.length; at += INT16_PER_VECTOR) {
      if (all[at + 1]! >= 0) continue; // high half of `source`: a future frame
      const x = all[at + DST_X]!;
      const y = all[at + DST_X + 1]!;
      if (x < 0 || y < 0 || x >= widthPx || y >= heightPx) continue;
      const cell = Math.floor(y / CELL_PX) * this.#columns + Math.floor(x / CELL_PX);
      this.#dx[cell] = x - all[at + SRC_X]!;
      this.#dy[cell] = y - all[at + SRC_X + 1]!;
      this.#isKnown[cell] = 1;
    }
  }

  /** Median displacement of what lies in the box; undefined where the codec says nothing (intra blocks). */
  displacement(box: Box): { x: number; y: number } | undefined {
    const x0 = Math.max(0, Math.floor(box.x / CELL_PX));
    const y0 = Math.max(0, Math.floor(box.y / CELL_PX));
    const x1 = Math.min(this.#columns - 1, Math.floor((box.x + box.w) / CELL_PX));
    const y1 = Math.min(this.#rows - 1, Math.floor((box.y + box.h) / CELL_PX));
    const step = Math.max(1, Math.round(Math.sqrt(((x1 - x0 + 1) * (y1 - y0 + 1)) / SAMPLES_MAX)));
    const dx: number[] = [];
    const dy: number[] = [];
    for (let y = y0; y <= y1; y += step) {
      for (let x = x0; x <= x1; x += step) {
        const cell = y * this.#columns + x;
        if (this.#isKnown[cell] === 0) continue;
        dx.push(this.#dx[cell]!);
        dy.push(this.#dy[cell]!);
      }
    }
    return dx.length < VECTORS_MIN ? undefined : { x: median(dx), y: median(dy) };
  }

  /** Share of a part of the picture that the codec moved by more than a pixel. */
  movingShare(part: Box): number {
    const x0 = Math.max(0, Math.floor(part.x / CELL_PX));
    const y0 = Math.max(0, Math.floor(part.y / CELL_PX));
    const x1 = Math.min(this.#columns, Math.ceil((part.x + part.w) / CELL_PX));
    const y1 = Math.min(this.#rows, Math.ceil((part.y + part.h) / CELL_PX));
    let moving = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const cell = y * this.#columns + x;
        if (Math.abs(this.#dx[cell]!) + Math.abs(this.#dy[cell]!) > 1) moving++;
      }
    }
    return moving / Math.max(1, (x1 - x0) * (y1 - y0));
  }
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1]!;
}

/** A frame of the delay line as the carrier needs it; `field()` is undefined where the codec gives none (intra frames, MJPEG). */
export interface MotionFrame {
  ms: number;
  field(): MotionField | undefined;
}

/**
 * Carries a box from the frame at `fromMs` to each frame up to `toMs`, forwards or backwards, over `frames` (in order of time). Stops at
 * the first frame without vectors: an unknown step ends the chain.
 */
export function carryBox(frames: readonly MotionFrame[], box: Box, fromMs: number, toMs: number): Map<number, Box> {
  const carried = new Map<number, Box>();
  let current = box;
  if (toMs < fromMs) {
    for (let i = frames.length - 1; i > 0; i--) {
      const frame = frames[i]!;
      if (frame.ms > fromMs) continue;
      const previous = frames[i - 1]!;
      if (previous.ms < toMs) break;
      const moved = frame.field()?.displacement(current);
      if (!moved) break;
      current = shift(current, -moved.x, -moved.y);
      carried.set(previous.ms, current);
    }
  } else {
    for (const frame of frames) {
      if (frame.ms <= fromMs) continue;
      if (frame.ms > toMs) break;
      const moved = frame.field()?.displacement(current);
      if (!moved) break;
      current = shift(current, moved.x, moved.y);
      carried.set(frame.ms, current);
    }
  }
  return carried;
}

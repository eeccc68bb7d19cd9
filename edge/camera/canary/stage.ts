/**
 * The picture that canaries are painted on: a copy of a frame at full size, from which the detector's small picture is then made as from any
 * frame. It is never encoded, and nothing that could be is made from it.
 */
import { AV_PIX_FMT_RGB24 } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { PictureMaker } from '../detect/picture.ts';
import { createSurface, type Surface } from '../draw/surface.ts';
import type { RawFrame } from '../frame.ts';

/** Mean of the picture's bytes below which the people in it are drawn in the light of night. */
const NIGHT_MEAN_MAX = 70;
/** Bytes between two that are looked at for it. */
const SAMPLE_STEP = 997;

export class Stage implements Disposable {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Truths are found by drawing here first. */
  readonly scratch: Surface;
  readonly #maker: PictureMaker;
  readonly #copy = new Frame();

  constructor({ widthPx, heightPx }: { widthPx: number; heightPx: number }) {
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.scratch = createSurface(widthPx, heightPx);
    // Always the same memory: a new one each look would be 25 MB of 4K, ten times a second.
    let pixels: Uint8Array<ArrayBuffer> | undefined;
    this.#maker = new PictureMaker(Math.max(widthPx, heightPx), (lengthBytes) => {
      pixels ??= new Uint8Array(lengthBytes);
      return pixels;
    });
    this.#copy.alloc();
    this.#copy.format = AV_PIX_FMT_RGB24;
    this.#copy.width = widthPx;
    this.#copy.height = heightPx;
    this.#copy.getBuffer();
  }

  /**
   * A copy of the frame to paint on, valid until the next call; undefined for a format that can't be read. Wider than the frame by what the copy
   * pads.
   */
  copyOf(frame: RawFrame): Surface | undefined {
    const made = this.#maker.make(frame.av)?.picture;
    return made && { widthPx: made.widthPx, heightPx: made.heightPx, rgb: made.rgb };
  }

  /** What was painted, as a frame of libav's. Valid until the next call. */
  frameOf(painted: Surface): Frame {
    const plane = this.#copy.data![0]!;
    const stride = this.#copy.linesize[0]!;
    const bytes = Buffer.from(painted.rgb.buffer, painted.rgb.byteOffset, painted.rgb.byteLength);
    for (let y = 0; y < this.heightPx; y++) {
      const from = y * painted.widthPx * 3;
      bytes.copy(plane, y * stride, from, from + this.widthPx * 3);
    }
    return this.#copy;
  }

  [Symbol.dispose](): void {
    this.#maker[Symbol.dispose]();
    this.#copy.free();
  }
}

export function isNight({ rgb }: Surface): boolean {
  let sum = 0;
  for (let at = 0; at < rgb.length; at += SAMPLE_STEP) sum += rgb[at]!;
  return sum / Math.ceil(rgb.length / SAMPLE_STEP) < NIGHT_MEAN_MAX;
}

/**
 * Frames to paint on, reused, with views of their planes that are made once.
 *
 * Why not paint on the decoded frame after `makeWritable()`: each look at a native frame's planes makes new external buffers, whose size V8
 * counts as garbage to come; at 1080p that meant a full collection every few frames. A decoded frame is nearly always still the
 * decoder's reference picture, so the pixels are copied either way; here the target of the copy is reused.
 */
import type { AVPixelFormat } from 'node-av/constants';
import { Frame } from 'node-av/lib';
import { type Plane, planesOf } from './planes.ts';

export interface PaintFrame {
  readonly av: Frame;
  readonly planes: readonly Plane[];
}

/** Idle frames kept: one being painted, one being encoded, one for jitter. */
const IDLE_MAX = 3;

export class FramePool implements Disposable {
  #idle: PaintFrame[] = [];

  /** A frame of this size and paintable format; its pixels are old or undefined: the caller overwrites them all. */
  take(widthPx: number, heightPx: number, format: AVPixelFormat): PaintFrame {
    const fits = (f: PaintFrame): boolean =>
      f.av.width === widthPx && f.av.height === heightPx && f.av.format === format;
    for (const frame of this.#idle) if (!fits(frame)) frame.av.free();
    this.#idle = this.#idle.filter((f) => f.av.width > 0);
    // An encoder may still hold a reference; then the memory is not ours to write.
    const index = this.#idle.findIndex((f) => f.av.isWritable);
    if (index >= 0) return this.#idle.splice(index, 1)[0]!;
    const av = new Frame();
    av.alloc();
    av.format = format;
    av.width = widthPx;
    av.height = heightPx;
    if (av.getBuffer() < 0) {
      av.free();
      throw new Error(`no memory for a frame of ${widthPx}x${heightPx}`);
    }
    return { av, planes: planesOf(av) };
  }

  give(frame: PaintFrame): void {
    if (this.#idle.length < IDLE_MAX) this.#idle.push(frame);
    else frame.av.free();
  }

  [Symbol.dispose](): void {
    for (const frame of this.#idle.splice(0)) frame.av.free();
  }
}

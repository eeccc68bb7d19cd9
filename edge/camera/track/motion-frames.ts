/** The motion vectors of frames that wait, read when they are first asked for and forgotten with the frame. */
import { AV_FRAME_DATA_MOTION_VECTORS } from 'node-av/constants';
import type { RawFrame } from '../frame.ts';
import { MotionField, type MotionFrame } from './motion.ts';

export class MotionFrames {
  readonly #frames = new WeakMap<RawFrame, MotionFrame>();

  of(frame: RawFrame, ms: number): MotionFrame {
    let motion = this.#frames.get(frame);
    if (motion === undefined) {
      let read: MotionField | null | undefined;
      motion = {
        ms,
        field: () => {
          if (read === undefined) {
            const vectors = frame.av.getSideData(AV_FRAME_DATA_MOTION_VECTORS);
            read = vectors && new MotionField(vectors, frame.widthPx, frame.heightPx);
          }
          return read ?? undefined;
        },
      };
      this.#frames.set(frame, motion);
    }
    return motion;
  }
}

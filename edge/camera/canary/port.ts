/** Canaries as the pipeline sees them: on always (`garim canary`), or in rounds (rounds.ts). */
import type { Detection, Detector } from '../detect/port.ts';
import type { RawFrame } from '../frame.ts';
import type { Real } from './placing.ts';

type IsCounted = (detection: Detection) => boolean;

/** A frame that leaves. */
export interface Left {
  ms: number;
  isWhole: boolean;
  /** Newest look that was known when the frame left: it is judged by what was known then, and no more. */
  knownMs: number;
}

/** A look at the copy, under way. */
export interface CanaryLook {
  /**
   * Looks, and judges the frames that this look was waited for; gives what it took, milliseconds. `real`: what the look at the frame itself
   * found. Without an answer nothing of what is under way can be judged.
   */
  run(detector: Detector, timeoutMs: number, isCounted: IsCounted, real: readonly Detection[]): Promise<number>;
}

/** Of the look that canaries may take part in. */
export interface LookAtFrame {
  /** Where real things were when last seen; asked for only when something is painted. */
  real: () => readonly Real[];
  /** The frame itself gets a closer look at a part. */
  isTiled: boolean;
  /** Time between two looks at present. */
  everyMs: number;
  /** What this look will take together with that at the canaries, as far as known, milliseconds. */
  costMs: number;
}

export interface Planted {
  /** Copies the frame and paints; undefined when that can't be done, or nothing is to be painted now. The frame is only read, before this returns. */
  paint(frame: RawFrame, ms: number, look: LookAtFrame): CanaryLook | undefined;
  /** Notes a frame that leaves. Call in order. */
  left(frame: Left): void;
  /** The picture has another size, or the camera was lost: what is under way is over, and what was judged of it counts. */
  reset(): void;
}

/**
 * What becomes of the next unit for a viewer that may be slow. Pure. Too far behind: units are skipped up to the next key frame
 * after the backlog has drained. Still behind after VIEWER_BEHIND_MS_MAX: the viewer is dropped.
 */
import { VIEWER_BACKLOG_BYTES_MAX } from '../../base/limits.ts';

/** A phone that changes its cell catches up within this; a hung one only holds memory. */
export const VIEWER_BEHIND_MS_MAX = 10_000;

export type Admission = 'send' | 'skip' | 'drop';

export class Backlog {
  #behindSinceMs: number | undefined;

  /** `canStart`: a decoder can start at this unit. */
  admit(canStart: boolean, backlogBytes: number, nowMs: number): Admission {
    if (this.#behindSinceMs === undefined) {
      if (backlogBytes <= VIEWER_BACKLOG_BYTES_MAX) return 'send';
      this.#behindSinceMs = nowMs;
      return 'skip';
    }
    if (canStart && backlogBytes <= VIEWER_BACKLOG_BYTES_MAX / 2) {
      this.#behindSinceMs = undefined;
      return 'send';
    }
    // One that has drained and only waits for a key frame is not at fault.
    const stillBehind = backlogBytes > VIEWER_BACKLOG_BYTES_MAX / 2;
    return stillBehind && nowMs - this.#behindSinceMs > VIEWER_BEHIND_MS_MAX ? 'drop' : 'skip';
  }
}

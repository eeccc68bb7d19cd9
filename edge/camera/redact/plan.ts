/** What is to be covered on one frame. There are two answers and no third. */
import type { Box } from '../detect/port.ts';
import type { CoverLabel, WholeFrameReason } from '../messages.ts';

export interface CoverRegion extends Box {
  label: CoverLabel;
  /** Score of the detection behind it; 1 for a mask. */
  score: number;
  /** Track number; its cover noise is frozen per track. 0 for a mask. */
  track: number;
}

export type CoverPlan = { kind: 'regions'; regions: CoverRegion[] } | { kind: 'whole-frame'; reason: WholeFrameReason };

/** What is to be covered on one frame. There are two answers and no third. */
import type { Mask } from '../../config/schema.ts';
import type { Box, DetectionLabel } from '../detect/port.ts';
import type { CoverLabel, WholeFrameReason } from '../messages.ts';
import { clipBox } from '../track/geometry.ts';
import type { TrackedRegion } from '../track/tracker.ts';
import type { Point } from './polygon.ts';

export interface CoverRegion extends Box {
  label: CoverLabel;
  /** Score of the detection behind it; 1 for a mask. */
  score: number;
  /** Track number; what its cover shows is kept per track (track-cells.ts). 0 for a mask. */
  track: number;
  /** Set for a mask: the exact outline in pixels; the box is its bounding box. */
  polygon?: readonly Point[];
}

export type CoverPlan = { kind: 'regions'; regions: CoverRegion[] } | { kind: 'whole-frame'; reason: WholeFrameReason };

/** What a plan needs to know of a tracked region or a zone. */
export type PlannedRegion = Omit<TrackedRegion, 'seen'>;

/** Tracks that are covered as they are. Persons and vehicles are hints: what follows from them comes as zones. */
const COVERED_LABELS: ReadonlySet<DetectionLabel> = new Set(['face', 'plate']);

/** Covers of one frame: the tracks' regions and the zones of detect/second/zones.ts, clipped to the picture, and the static masks. */
export function planCover(
  tracked: readonly PlannedRegion[],
  masks: readonly Mask[],
  widthPx: number,
  heightPx: number,
  zones: readonly PlannedRegion[] = [],
): CoverPlan {
  const regions: CoverRegion[] = [];
  for (const region of [...tracked.filter(({ label }) => COVERED_LABELS.has(label)), ...zones]) {
    const box = clipBox(region, widthPx, heightPx);
    if (box) regions.push({ ...box, label: region.label, score: region.score, track: region.track });
  }
  for (const mask of masks) {
    const polygon = mask.polygon.map(([x, y]) => ({ x: x * widthPx, y: y * heightPx }));
    const xs = polygon.map((p) => p.x);
    const ys = polygon.map((p) => p.y);
    const x = Math.min(...xs);
    const y = Math.min(...ys);
    regions.push({ x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y, label: 'mask', score: 1, track: 0, polygon });
  }
  return { kind: 'regions', regions };
}

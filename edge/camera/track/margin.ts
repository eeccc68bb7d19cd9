/** How much larger a cover is than what the detector found; the same for tracked video and for stills. */
import type { Box, DetectionLabel } from '../detect/port.ts';
import { inflate } from './geometry.ts';

/**
 * Share of the box added on each side before covering: detectors hug the face from hairline to chin and the plate's characters. A third of
 * the faces that were missed at 0.15 were covered to more than half; at the same over-cover 0.2 with a higher threshold covers more.
 */
const MARGIN: Readonly<Record<DetectionLabel, number>> = { face: 0.2, plate: 0.2, person: 0.05, vehicle: 0.05 };
/** Least margin, pixels: boxes of small objects are uncertain by a pixel or two. */
const MARGIN_PX_MIN = 2;

/** The box to cover; `spreadPx` is added on each side for what else is uncertain. Not clipped to the picture. */
export function withMargin(box: Box, label: DetectionLabel, spreadPx = 0, sidewaysPx = 0): Box {
  const share = MARGIN[label];
  return inflate(
    box,
    Math.max(MARGIN_PX_MIN, share * box.w) + spreadPx + sidewaysPx,
    Math.max(MARGIN_PX_MIN, share * box.h) + spreadPx,
  );
}

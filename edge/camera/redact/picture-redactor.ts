/**
 * Turns a decoded still and its cover plan into a FilteredPicture. The pixels are painted in place: the raw picture is gone afterwards,
 * in every case. Any failure while painting ends in a picture that is covered whole.
 */
import { randomFillSync } from 'node:crypto';
import type { Look } from '../../config/schema.ts';
import type { RawPicture } from '../still/raw-picture.ts';
import { type FilteredPicture, markFilteredPicture } from './filtered-picture.ts';
import { fillRect, SOLID_LUMA } from './kernels.ts';
import type { CoverPlan } from './plan.ts';
import type { Plane } from './planes.ts';
import { paintRegions } from './redactor.ts';
import { TrackCells } from './track-cells.ts';

export interface RedactedPicture {
  picture: FilteredPicture;
  /** The plan as carried out: a plan that failed became whole-frame. */
  plan: CoverPlan;
}

/** Each picture has noise of its own, which nothing keeps. */
export function redactPicture(raw: RawPicture, plan: CoverPlan, look: Look): RedactedPicture {
  const planes = rgbPlanes(raw);
  const done = paint(planes, plan, look);
  return { picture: markFilteredPicture(raw.rgb, raw.widthPx, raw.heightPx, done.kind), plan: done };
}

function paint(planes: readonly Plane[], plan: CoverPlan, look: Look): CoverPlan {
  if (plan.kind === 'regions') {
    try {
      paintRegions(planes, plan.regions, look, new TrackCells(randomFillSync(new Uint32Array(4))), 0);
      return plan;
    } catch {
      // Covered whole below.
    }
  }
  for (const plane of planes) fillRect(plane, { x0: 0, y0: 0, x1: plane.widthPx, y1: plane.heightPx }, SOLID_LUMA);
  return plan.kind === 'whole-frame' ? plan : { kind: 'whole-frame', reason: 'internal-error' };
}

/** Red, green and blue as planes of full size. */
function rgbPlanes({ rgb, widthPx, heightPx }: RawPicture): Plane[] {
  if (rgb.length !== widthPx * heightPx * 3)
    throw new RangeError(`${rgb.length} bytes are no ${widthPx}x${heightPx} px`);
  return [0, 1, 2].map((offset) => ({
    data: rgb,
    offset,
    strideBytes: widthPx * 3,
    stepBytes: 3,
    widthPx,
    heightPx,
    subsampling: 1,
    isLuma: true,
  }));
}

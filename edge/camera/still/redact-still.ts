/** One still through the filter: read, find, cover, write. What can't be looked at is covered whole. */
import type { Look } from '../../config/schema.ts';
import type { Box, Detection } from '../detect/port.ts';
import { redactPicture } from '../redact/picture-redactor.ts';
import { type CoverPlan, planCover } from '../redact/plan.ts';
import { withMargin } from '../track/margin.ts';
import { type FindOptions, findInPicture } from './find.ts';
import { markedBodies } from './marked.ts';
import { type RawPicture, readPicture } from './raw-picture.ts';
import { writePicture } from './write-picture.ts';

export interface StillOutcome {
  widthPx: number;
  heightPx: number;
  plan: CoverPlan;
}

/** @throws UserError when the file is no picture that can be read; WorldError when the output can't be written */
export async function redactStill(
  input: string,
  target: string,
  options: FindOptions & { look: Look },
): Promise<StillOutcome> {
  const { picture, format } = await readPicture(input);
  const done = redactPicture(picture, await planStill(picture, options), options.look);
  await writePicture(done.picture, format, target);
  return { widthPx: picture.widthPx, heightPx: picture.heightPx, plan: done.plan };
}

async function planStill(picture: RawPicture, options: FindOptions): Promise<CoverPlan> {
  const found = await findInPicture(picture, options);
  if (found.kind === 'unavailable') return { kind: 'whole-frame', reason: found.reason };
  const persons = found.detections.filter(({ label }) => label === 'person');
  return coverBoxes(found.detections, picture, await markedBodies(picture, persons));
}

/** The plan that hides what was found, and these bodies whole. */
export function coverBoxes(
  detections: readonly Detection[],
  { widthPx, heightPx }: RawPicture,
  bodies: readonly Box[] = [],
): CoverPlan {
  const regions = detections.map((d, i) => ({
    ...withMargin(d, d.label),
    label: d.label,
    score: d.score,
    track: i + 1,
  }));
  const zones = bodies.map((body, i) => ({
    ...body,
    label: 'person' as const,
    score: 1,
    track: regions.length + i + 1,
  }));
  return planCover(regions, [], widthPx, heightPx, zones);
}

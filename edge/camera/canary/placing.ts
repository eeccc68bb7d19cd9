/** Where a canary may stand: clear of real faces and plates, and of what is judged of other canaries. */
import type { CastMember } from '../capture/simulated/cast.ts';
import type { TruthObject } from '../capture/simulated/painter.ts';
import type { Box, DetectionLabel } from '../detect/port.ts';
import { inflate } from '../track/geometry.ts';

/** Kept clear round real faces and plates, as a share of their size on each side: as far as their covers may reach. */
const CLEAR_SHARE = 1;
/** Something that is there, or was when last looked at. */
export interface Real extends Box {
  label: DetectionLabel;
}

export interface Member extends CastMember {
  /** Of its layer, seconds. */
  layerS: number;
}

/** An actor on one picture. */
export interface Painted {
  member: Member;
  body: Box;
  targets: readonly TruthObject[];
}

/** Bodies of people and vehicles may be behind a canary, as they are behind anybody. */
export function clearOf(real: readonly Real[]): (target: Box) => boolean {
  const kept = real
    .filter(({ label }) => label === 'face' || label === 'plate')
    .map((box) => inflate(box, CLEAR_SHARE * box.w, CLEAR_SHARE * box.h));
  return (target) => !kept.some((box) => overlap(box, target));
}

/** Neither stands before what is judged of the other. */
export function areApart(a: Painted, b: Painted): boolean {
  return !a.targets.some((target) => overlap(target, b.body)) && !b.targets.some((target) => overlap(target, a.body));
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

export function boundsOf(boxes: readonly Box[]): Box | undefined {
  if (boxes.length === 0) return undefined;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.w));
  const bottom = Math.max(...boxes.map((box) => box.y + box.h));
  return { x, y, w: right - x, h: bottom - y };
}

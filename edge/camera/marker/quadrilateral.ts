/**
 * The quadrilateral that an outline is, if it is one: Douglas and Peucker's simplification of a closed line, given up at the fifth corner. Same
 * results as js-aruco2's `findCandidates`, which simplifies every outline to the end; a property test compares them.
 */
import type { Outline } from './outlines.ts';

export interface Point {
  x: number;
  y: number;
}

/** Share of an outline's points, as a length in pixels, by which its quadrilateral may be off. */
const STRAIGHTNESS = 0.05;
const CORNERS = 4;

/** Corners in the order of the outline. Undefined when it is none, not convex, or has a side shorter than `sidePxMin`. */
export function quadrilateralOf(outline: Outline, sidePxMin: number): Point[] | undefined {
  const corners = simplify(outline);
  return corners !== undefined && isConvex(corners) && shortestSide(corners) >= sidePxMin ? corners : undefined;
}

/** Four corners, or undefined. */
function simplify({ xs, ys, points }: Outline): Point[] | undefined {
  const toleranceSquared = (points * STRAIGHTNESS) ** 2;
  // Two points that lie far apart to begin with: three times to the point that is farthest from the last.
  let start = 0;
  let farthest = 0;
  let distance = 0;
  for (let i = 0; i < 3; i++) {
    start = (start + farthest) % points;
    distance = 0;
    for (let j = 1, k = start + 1; j < points; j++, k++) {
      if (k >= points) k -= points;
      const squared = (xs[k]! - xs[start]!) ** 2 + (ys[k]! - ys[start]!) ** 2;
      if (squared <= distance) continue;
      distance = squared;
      farthest = j;
    }
  }
  if (distance <= toleranceSquared) return undefined;

  const corners: Point[] = [];
  const ends = [start + points, start + farthest];
  for (let from = start; ends.length > 0; ) {
    const to = ends.at(-1)!;
    const split = farthestFromChord(xs, ys, points, from, to, toleranceSquared);
    if (split !== undefined) {
      ends.push(split);
      // Each end that is open gives one corner at least.
      if (corners.length + ends.length > CORNERS) return undefined;
      continue;
    }
    corners.push({ x: xs[from % points]!, y: ys[from % points]! });
    from = to;
    ends.pop();
  }
  return corners.length === CORNERS ? corners : undefined;
}

/** Index of the point between `from` and `to` that lies farthest from the line through both; undefined when it is near enough. */
function farthestFromChord(
  xs: Int16Array,
  ys: Int16Array,
  points: number,
  from: number,
  to: number,
  toleranceSquared: number,
): number | undefined {
  const [a, b] = [from % points, to % points];
  const [x, y] = [xs[a]!, ys[a]!];
  const [dx, dy] = [xs[b]! - x, ys[b]! - y];
  let distance = 0;
  let farthest = from;
  for (let i = from + 1, k = a + 1; i < to; i++, k++) {
    if (k === points) k = 0;
    const across = Math.abs((ys[k]! - y) * dx - (xs[k]! - x) * dy);
    if (across <= distance) continue;
    distance = across;
    farthest = i;
  }
  return distance * distance <= toleranceSquared * (dx * dx + dy * dy) ? undefined : farthest;
}

/** Turns the same way, and truly turns, at each corner. */
function isConvex(corners: readonly Point[]): boolean {
  const turns = corners.map((corner, i) => {
    const before = corners.at(i - 1)!;
    const after = corners[(i + 1) % corners.length]!;
    return Math.sign((corner.x - before.x) * (after.y - corner.y) - (corner.y - before.y) * (after.x - corner.x));
  });
  return turns[0] !== 0 && turns.every((turn) => turn === turns[0]);
}

const shortestSide = (corners: readonly Point[]): number =>
  Math.min(...corners.map((corner, i) => Math.hypot(corner.x - corners.at(i - 1)!.x, corner.y - corners.at(i - 1)!.y)));

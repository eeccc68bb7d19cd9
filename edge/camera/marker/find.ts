/**
 * Finds the common marker in a grey picture: quadrilateral outlines of what is dark (`outlines.ts`, `quadrilateral.ts`), and the bits inside
 * each, which js-aruco2 reads.
 *
 * Bits: 3 of 36 may be wrong. A random quadrilateral with a wholly black border would then pass with a probability of 4.5e-7 (4 rotations
 * of 7807 words each, of 2^36), another tag of the family never: it is 11 bits away. A false marker only adds cover.
 */
import aruco from 'js-aruco2';
import type { Box } from '../detect/port.ts';
import { type GreyPicture, OutlineTracer } from './outlines.ts';
import { type Point, quadrilateralOf } from './quadrilateral.ts';
import { DATA_CELLS, MARKER_ROWS } from './tag.ts';

/** One sighting, in pixels of the picture: the box around the black square, and its longest side (the least foreshortened). */
export interface FoundMarker extends Box {
  sidePx: number;
  wrongBits: number;
}

const WRONG_BITS_MAX = 3;
/** A black square below this can't be read: its cells are hardly a pixel. */
const SIDE_PX_MIN = 9;
const OUTLINE_POINTS_MIN = 4 * SIDE_PX_MIN - 8;
/** Side of the straightened square that bits are read from: 7 pixels a cell. */
const STRAIGHT_PX = 56;

const DICTIONARY = 'garim';

export class MarkerFinder {
  readonly #detector: InstanceType<typeof aruco.AR.Detector>;
  readonly #tracer = new OutlineTracer();

  constructor() {
    // Only our own tag: other tags of the family are somebody else's business.
    aruco.AR.DICTIONARIES[DICTIONARY] = {
      nBits: DATA_CELLS * DATA_CELLS,
      tau: WRONG_BITS_MAX + 1,
      codeList: [Number.parseInt(MARKER_ROWS.join(''), 2)],
    };
    this.#detector = new aruco.AR.Detector({ dictionaryName: DICTIONARY, maxHammingDistance: WRONG_BITS_MAX + 1 });
  }

  find(picture: GreyPicture): FoundMarker[] {
    const grey = { width: picture.widthPx, height: picture.heightPx, data: picture.luma };
    const quadrilaterals: Point[][] = [];
    this.#tracer.trace(picture, OUTLINE_POINTS_MIN, (outline) => {
      const corners = quadrilateralOf(outline, SIDE_PX_MIN);
      if (corners !== undefined) quadrilaterals.push(corners);
    });
    // The library's own detect() would drop the inner of two near quadrilaterals: on a sheet of paper, the black square itself.
    const clockwise = this.#detector.clockwiseCorners(quadrilaterals);
    const found: FoundMarker[] = [];
    for (const { corners, hammingDistance } of this.#detector.findMarkers(grey, clockwise, STRAIGHT_PX)) {
      const marker = { ...boxOf(corners), sidePx: longestSide(corners), wrongBits: hammingDistance };
      if (!found.some((other) => isSame(other, marker))) found.push(marker);
    }
    return found;
  }
}

function boxOf(corners: readonly Point[]): Box {
  const xs = corners.map((corner) => corner.x);
  const ys = corners.map((corner) => corner.y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

function longestSide(corners: readonly Point[]): number {
  const sides = corners.map((a, i) => {
    const b = corners[(i + 1) % corners.length]!;
    return Math.hypot(b.x - a.x, b.y - a.y);
  });
  return Math.max(...sides);
}

/** The outline of a square and that of the line around it, or a frame in a frame. */
const isSame = (a: Box, b: Box): boolean =>
  Math.abs(a.x + a.w / 2 - b.x - b.w / 2) < a.w / 2 && Math.abs(a.y + a.h / 2 - b.y - b.h / 2) < a.h / 2;

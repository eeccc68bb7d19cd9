/**
 * The common visual marker: one public AprilTag that everybody shares, so that showing it says "leave me out" and nothing about who asks.
 *
 * Family tag36h11 (Olson 2011): no two of its codes, in any rotation, differ in fewer than 11 of 36 bits. Id 586 is the last of the family:
 * demonstrations, robots and calibration boards count from 0.
 */
export const MARKER_FAMILY = 'tag36h11';
export const MARKER_ID = 586;

/** Data cells row by row, 1 is white; a frame of black cells lies around them, and one of white cells around that. */
export const MARKER_ROWS = ['111010', '000011', '101111', '100100', '101101', '110011'] as const;

/** Cells along a side: of the data, of the black square, and with its white frame. */
export const DATA_CELLS = 6;
export const BLACK_CELLS = DATA_CELLS + 2;
export const TAG_CELLS = BLACK_CELLS + 2;

/** Black cells of the tag with its white frame, as runs along the rows, in cells from the top-left corner. */
export function blackRuns(): { x: number; y: number; w: number }[] {
  const runs = [
    { x: 1, y: 1, w: BLACK_CELLS },
    { x: 1, y: BLACK_CELLS, w: BLACK_CELLS },
  ];
  for (const [row, bits] of MARKER_ROWS.entries()) {
    for (const { index, 0: zeros } of `0${bits}0`.matchAll(/0+/g))
      runs.push({ x: 1 + index, y: 2 + row, w: zeros.length });
  }
  return runs;
}

/** SVG path of the black cells; `cell` is the side of one, `x` and `y` the top-left corner of the white frame. */
export function tagPath(cell: number, x = 0, y = 0): string {
  return blackRuns()
    .map((run) => `M${x + run.x * cell},${y + run.y * cell}h${run.w * cell}v${cell}h${-run.w * cell}z`)
    .join('');
}

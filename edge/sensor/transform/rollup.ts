/**
 * Margins of a table: a fixed chain of ever coarser tables above its cells. Chains only: two margins that cross each other (by place and by
 * class) let cells be computed in ways that cost many of them to prevent.
 */
import { UserError } from '../../base/errors.ts';
import type { Atom, Figure } from './differencing.ts';
import { coarserCell, H3_RESOLUTION_MAX } from './generalise.ts';
import type { ClosedCell } from './open-window.ts';

/** For each dimension: kept as it is, an H3 cell made as coarse as a resolution, or left out. */
export type Rollup = readonly ('keep' | 'total' | number)[];

/** Margins above one table: cell, district, city, and one to spare. */
const ROLLUPS_MAX = 4;

/** In place of a label that was left out; `level` tells it from a label that reads the same. */
const ALL = '*';

export interface MarginFigure extends Figure {
  /** 0 for the cells themselves, then one for each roll-up. */
  readonly level: number;
  readonly labels: readonly string[];
  /** Contributors of its cells, added up: who is in several of them counts in each. */
  readonly count: number;
  readonly sumUnits: number | undefined;
}

/** Throws a UserError unless every roll-up is coarser than the one before. */
export function checkRollups(dimensions: readonly string[], rollups: readonly Rollup[]): void {
  let before: readonly number[] = dimensions.map(() => FINEST);
  for (const rollup of rollups) {
    const coarseness = rollup.map((each) => (each === 'keep' ? FINEST : each === 'total' ? COARSEST : each));
    const isKnown = coarseness.every(
      (each) => Number.isInteger(each) && each >= COARSEST && (each <= H3_RESOLUTION_MAX || each === FINEST),
    );
    const isCoarser =
      coarseness.every((each, i) => each <= before[i]!) && coarseness.some((each, i) => each < before[i]!);
    if (rollup.length !== dimensions.length || !isKnown || !isCoarser)
      throw new UserError(`a roll-up over ${dimensions.join(', ')} is not coarser than the table before it`, {
        fix: `give one of keep, total or an H3 resolution from 0 to ${H3_RESOLUTION_MAX} for each dimension, and at least one coarser than before`,
      });
    before = coarseness;
  }
  if (rollups.length > ROLLUPS_MAX)
    throw new UserError('a table has too many roll-ups', { fix: `use at most ${ROLLUPS_MAX}` });
}

/** All figures of a table: its cells, and the margins above them. `window` is unique among all windows that are looked at together. */
export function figuresOf(
  cells: readonly ClosedCell[],
  rollups: readonly Rollup[],
  window: string,
  cellsPerContributorMax: number,
): MarginFigure[] {
  const atoms = cells.map(
    ({ labels, contributors }): Atom => ({
      key: JSON.stringify([window, labels]),
      window,
      contributors,
      cellsPerContributorMax,
    }),
  );
  return [undefined, ...rollups].flatMap((rollup, level) => {
    const groups = new Map<string, { labels: readonly string[]; members: number[] }>();
    cells.forEach((cell, i) => {
      const labels = rollup === undefined ? cell.labels : rolledUp(cell.labels, rollup);
      const key = JSON.stringify([window, level, labels]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { labels, members: [i] });
      else group.members.push(i);
    });
    return [...groups].map(([key, { labels, members }]): MarginFigure => {
      const hasSum = cells[members[0]!]!.sumUnits !== undefined;
      return {
        key,
        level,
        labels,
        atoms: members.map((i) => atoms[i]!),
        count: members.reduce((all, i) => all + cells[i]!.contributors, 0),
        sumUnits: hasSum ? members.reduce((all, i) => all + cells[i]!.sumUnits!, 0) : undefined,
      };
    });
  });
}

function rolledUp(labels: readonly string[], rollup: Rollup): string[] {
  return labels.map((label, i) => {
    const how = rollup[i]!;
    if (how === 'keep') return label;
    return how === 'total' ? ALL : coarserCell(label, how);
  });
}

const FINEST = 99;
const COARSEST = -1;

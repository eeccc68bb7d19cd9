/** Exact linear algebra on sparse integer rows: what can be computed from figures that were released by adding and subtracting them. */
import { greatestCommonDivisor } from './rational.ts';

export interface Row {
  /** By column: what the row is made of. Never 0. */
  readonly terms: Map<number, bigint>;
  /** By released figure: how often it was added to make this row. Never 0. */
  readonly from: Map<number, bigint>;
}

export interface SmallSpan {
  /** A basis in reduced form: each row has a column of its own. */
  readonly rows: Row[];
  /** Combinations of figures that give nothing: ways to compute a figure from others. */
  readonly relations: ReadonlyMap<number, bigint>[];
}

/**
 * All combinations of `rows` that are 0 in every column that `isLarge`. Large columns are eliminated first; what then holds none of them is
 * all that can be computed about the small ones alone.
 */
export function smallSpan(rows: readonly Row[], isLarge: (column: number) => boolean): SmallSpan {
  const large = new Map<number, { row: Row; order: number }>();
  const small: { pivot: number; row: Row }[] = [];
  const relations: ReadonlyMap<number, bigint>[] = [];
  // Short rows first: longer ones are then mended by subtracting them.
  for (const start of [...rows].sort((a, b) => a.terms.size - b.terms.size)) {
    const row: Row = { terms: new Map(start.terms), from: new Map(start.from) };
    eliminateLarge(row, large);
    const largeColumn = firstColumn(row, isLarge);
    if (largeColumn !== undefined) {
      large.set(largeColumn, { row, order: large.size });
      continue;
    }
    for (const known of small) eliminate(known.pivot, row, known.row);
    const pivot = firstColumn(row, () => true);
    if (pivot === undefined) {
      relations.push(row.from);
      continue;
    }
    for (const known of small) eliminate(pivot, known.row, row);
    small.push({ pivot, row });
  }
  return { rows: small.map(({ row }) => row), relations };
}

/**
 * The same combination by fewer figures where a relation offers it: by a total in place of all its parts. Each relation is tried once, in
 * the order given, which is that of the size of its largest figure.
 */
export function shortened(
  combination: ReadonlyMap<number, bigint>,
  relations: readonly ReadonlyMap<number, bigint>[],
): Map<number, bigint> {
  let shortest = new Map(combination);
  for (const relation of relations) {
    const touched = [...relation.keys()].find((figure) => shortest.has(figure));
    if (touched === undefined) continue;
    const [factor, relationFactor] = [shortest.get(touched)!, relation.get(touched)!];
    if (factor % relationFactor !== 0n) continue;
    const other = new Map(shortest);
    addTo(other, relation, -factor / relationFactor);
    if (other.size < shortest.size) shortest = other;
  }
  return shortest;
}

/** `row`, freed of `column` by means of `other`, which has it. */
export function without(column: number, row: Row, other: Row): Row {
  const freed: Row = { terms: new Map(row.terms), from: new Map(row.from) };
  eliminate(column, freed, other);
  return freed;
}

/** Rows that share columns, directly or through others, together. */
export function components(rows: readonly Row[]): Row[][] {
  const parent = rows.map((_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    parent[i] = root;
    return root;
  };
  const seen = new Map<number, number>();
  rows.forEach((row, i) => {
    for (const column of row.terms.keys()) parent[rootOf(i)] = rootOf(seen.get(column) ?? i);
    for (const column of row.terms.keys()) seen.set(column, i);
  });
  const groups = new Map<number, Row[]>();
  rows.forEach((row, i) => {
    const group = groups.get(rootOf(i));
    if (group === undefined) groups.set(rootOf(i), [row]);
    else group.push(row);
  });
  return [...groups.values()];
}

/** Pivots are used in the order in which they were found: each brings in only columns of later ones. */
function eliminateLarge(row: Row, pivots: ReadonlyMap<number, { row: Row; order: number }>): void {
  const byOrder = (a: number, b: number): number => pivots.get(b)!.order - pivots.get(a)!.order;
  const pending = [...row.terms.keys()].filter((column) => pivots.has(column)).sort(byOrder);
  for (let column = pending.pop(); column !== undefined; column = pending.pop()) {
    if (!row.terms.has(column)) continue;
    const pivot = pivots.get(column)!.row;
    const brought = [...pivot.terms.keys()].filter((other) => !row.terms.has(other) && pivots.has(other));
    eliminate(column, row, pivot);
    if (brought.length > 0) pending.push(...brought);
    if (brought.length > 0) pending.sort(byOrder);
  }
}

/** In place; does nothing where `row` has not got the column. */
function eliminate(column: number, row: Row, other: Row): void {
  const factor = row.terms.get(column);
  if (factor === undefined) return;
  const otherFactor = other.terms.get(column)!;
  // Most often a whole number of times; otherwise the row is scaled first.
  const scale = factor % otherFactor === 0n ? 1n : otherFactor;
  const times = (-factor * scale) / otherFactor;
  for (const [sum, terms] of [
    [row.terms, other.terms],
    [row.from, other.from],
  ] as const) {
    if (scale !== 1n) for (const [key, value] of sum) sum.set(key, value * scale);
    addTo(sum, terms, times);
  }
  if (scale !== 1n) toLowestTerms(row);
}

function addTo(sum: Map<number, bigint>, terms: ReadonlyMap<number, bigint>, times: bigint): void {
  for (const [key, value] of terms) {
    const next = (sum.get(key) ?? 0n) + value * times;
    if (next === 0n) sum.delete(key);
    else sum.set(key, next);
  }
}

function firstColumn(row: Row, wanted: (column: number) => boolean): number | undefined {
  for (const column of row.terms.keys()) if (wanted(column)) return column;
  return undefined;
}

function toLowestTerms(row: Row): void {
  let divisor = 0n;
  for (const values of [row.terms, row.from])
    for (const value of values.values()) {
      divisor = greatestCommonDivisor(divisor, value);
      if (divisor === 1n) return;
    }
  if (divisor < 2n) return;
  for (const values of [row.terms, row.from]) for (const [key, value] of values) values.set(key, value / divisor);
}

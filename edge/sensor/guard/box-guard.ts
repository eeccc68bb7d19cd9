/**
 * The linkage guard: the last look at all streams of the box together, before a release leaves the sensor process. It leaves out cells, or
 * refuses a release, and counts why. In doubt, and after any fault of its own, it refuses. No setting turns it off.
 *
 * Figures with noise are protected by what was charged for them, all streams together by `bound.ts` when the policy is loaded; the checks
 * on figures here are for exact ones.
 */
import type { Policy, SensorPolicy } from '../../policy/schema.ts';
import { adapterNamed } from '../adapters/index.ts';
import type { LinkageGuard } from '../guard.ts';
import type { Release } from '../messages.ts';
import { compilePlan } from '../plan.ts';
import { metresBetween, SAME_PLACE_M_MAX } from './bound.ts';
import { joinsBelow } from './join.ts';
import { unsafeBeside } from './overlap.ts';
import { type ExactCell, RecentCells } from './recent.ts';
import { Vocabulary } from './tokens.ts';

export type GuardReason =
  | 'guard-token' // a string that is none of the policy's words
  | 'guard-small-cell' // fewer than k in a cell
  | 'guard-unicity' // at most five released figures single out fewer than k
  | 'guard-differencing' // more figures do
  | 'guard-join' // two kinds of sensor at one place do
  | 'guard-memory' // what it overlaps with is no longer known
  | 'guard-too-many-figures'
  | 'guard-failed';

export type GuardVerdict =
  | { kind: 'pass' }
  | { kind: 'suppress'; cells: ReadonlyMap<number, GuardReason> }
  | { kind: 'refuse'; reason: GuardReason };

interface Stream {
  adapter: string;
  policy: SensorPolicy;
  vocabulary: Vocabulary;
  /** Figures that count people, or things that people own. */
  counts: readonly string[];
}

export class BoxGuard implements LinkageGuard {
  readonly #streams: ReadonlyMap<string, Stream>;
  readonly #recent = new RecentCells();
  #counts: Partial<Record<GuardReason, number>> = {};

  constructor(policy: Policy) {
    this.#streams = new Map(
      Object.entries(policy.sensors).map(([name, each]): [string, Stream] => {
        const plan = compilePlan(name, adapterNamed(each.adapter), each);
        const counts =
          plan.kind === 'people'
            ? ['contributors']
            : plan.measures.flatMap(({ field, isCount }) => (isCount ? field : []));
        return [name, { adapter: each.adapter, policy: each, vocabulary: new Vocabulary(each), counts }];
      }),
    );
  }

  pass(due: readonly Release[]): ReturnType<LinkageGuard['pass']> {
    const released: Release[] = [];
    const withheld: { release: Release; reason: string }[] = [];
    for (const release of due) {
      const verdict = this.#safely(release);
      if (verdict.kind === 'refuse') {
        this.#count(verdict.reason);
        withheld.push({ release, reason: verdict.reason });
        continue;
      }
      if (verdict.kind === 'suppress') for (const reason of verdict.cells.values()) this.#count(reason);
      released.push(verdict.kind === 'pass' ? release : withoutCells(release, verdict.cells));
    }
    return { released, withheld };
  }

  /** Cells and releases that were held back since the last call, by reason. */
  takeCounts(): Partial<Record<GuardReason, number>> {
    const counts = this.#counts;
    this.#counts = {};
    return counts;
  }

  #count(reason: GuardReason): void {
    this.#counts[reason] = (this.#counts[reason] ?? 0) + 1;
  }

  #safely(release: Release): GuardVerdict {
    try {
      return this.#verdictOn(release);
    } catch {
      return { kind: 'refuse', reason: 'guard-failed' };
    }
  }

  #verdictOn(release: Release): GuardVerdict {
    const stream = this.#streams.get(release.sensor);
    if (stream === undefined || !stream.vocabulary.holds(release)) return { kind: 'refuse', reason: 'guard-token' };
    if (stream.policy.epsilonPerDay !== undefined || stream.counts.length === 0) return { kind: 'pass' };
    const around = this.#recent.around(release.window);
    if (around === undefined) return { kind: 'refuse', reason: 'guard-memory' };
    const suppressed = new Map<number, GuardReason>();
    const cells = release.cells.flatMap((cell, index): ExactCell[] => {
      const exact = exactCells(release, stream, index);
      const isSmall = exact.some(({ count }) => count < stream.policy.k) || isWithoutCount(cell, stream);
      if (isSmall) suppressed.set(index, 'guard-small-cell');
      return isSmall ? [] : exact;
    });
    const { k } = stream.policy;
    for (const figure of stream.counts) {
      const reasons = this.#unsafeOf(
        k,
        stream,
        around,
        cells.filter((cell) => cell.figure === figure),
      );
      if (reasons === 'too-many-figures') return { kind: 'refuse', reason: 'guard-too-many-figures' };
      for (const [{ index }, reason] of reasons) suppressed.set(index, reason);
    }
    // Nothing may be left of it: such a release still goes, since that there is none would tell that somebody was there.
    this.#recent.add(cells.filter(({ index }) => !suppressed.has(index)));
    return suppressed.size === 0 ? { kind: 'pass' } : { kind: 'suppress', cells: suppressed };
  }

  #unsafeOf(
    k: number,
    stream: Stream,
    around: readonly ExactCell[],
    due: readonly ExactCell[],
  ): Map<ExactCell, GuardReason> | 'too-many-figures' {
    const near = around.filter(({ sensor }) => isNear(this.#streams.get(sensor)!, stream));
    const alike = near.filter(({ sensor }) => this.#streams.get(sensor)!.adapter === stream.adapter);
    const ks = near.map(({ sensor }) => this.#streams.get(sensor)!.policy.k);
    const kTogether = ks.reduce((most, each) => Math.max(most, each), k);
    const overlapping = unsafeBeside(kTogether, due, alike);
    if (overlapping === 'too-many-figures') return overlapping;
    const reasons = new Map<ExactCell, GuardReason>();
    for (const [cell, reason] of overlapping) reasons.set(cell, `guard-${reason}`);
    const left = due.filter((cell) => !reasons.has(cell));
    const others = near.filter(({ sensor }) => this.#streams.get(sensor)!.adapter !== stream.adapter);
    for (const cell of joinsBelow(kTogether, left, others)) reasons.set(cell, 'guard-join');
    return reasons;
  }
}

function exactCells({ sensor, window, cells }: Release, { counts }: Stream, index: number): ExactCell[] {
  const { group, figures } = cells[index]!;
  return counts.flatMap((figure): ExactCell[] => {
    const count = figures[figure];
    return count === undefined ? [] : [{ sensor, ...window, group, figure, count, index }];
  });
}

/** Of a stream about people: sums without the number of those whom they are of. */
function isWithoutCount({ figures }: Release['cells'][number], { counts }: Stream): boolean {
  return counts.includes('contributors') && figures['contributors'] === undefined;
}

function isNear({ policy: { place: a } }: Stream, { policy: { place: b } }: Stream): boolean {
  return a === undefined || b === undefined || metresBetween(a, b) <= SAME_PLACE_M_MAX;
}

function withoutCells(release: Release, cells: ReadonlyMap<number, GuardReason>): Release {
  return { ...release, cells: release.cells.filter((_, index) => !cells.has(index)) };
}

/** Counts and health of one camera process, gathered between two `health` messages. */
import type { CameraCounts, CoverLabel, WholeFrameReason } from './messages.ts';
import type { CoverPlan } from './redact/plan.ts';

const INFERENCES_MAX = 64;

/** Adds up what happened since the last `take()`. */
export class Counter {
  #counts = emptyCounts();
  #coveredNow: Partial<Record<CoverLabel, number>> = {};
  #wholeNow: WholeFrameReason | undefined;
  /** Cumulative figures of other parts, as last seen. */
  readonly #seen = new Map<string, number>();

  /** Labels covered on the newest frame. */
  get coveredNow(): Partial<Record<CoverLabel, number>> {
    return this.#coveredNow;
  }

  /** Set while the newest frame is covered whole. */
  get wholeNow(): WholeFrameReason | undefined {
    return this.#wholeNow;
  }

  frameOut(plan: CoverPlan): void {
    const counts = this.#counts;
    this.#coveredNow = {};
    this.#wholeNow = plan.kind === 'whole-frame' ? plan.reason : undefined;
    counts.framesOut++;
    if (plan.kind === 'whole-frame') {
      counts.framesCoveredWhole[plan.reason] = (counts.framesCoveredWhole[plan.reason] ?? 0) + 1;
      return;
    }
    for (const { label } of plan.regions) {
      this.#coveredNow[label] = (this.#coveredNow[label] ?? 0) + 1;
      counts.regionsCovered[label] = (counts.regionsCovered[label] ?? 0) + 1;
    }
  }

  slateOut(): void {
    this.#counts.framesSlate++;
    this.#coveredNow = {};
  }

  /** Figures that other parts keep as running totals; the difference to the last call is added. */
  totals(totals: {
    framesIn: number;
    verdicts: number;
    verdictsUnavailable: number;
    reconnects: number;
    overload: number;
    decodeErrors: number;
    channelFull: number;
  }): void {
    const counts = this.#counts;
    counts.framesIn += this.#since('framesIn', totals.framesIn);
    counts.verdicts += this.#since('verdicts', totals.verdicts);
    counts.verdictsUnavailable += this.#since('verdictsUnavailable', totals.verdictsUnavailable);
    counts.reconnects += this.#since('reconnects', totals.reconnects);
    this.#dropped('overload', this.#since('overload', totals.overload));
    this.#dropped('decode-error', this.#since('decodeErrors', totals.decodeErrors));
    this.#dropped('channel-full', this.#since('channelFull', totals.channelFull));
  }

  inferences(ms: readonly number[]): void {
    this.#counts.inferenceMs.push(...ms.slice(0, INFERENCES_MAX - this.#counts.inferenceMs.length));
  }

  take(): CameraCounts {
    const counts = this.#counts;
    this.#counts = emptyCounts();
    return counts;
  }

  #since(name: string, total: number): number {
    const before = this.#seen.get(name) ?? 0;
    this.#seen.set(name, total);
    return Math.max(0, total - before);
  }

  #dropped(reason: 'overload' | 'decode-error' | 'channel-full', count: number): void {
    const dropped = this.#counts.framesDropped;
    if (count > 0) dropped[reason] = (dropped[reason] ?? 0) + count;
  }
}

/** Of a process that has done nothing yet. */
export function emptyCounts(): CameraCounts {
  return {
    framesIn: 0,
    framesOut: 0,
    framesCoveredWhole: {},
    framesSlate: 0,
    framesDropped: {},
    verdicts: 0,
    verdictsUnavailable: 0,
    regionsCovered: {},
    reconnects: 0,
    inferenceMs: [],
  };
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

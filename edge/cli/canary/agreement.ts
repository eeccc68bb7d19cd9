/** Whether canaries and the street that is known say the same: what canaries found, with its interval, against the truth. Pure. */
import type { CanaryLabel, CanaryTally } from '../../camera/messages.ts';
import { lowerBound, upperBound } from '../../indicator/binomial.ts';

/** Each side of the two-sided 95 % interval. */
const SIDE_CONFIDENCE = 0.975;
/** A stratum of which the truth has fewer trials says nothing. */
const TRUTH_TRIALS_MIN = 5;

export interface Agreement {
  label: CanaryLabel;
  /** Canaries in strata of which the truth is known. */
  planted: number;
  missed: number;
  low: number;
  high: number;
  /** Share that would be missed of the street's own, if they were as many in each stratum as there were canaries. */
  truth: number;
  /** They are a sample too: the interval of so many trials. */
  truthLow: number;
  truthHigh: number;
  /** The intervals have something in common. */
  agrees: boolean;
}

/** Undefined where there is nothing to compare. */
export function agreementOf(
  label: CanaryLabel,
  canaries: readonly CanaryTally[],
  street: readonly CanaryTally[],
): Agreement | undefined {
  const truths = new Map(
    street
      .filter((each) => each.label === label && each.planted >= TRUTH_TRIALS_MIN)
      .map((each) => [each.stratum, each]),
  );
  let [planted, missed, expected, trials] = [0, 0, 0, 0];
  for (const tally of canaries) {
    const truth = tally.label === label ? truths.get(tally.stratum) : undefined;
    if (truth === undefined) continue;
    planted += tally.planted;
    missed += tally.missed;
    expected += (tally.planted * truth.missed) / truth.planted;
    trials += truth.planted;
  }
  if (planted === 0) return undefined;
  const [low, high] = [lowerBound(missed, planted, SIDE_CONFIDENCE), upperBound(missed, planted, SIDE_CONFIDENCE)];
  const truth = expected / planted;
  const lost = Math.round(truth * trials);
  const [truthLow, truthHigh] = [lowerBound(lost, trials, SIDE_CONFIDENCE), upperBound(lost, trials, SIDE_CONFIDENCE)];
  const agrees = low <= truthHigh && truthLow <= high;
  return { label, planted, missed, low, high, truth, truthLow, truthHigh, agrees };
}

/** Advantage over guessing with its confidence interval. */
import { Seeded } from './seeded.ts';

/** Resamples of the bootstrap: enough for a 95 % interval to two digits. */
const RESAMPLES = 400;

/** One question that the attack was asked: whether it was so, and how strongly the attack holds it to be so. */
export interface Trial {
  /** Trials of one day are not independent: days are what is drawn again. */
  day: number;
  isPositive: boolean;
  score: number;
}

export interface Advantage {
  /** AUC - 0.5: 0 is guessing, 0.5 is certainty. */
  advantage: number;
  low: number;
  high: number;
  trials: number;
}

/** AUC - 0.5 with a 95 % percentile interval of the bootstrap over days (Efron and Tibshirani 1993; days as clusters). */
export function advantageOf(trials: readonly Trial[], seed: number): Advantage {
  const sorted = [...trials].sort((a, b) => a.score - b.score);
  const days = Math.max(0, ...trials.map(({ day }) => day)) + 1;
  const advantage = aucOf(sorted, () => 1) - 0.5;
  const random = new Seeded(seed, 'bootstrap');
  const drawn: number[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    const weights = new Uint32Array(days);
    for (let day = 0; day < days; day++) weights[random.below(days)]!++;
    const auc = aucOf(sorted, (day) => weights[day]!);
    if (Number.isFinite(auc)) drawn.push(auc - 0.5);
  }
  drawn.sort((a, b) => a - b);
  const at = (share: number): number => drawn[Math.min(drawn.length - 1, Math.floor(share * drawn.length))] ?? 0.5;
  return { advantage, low: at(0.025), high: at(0.975), trials: trials.length };
}

/** Share of pairs of a positive and a negative in which the positive scores higher; ties count half (Mann and Whitney). */
function aucOf(sorted: readonly Trial[], weightOf: (day: number) => number): number {
  let [positives, negatives, wins] = [0, 0, 0];
  for (let i = 0; i < sorted.length; ) {
    let [tiedPositives, tiedNegatives] = [0, 0];
    const { score } = sorted[i]!;
    for (; i < sorted.length && sorted[i]!.score === score; i++) {
      const { day, isPositive } = sorted[i]!;
      if (isPositive) tiedPositives += weightOf(day);
      else tiedNegatives += weightOf(day);
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  return wins / (positives * negatives);
}

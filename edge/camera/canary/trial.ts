/**
 * One face or plate of a canary as a trial: one second of it, and whether it was ever uncovered in them. All trials are of one length, since
 * the longer one is in sight, the likelier is one uncovered frame: shares of trials of any length would be shares of nothing.
 */
import type { TruthObject } from '../capture/simulated/painter.ts';
import type { CanaryLabel, CanaryTally } from '../messages.ts';

export const TRIAL_MS = 1_000;
/** Judged frames must reach over this share of it: others left the picture, or something real came near. */
const TRIAL_SHARE_MIN = 0.75;
/** A head turned farther shows one side of the face. */
const SIDE_YAW_DEG = 45;
/**
 * Heights at which strata end. Smaller faces and plates are not judged (evaluate/street-capture.ts). Fine at the lower end, where a pixel decides
 * whether a face can be found at all: canaries come into sight there and are the smallest of their stratum.
 */
const SIZES_PX = [8, 9, 10, 12, 16, 24, 48] as const;

export class Trial {
  readonly label: CanaryLabel;
  readonly #light: 'day' | 'night';
  #frames = 0;
  #firstMs = Number.NaN;
  #lastMs = Number.NaN;
  #uncovered = 0;
  #heightPxMax = 0;
  #yawDegSum = 0;

  constructor(label: CanaryLabel, light: 'day' | 'night') {
    this.label = label;
    this.#light = light;
  }

  /** In order of time. */
  judge(ms: number, { h, yawDeg = 0 }: TruthObject, isCovered: boolean): void {
    if (this.#frames++ === 0) this.#firstMs = ms;
    this.#lastMs = ms;
    if (!isCovered) this.#uncovered++;
    this.#heightPxMax = Math.max(this.#heightPxMax, h);
    this.#yawDegSum += Math.abs(yawDeg);
  }

  /** Undefined when it was too short. */
  get outcome(): { stratum: string; isMissed: boolean } | undefined {
    if (!(this.#lastMs - this.#firstMs >= TRIAL_SHARE_MIN * TRIAL_MS)) return undefined;
    const pose = this.#yawDegSum / this.#frames < SIDE_YAW_DEG ? 'front' : 'side';
    const parts = [sizeOf(this.#heightPxMax), ...(this.label === 'face' ? [pose] : []), this.#light];
    return { stratum: parts.join('.'), isMissed: this.#uncovered > 0 };
  }
}

function sizeOf(heightPx: number): string {
  const band = Math.max(
    0,
    SIZES_PX.findLastIndex((px) => heightPx >= px),
  );
  return `px${SIZES_PX[band]}-${SIZES_PX[band + 1] ?? 'up'}`;
}

/** Sums of trials by label and stratum. */
export class Tallies {
  readonly #tallies = new Map<string, CanaryTally>();

  add(trial: Trial): void {
    const { outcome, label } = trial;
    if (outcome === undefined) return;
    const { stratum, isMissed } = outcome;
    const key = `${label} ${stratum}`;
    const tally = this.#tallies.get(key) ?? { label, stratum, planted: 0, missed: 0 };
    tally.planted++;
    if (isMissed) tally.missed++;
    this.#tallies.set(key, tally);
  }

  /** Those since the last call. */
  take(): CanaryTally[] {
    const all = [...this.#tallies.values()].sort((a, b) =>
      `${a.label}${a.stratum}` < `${b.label}${b.stratum}` ? -1 : 1,
    );
    this.#tallies.clear();
    return all;
  }
}

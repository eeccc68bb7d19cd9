/**
 * Thresholds by consequence: a small false cover costs little, a large one much, and a miss costs more than either. So a box counts from
 * its label's threshold in the manifest, lowered for small boxes and raised for large ones, lowered for a face that lies on a person and a
 * plate on a vehicle and raised for those that lie on nothing. Pure; measured with `garim evaluate`, the figures are in models/cards.
 */
import type { Detection, DetectionLabel } from './port.ts';
import type { Thresholds } from './store.ts';

interface SizeRule {
  /** Change of the threshold per tenfold area. */
  step: number;
  /** Added to the threshold of boxes of all sizes. */
  shift: number;
}

type SizeRules = Readonly<Record<DetectionLabel, SizeRule>>;

/** Share of the picture's area at which the manifest's threshold holds. From a tenth of it on downwards it stays at the least. */
const AREA_SHARE_NEUTRAL: Readonly<Record<DetectionLabel, number>> = {
  face: 7e-4,
  plate: 1e-3,
  person: 1e-3,
  vehicle: 1e-3,
};
const TENFOLDS_MIN = -1;

/**
 * A face or plate on a person or vehicle of such a score counts from `lowered` less on, one on none from `raised` more. Of what one look at the
 * labelled pictures scores 0.36 to 0.45 for a face, boxes on a person are 58 faces and hide 0.23 % of the pictures wrongly, the others are 19
 * and hide 0.39 %.
 */
const CARRIER = { scoreMin: 0.4, lowered: 0.03, raised: 0.05 } as const;
/**
 * Tenfolds of the neutral size over which `raised` grows to its whole for faces: small boxes hide little, and who is small may be no person to
 * the network. Plates gain nothing from it: it took the cover of a clip of a motorway from 8.5 to 14.5 %.
 */
const FACE_RAISED_OVER_TENFOLDS = 1;

const STILL_RULE: SizeRule = { step: 0.08, shift: 0 };
/** Several passes see more than one look, and more that is none. */
export const STILL_RULES: SizeRules = {
  face: { step: 0.08, shift: 0.025 },
  plate: { step: 0.08, shift: 0.01 },
  person: STILL_RULE,
  vehicle: STILL_RULE,
};

/** One look sees less of what is small, and tracks make up for single misses. */
const PLAIN: SizeRule = { step: 0, shift: 0 };
export const LIVE_RULES: SizeRules = {
  face: { step: 0.04, shift: -0.006 },
  plate: { step: 0.08, shift: -0.03 },
  person: PLAIN,
  vehicle: PLAIN,
};

/** What detectors of stills and of videos are given as `thresholdOffset`. */
export const STILL_THRESHOLD_OFFSET = lowestOffset(STILL_RULES);
export const LIVE_THRESHOLD_OFFSET = lowestOffset(LIVE_RULES);

/** How far below the manifest's thresholds a detector must report boxes for these rules to choose from. */
function lowestOffset(rules: SizeRules): number {
  return Math.min(...Object.values(rules).map(({ step, shift }) => shift + TENFOLDS_MIN * step)) - CARRIER.lowered;
}

/** Whether a box counts; sizes in pixels of the same picture. */
export function isCounted(
  { label, score, carrierScore, w, h }: Detection,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
  thresholds: Thresholds,
  rules: SizeRules,
): boolean {
  const { step, shift } = rules[label];
  const tenfolds = Math.log10((w * h) / (widthPx * heightPx) / AREA_SHARE_NEUTRAL[label]);
  const bySize = step * Math.max(TENFOLDS_MIN, tenfolds);
  return score >= (thresholds[label] ?? 0) + shift + bySize + shiftByCarrier(label, carrierScore, tenfolds);
}

/** Nothing where the networks know no carriers. */
function shiftByCarrier(label: DetectionLabel, carrierScore: number | undefined, tenfolds: number): number {
  if (carrierScore === undefined) return 0;
  if (carrierScore >= CARRIER.scoreMin) return -CARRIER.lowered;
  if (label !== 'face') return CARRIER.raised;
  return CARRIER.raised * Math.min(1, Math.max(0, tenfolds / FACE_RAISED_OVER_TENFOLDS));
}

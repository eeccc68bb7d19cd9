/** From what a camera costs on a box to settings, and to how many cameras it carries. Pure. */
import { SETTLE_MS } from '../../base/limits.ts';
import type { DetectSettings } from '../detection-loop.ts';
import type { BoxCost, CameraSize, SIZES_PX } from './measure.ts';

/** Of a core, for the detection of one camera (pipeline.ts). */
const DETECTION_SHARE = 0.5;
/** Of all cores, kept free for viewers, the system and hot days. */
const MARGIN = 0.3;
const INTERVAL_MS = { default: 120, max: 500, step: 20 } as const;
const DELAY_MS = { default: 300, max: 2_000, step: 50 } as const;
/** A frame leaves in time when it waits so much of the deadline on average. */
const DELAY_SHARE_MAX = 0.75;

export interface Proposal {
  detect: DetectSettings;
  delayMs: number;
  /** Looks a second at the whole frame. */
  looksPerS: number;
  /** Share of one core that a camera takes. */
  coresEach: number;
  /** With 30 % of the box to spare; 0 when one camera is too much. */
  cameras: number;
  /** Set when even the smallest size can't be looked at often enough. */
  warning: string | undefined;
}

/** The largest of the sizes up to 640 at which a look comes often enough; larger ones find less of what is near (models/cards). */
export function propose(cost: BoxCost, { frameRate }: CameraSize, cores: number): Proposal {
  const gapMs = 1000 / frameRate;
  const cadenceOf = (ms: number): number => Math.max(gapMs, ms / DETECTION_SHARE);
  const sizes: (typeof SIZES_PX)[number][] = [640, 416];
  const longSidePx = sizes.find((px) => cadenceOf(cost.wholeMs[px]) <= INTERVAL_MS.default) ?? 416;
  const wholeMs = cost.wholeMs[longSidePx];
  const withTileMs = cost.tileMs === undefined || longSidePx !== 640 ? undefined : wholeMs + cost.tileMs;
  const isTiled = withTileMs !== undefined && cadenceOf(withTileMs) <= INTERVAL_MS.default;
  const lookMs = isTiled ? withTileMs : wholeMs;
  const cadenceMs = cadenceOf(lookMs);
  const intervalMs = Math.max(INTERVAL_MS.default, roundUp(cadenceMs, INTERVAL_MS.step));
  const waitMs = (cadenceMs + Math.max(SETTLE_MS, cadenceMs) + lookMs) / DELAY_SHARE_MAX;
  const delayMs = Math.max(DELAY_MS.default, roundUp(waitMs, DELAY_MS.step));
  const coresEach = Math.min(DETECTION_SHARE, lookMs / cadenceMs) + (cost.restMs * frameRate) / 1000;
  const isTooSlow = intervalMs > INTERVAL_MS.max || delayMs > DELAY_MS.max;
  return {
    detect: { longSidePx, intervalMs: Math.min(INTERVAL_MS.max, intervalMs), tiles: isTiled ? 'auto' : 'off' },
    delayMs: Math.min(DELAY_MS.max, delayMs),
    looksPerS: 1000 / cadenceMs,
    coresEach,
    cameras: isTooSlow ? 0 : Math.floor((cores * (1 - MARGIN)) / coresEach),
    warning: isTooSlow ? 'this box is too slow: frames would be covered whole' : undefined,
  };
}

const roundUp = (value: number, step: number): number => step * Math.ceil(value / step);

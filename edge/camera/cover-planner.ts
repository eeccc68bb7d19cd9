/** What must be covered on a frame that is released: from the tracks, the second opinion, the marker and the static masks. */
import type { Mask } from '../config/schema.ts';
import type { SecondLook } from './detect/second/second-look.ts';
import { unseenZones, type ZoneRules } from './detect/second/zones.ts';
import type { MarkerLook } from './marker/marker-look.ts';
import { type CoverPlan, planCover } from './redact/plan.ts';
import type { Tracker } from './track/tracker.ts';

interface CoverPlannerOptions {
  tracker: Tracker;
  second: SecondLook | undefined;
  /** What follows from persons and vehicles; nothing unless set. */
  rules: ZoneRules | undefined;
  markers: MarkerLook;
  masks: readonly Mask[];
}

export class CoverPlanner {
  readonly #options: CoverPlannerOptions;

  constructor(options: CoverPlannerOptions) {
    this.#options = options;
  }

  /** Of a frame with verdicts on both sides. Never throws: a fault covers the whole frame. */
  planAt(ms: number, { widthPx, heightPx }: { widthPx: number; heightPx: number }): CoverPlan {
    try {
      const { tracker, second, rules, markers, masks } = this.#options;
      const tracked = tracker.regionsAt(ms);
      const seconded = second?.regionsAt(ms) ?? [];
      const zones = rules ? unseenZones(tracked, seconded, rules, widthPx) : [];
      const persons = [...tracked, ...seconded].filter(({ label }) => label === 'person');
      const bodies = markers.coversAt(ms, persons);
      if (markers.isBlindAt(ms)) return { kind: 'whole-frame', reason: 'detector-unavailable' };
      return planCover(tracked, masks, widthPx, heightPx, [...zones, ...bodies]);
    } catch {
      return { kind: 'whole-frame', reason: 'internal-error' };
    }
  }
}

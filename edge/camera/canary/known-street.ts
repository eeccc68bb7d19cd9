/**
 * What the filter misses of the simulated street's own people and vehicles, whose places are known: the truth that canaries over the same
 * street must agree with. Looked at as canaries are (`Planted`), and judged by the same trials; nothing is painted, and no look is added.
 *
 * A canary appears in the middle of its way, and the filter has never seen it before. So that like is compared with like, the filter's tracks are
 * forgotten here at the beginning of each trial too. What really leaves is covered better than that: `feed` tells by how much.
 */
import type { TruthObject } from '../capture/simulated/painter.ts';
import type { StreetTruth } from '../capture/simulated/street.ts';
import type { Detection } from '../detect/port.ts';
import { unseenZones, type ZoneRules } from '../detect/second/zones.ts';
import { isHidden } from '../evaluate/coverage.ts';
import { counts } from '../evaluate/street-capture.ts';
import type { RawFrame } from '../frame.ts';
import type { CanaryTally } from '../messages.ts';
import { type CoverPlan, planCover } from '../redact/plan.ts';
import { Tracker } from '../track/tracker.ts';
import { clearOf } from './placing.ts';
import type { CanaryLook, Left, LookAtFrame, Planted } from './port.ts';
import { Tallies, TRIAL_MS, Trial } from './trial.ts';

/** No canary hides another: of the street, those count that nothing stands before. */
const VISIBLE_MIN = 0.9;

interface KnownStreetOptions {
  /** By number of the frame. */
  truths: readonly StreetTruth[];
  frameRate: number;
  size: { widthPx: number; heightPx: number };
  isNight: boolean;
  zones: ZoneRules;
}

type Target = TruthObject & { label: 'face' | 'plate' };

export class KnownStreet implements Planted {
  readonly #options: KnownStreetOptions;
  readonly #forgetful = new Judge();
  readonly #feed = new Judge();
  #tracker = new Tracker();
  /** Feed time of the look with which the present trials began, and of the newest. */
  #startMs: number | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;
  #pending: Left[] = [];

  constructor(options: KnownStreetOptions) {
    this.#options = options;
  }

  /** With tracks of the trial alone, as canaries have them. */
  take(): CanaryTally[] {
    return this.#forgetful.take();
  }

  /** With what really left. */
  takeFeed(): CanaryTally[] {
    return this.#feed.take();
  }

  paint(_frame: RawFrame, ms: number, _look: LookAtFrame): CanaryLook {
    return {
      run: async (_detector, _timeoutMs, _isCounted, found) => {
        this.#looked(ms, found);
        return 0;
      },
    };
  }

  #looked(ms: number, found: readonly Detection[]): void {
    this.#tracker.picture = this.#options.size;
    this.#tracker.neededFromMs = this.#pending[0]?.ms ?? ms;
    this.#tracker.update(ms, found);
    this.#newestMs = ms;
    this.#startMs ??= ms;
    while (this.#pending.length > 0 && this.#pending[0]!.knownMs <= ms) this.#judge(this.#pending.shift()!);
    if (ms - this.#startMs < TRIAL_MS) return;
    this.#forgetful.close();
    this.#feed.close();
    this.#tracker = new Tracker();
    this.#tracker.picture = this.#options.size;
    this.#tracker.update(ms, found);
    this.#startMs = ms;
  }

  left(frame: Left): void {
    if (this.#pending.length === 0 && frame.knownMs <= this.#newestMs) this.#judge(frame);
    else this.#pending.push(frame);
  }

  #judge({ ms, isWhole }: Left): void {
    if (this.#startMs === undefined || ms < this.#startMs) return;
    const { size, zones } = this.#options;
    const tracked = isWhole ? [] : this.#tracker.regionsAt(ms);
    const plan = planCover(tracked, [], size.widthPx, size.heightPx, unseenZones(tracked, [], zones, size.widthPx));
    const covers = plan?.kind === 'regions' ? plan.regions : [];
    for (const target of this.#targetsAt(ms))
      this.#forgetful.judge(ms, target, isWhole || isHidden(target, covers), this.#light);
  }

  /** A frame as it leaves. Call in order, after `left` was called with it. */
  out(ms: number, plan: CoverPlan): void {
    if (this.#startMs === undefined) return;
    const covers = plan.kind === 'regions' ? plan.regions : [];
    for (const target of this.#targetsAt(ms))
      this.#feed.judge(ms, target, plan.kind === 'whole-frame' || isHidden(target, covers), this.#light);
  }

  get #light(): 'day' | 'night' {
    return this.#options.isNight ? 'night' : 'day';
  }

  #targetsAt(ms: number): Target[] {
    const { truths, frameRate } = this.#options;
    const objects = truths[Math.round((ms * frameRate) / 1000)]?.objects ?? [];
    return objects.filter(counts).filter((target) => {
      const others = objects.flatMap((o) => (o.id !== target.id && counts(o) ? [o] : []));
      return target.visible >= VISIBLE_MIN && clearOf(others)(target);
    });
  }

  reset(): void {
    this.#forgetful.close();
    this.#feed.close();
    this.#pending = [];
    this.#startMs = undefined;
    this.#tracker = new Tracker();
  }
}

/** Trials of one length, by object. */
class Judge {
  readonly #tallies = new Tallies();
  readonly #trials = new Map<number, Trial>();

  judge(ms: number, target: Target, isCovered: boolean, light: 'day' | 'night'): void {
    let trial = this.#trials.get(target.id);
    if (trial === undefined) {
      trial = new Trial(target.label, light);
      this.#trials.set(target.id, trial);
    }
    trial.judge(ms, target, isCovered);
  }

  close(): void {
    for (const trial of this.#trials.values()) this.#tallies.add(trial);
    this.#trials.clear();
  }

  take(): CanaryTally[] {
    return this.#tallies.take();
  }
}

/** Both, of the same looks and frames. */
export function plantedTogether(one: Planted, other: Planted): Planted {
  return {
    paint(frame, ms, look) {
      const looks = [one.paint(frame, ms, look), other.paint(frame, ms, look)].filter((each) => each !== undefined);
      if (looks.length === 0) return undefined;
      return {
        run: async (...given) => {
          let tookMs = 0;
          for (const each of looks) tookMs += await each.run(...given);
          return tookMs;
        },
      };
    },
    left(frame) {
      one.left(frame);
      other.left(frame);
    },
    reset() {
      one.reset();
      other.reset();
    },
  };
}

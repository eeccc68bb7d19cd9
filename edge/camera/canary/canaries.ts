/**
 * Canaries: people and vehicles of the simulated street, set into the picture of a real camera, for the detector alone, to find out how many
 * the filter misses. Frames, detector, thresholds, tracker, cover plan and delay are those of the camera.
 *
 * They never touch the feed. Each look at a frame is followed by a second one, at a copy with canaries on it, and what that one finds goes to a
 * tracker of its own. One look for both would be cheaper, but somebody who comes in behind a canary would then not be seen. Faces and plates
 * of canaries keep clear of what is real: a trial ends where something real comes near, so that a cover of it is not taken for a canary's.
 *
 * What is measured is on the safe side: what the second network and motion vectors would add is left out. Judged is each frame
 * between the first and the last look at which a canary was painted; one uncovered frame of one second is a miss (trial.ts).
 */
import type { Cast, CastMember } from '../capture/simulated/cast.ts';
import { Painter, type TruthObject } from '../capture/simulated/painter.ts';
import { createView, type View } from '../capture/simulated/view.ts';
import { toFrame } from '../detect/letterbox.ts';
import { PictureMaker } from '../detect/picture.ts';
import type { Detection } from '../detect/port.ts';
import { unseenZones, type ZoneRules } from '../detect/second/zones.ts';
import { TileLook } from '../detect/tile-look.ts';
import { mergeLooks } from '../detect/tiles.ts';
import { isHidden } from '../evaluate/coverage.ts';
import { counts } from '../evaluate/street-capture.ts';
import type { RawFrame } from '../frame.ts';
import type { CanaryTally } from '../messages.ts';
import { planCover } from '../redact/plan.ts';
import { Tracker } from '../track/tracker.ts';
import { areApart, boundsOf, clearOf, type Member, type Painted, type Real } from './placing.ts';
import type { CanaryLook, Left, LookAtFrame, Planted } from './port.ts';
import { isNight, Stage } from './stage.ts';
import { Tallies, TRIAL_MS, Trial } from './trial.ts';

/** Actors on one picture: more would leave no room between them. */
const ACTORS_MAX = 10;
/** Times of the street that are shown together, and how far apart they are: nobody is in two of them. */
const LAYERS = 4;
const LAYER_S = 4_010;
/** The street is as full as it gets after this long. */
const CAST_FROM_S = 40;
/** Actors that left are not let in again for this long. Who walks or drives by does so once; parked cars would come back at once. */
const FORGET_MS = 3_600_000;
/** Frames that left and wait for the look at the canaries on the far side of them: seconds of them; with more, nothing can be judged. */
const PENDING_FRAMES_MAX = 512;

interface Actor {
  id: number;
  layerS: number;
  /** Looks at which it was painted. */
  firstMs: number;
  lastMs: number;
  isOver: boolean;
  trials: Map<number, Trial>;
}

export interface CanaryOptions {
  cast: Cast;
  longSidePx: number;
  takeBuffer: (lengthBytes: number) => Uint8Array<ArrayBuffer>;
  /** As the camera's. */
  zones: ZoneRules;
}

export class Canaries implements Planted, Disposable {
  readonly #options: CanaryOptions;
  readonly #tracker = new Tracker();
  readonly #tallies = new Tallies();
  readonly #maker: PictureMaker;
  readonly #tiles: TileLook;
  readonly #actors = new Map<number, Actor>();
  /** When each was over. */
  readonly #gone = new Map<number, number>();
  #stage: Stage | undefined;
  #view: View | undefined;
  #startMs: number | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;
  /** Of the newest frame that was judged. */
  #judgedMs = Number.NEGATIVE_INFINITY;
  /** Frames that left, in order. */
  #pending: Left[] = [];
  #looks = 0;
  /** Looks that began before the last reset are void. */
  #generation = 0;

  constructor(options: CanaryOptions) {
    this.#options = options;
    this.#maker = new PictureMaker(options.longSidePx, options.takeBuffer);
    this.#tiles = new TileLook(options.longSidePx, options.takeBuffer);
  }

  /** Trials that were closed since the last call. */
  take(): CanaryTally[] {
    return this.#tallies.take();
  }

  paint(frame: RawFrame, ms: number, { real, isTiled, everyMs }: LookAtFrame): CanaryLook | undefined {
    const stage = this.#stageFor(frame);
    const copy = stage.copyOf(frame);
    if (copy === undefined) return undefined;
    const { widthPx, heightPx } = stage;
    this.#view ??= createView(widthPx, heightPx, isNight(copy), false);
    const painted = this.#choose(ms, real());
    const painter = new Painter(this.#view, copy);
    for (const { member } of painted) member.draw(painter);
    const av = stage.frameOf(copy);
    const made = this.#maker.make(av);
    if (made === undefined) return undefined;
    const seen = this.#tracker.lastSeen();
    const tile = isTiled ? this.#tiles.choose(av, everyMs, { seen, movingShare: () => 0 }) : undefined;
    const generation = this.#generation;
    return {
      run: async (detector, timeoutMs, isCounted, now) => {
        const verdict = await detector.detect(made.picture, timeoutMs);
        const closer = tile && verdict.kind === 'detected' ? await detector.detect(tile.picture, timeoutMs) : undefined;
        if (generation !== this.#generation) return 0;
        if (verdict.kind !== 'detected' || closer?.kind === 'unavailable') {
          this.#drop();
          return 0;
        }
        const whole = toFrame(verdict.detections, made.letterbox, widthPx, heightPx);
        const more = tile && closer ? tile.boxesOf(closer.detections) : [];
        this.#apply(ms, mergeLooks(whole.filter(isCounted), more.filter(isCounted)), painted, now);
        return verdict.inferenceMs + (closer?.inferenceMs ?? 0);
      },
    };
  }

  #apply(ms: number, found: readonly Detection[], painted: readonly Painted[], real: readonly Real[]): void {
    const { widthPx, heightPx } = this.#stage!;
    this.#newestMs = ms;
    this.#tracker.picture = { widthPx, heightPx };
    this.#tracker.neededFromMs = this.#pending[0]?.ms ?? ms;
    this.#tracker.update(ms, found);
    const isClear = clearOf(real);
    const here = new Set<number>();
    for (const { member, targets } of painted) {
      // Something real came up since the last look: what was found there may be either.
      if (!targets.every(isClear)) continue;
      here.add(member.id);
      const actor = this.#actors.get(member.id);
      if (actor !== undefined) actor.lastMs = ms;
      else {
        const { id, layerS } = member;
        this.#actors.set(id, { id, layerS, firstMs: ms, lastMs: ms, isOver: false, trials: new Map() });
      }
    }
    for (const actor of this.#actors.values()) actor.isOver ||= !here.has(actor.id) || ms - actor.firstMs >= TRIAL_MS;
    while (this.#pending.length > 0 && this.#pending[0]!.knownMs <= ms) this.#judge(this.#pending.shift()!);
    this.#close((actor) => actor.isOver && actor.lastMs <= this.#judgedMs);
  }

  left(frame: Left): void {
    if (this.#stage === undefined) return;
    if (this.#pending.length === 0 && frame.knownMs <= this.#newestMs) this.#judge(frame);
    else this.#pending.push(frame);
    if (this.#pending.length > PENDING_FRAMES_MAX) this.#drop();
  }

  #judge({ ms, isWhole }: Left): void {
    this.#judgedMs = ms;
    const stage = this.#stage!;
    const { widthPx, heightPx } = stage;
    const tracked = isWhole ? [] : this.#tracker.regionsAt(ms);
    const plan = planCover(tracked, [], widthPx, heightPx, unseenZones(tracked, [], this.#options.zones, widthPx));
    const covers = plan?.kind === 'regions' ? plan.regions : [];
    for (const actor of this.#actors.values()) {
      if (ms < actor.firstMs || ms > actor.lastMs) continue;
      for (const object of this.#truthOf(actor, ms).filter(counts)) {
        let trial = actor.trials.get(object.id);
        if (trial === undefined) {
          trial = new Trial(object.label === 'face' ? 'face' : 'plate', this.#view?.night === true ? 'night' : 'day');
          actor.trials.set(object.id, trial);
        }
        trial.judge(ms, object, isWhole || isHidden(object, covers));
      }
    }
  }

  reset(): void {
    this.#generation++;
    this.#close(() => true);
    this.#pending = [];
    this.#newestMs = Number.NEGATIVE_INFINITY;
    this.#tracker.reset();
    this.#stage?.[Symbol.dispose]();
    this.#stage = undefined;
    this.#view = undefined;
  }

  [Symbol.dispose](): void {
    this.reset();
    this.#maker[Symbol.dispose]();
    this.#tiles[Symbol.dispose]();
  }

  #stageFor({ widthPx, heightPx }: RawFrame): Stage {
    if (this.#stage?.widthPx !== widthPx || this.#stage.heightPx !== heightPx) this.reset();
    this.#stage ??= new Stage({ widthPx, heightPx });
    return this.#stage;
  }

  #secondsAt(ms: number): number {
    this.#startMs ??= ms;
    return CAST_FROM_S + (ms - this.#startMs) / 1000;
  }

  /** Those who are painted at this look: first who is there already, then others while there is room. */
  #choose(ms: number, real: readonly Real[]): Painted[] {
    const isClear = clearOf(real);
    const chosen: Painted[] = [];
    const isThere = ({ id }: Member): boolean => this.#actors.get(id)?.isOver === false;
    const members = this.#membersAt(ms).filter(({ id }) => !this.#isOver(id));
    const others = members.filter((member) => !isThere(member));
    // Others begin with another one each time, so that none is always the last to be tried.
    const turn = others.length === 0 ? 0 : this.#looks++ % others.length;
    const candidates = [...others.slice(turn), ...others.slice(0, turn)];
    for (const member of [...members.filter(isThere), ...candidates]) {
      if (chosen.length >= ACTORS_MAX) break;
      const truth = this.#drawAlone(member);
      const targets = truth.filter(({ label }) => label === 'face' || label === 'plate');
      const body = boundsOf(truth);
      if (body === undefined || !targets.some(counts) || !targets.every(isClear)) continue;
      const candidate = { member, body, targets };
      if (chosen.every((other) => areApart(other, candidate))) chosen.push(candidate);
    }
    return chosen.sort((a, b) => b.member.depth - a.member.depth);
  }

  #isOver(id: number): boolean {
    return this.#gone.has(id) || this.#actors.get(id)?.isOver === true;
  }

  #membersAt(ms: number): Member[] {
    const seconds = this.#secondsAt(ms);
    return Array.from({ length: LAYERS }, (_, i) => i * LAYER_S).flatMap((layerS) =>
      this.#options.cast.at(seconds + layerS).map((member) => ({ ...member, layerS })),
    );
  }

  /** By the layer that it was first found in. */
  #truthOf({ id, layerS }: Actor, ms: number): TruthObject[] {
    const member = this.#options.cast.at(this.#secondsAt(ms) + layerS).find((candidate) => candidate.id === id);
    return member === undefined ? [] : this.#drawAlone(member);
  }

  /** Where an actor is, and what of it: no canary hides another, so each is drawn by itself, on the scratch surface. */
  #drawAlone(member: CastMember): TruthObject[] {
    const painter = new Painter(this.#view!, this.#stage!.scratch);
    member.draw(painter);
    return painter.truth();
  }

  #drop(): void {
    for (const { id } of this.#actors.values()) this.#gone.set(id, this.#newestMs);
    this.#actors.clear();
    this.#pending = [];
  }

  #close(isDone: (actor: Actor) => boolean): void {
    for (const [id, actor] of this.#actors) {
      if (!isDone(actor)) continue;
      for (const trial of actor.trials.values()) this.#tallies.add(trial);
      this.#actors.delete(id);
      this.#gone.set(id, this.#newestMs);
    }
    for (const [id, ms] of this.#gone) if (this.#newestMs - ms > FORGET_MS) this.#gone.delete(id);
  }
}

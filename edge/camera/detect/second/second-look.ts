/**
 * The second opinion beside a running pipeline: now and then it is shown a copy of the first detector's picture, and what it finds is
 * tracked, so that it holds until the next look.
 *
 * Nothing waits for it but a caller who wants to. When it falls behind or fails it is asked less often, and what it said last fades
 * as any lost track does.
 */
import type { Track } from '../../track/track.ts';
import { type TrackedRegion, Tracker } from '../../track/tracker.ts';
import { type Letterbox, toFrame } from '../letterbox.ts';
import type { Detection, Detector, DetectorPicture } from '../port.ts';

/** Time between two looks, and how much longer where a look costs much: about a fifth of a core. */
const INTERVAL_MS_MIN = 500;
const INTERVAL_MS_MAX = 800;
const INTERVAL_PER_INFERENCE = 5;
/** What was seen is held until the next answer is in, and not much longer. */
const HOLD_MS_MIN = 1_000;
/** A look that takes longer is not worth waiting for. */
const STALL_MS = 5_000;

export class SecondLook {
  readonly #detector: Detector;
  readonly #tracker = new Tracker(HOLD_MS_MIN);
  /** For counting alone: nothing is covered for them. */
  readonly #bicycles = new Tracker(HOLD_MS_MIN);
  /** Resets so far: an answer to a question from before one is void. */
  #resets = 0;
  #isLooking = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #intervalMs = INTERVAL_MS_MIN;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #vehicles: Detection[] = [];

  constructor(detector: Detector) {
    this.#detector = detector;
  }

  /** Takes a look if it is time for one. Copies the picture before it returns; resolves when the answer is in. Never rejects. */
  async offer(
    { picture, letterbox }: { picture: DetectorPicture; letterbox: Letterbox },
    { widthPx, heightPx }: { widthPx: number; heightPx: number },
    ms: number,
  ): Promise<void> {
    if (this.#isLooking || ms < this.#lookedMs + this.#intervalMs) return;
    this.#isLooking = true;
    this.#lookedMs = ms;
    const resets = this.#resets;
    const verdict = await this.#detector.detect({ ...picture, rgb: picture.rgb.slice() }, STALL_MS);
    this.#isLooking = false;
    if (verdict.kind !== 'detected' || resets !== this.#resets) return;
    const cost = INTERVAL_PER_INFERENCE * verdict.inferenceMs;
    this.#intervalMs = Math.min(INTERVAL_MS_MAX, Math.max(INTERVAL_MS_MIN, cost));
    this.#answeredMs = ms;
    this.#tracker.picture = { widthPx, heightPx };
    const found = toFrame(verdict.detections, letterbox, widthPx, heightPx);
    this.#vehicles = found.filter(({ label }) => label === 'vehicle');
    this.#bicycles.picture = { widthPx, heightPx };
    const isBicycle = ({ kind }: Detection): boolean => kind === 'bicycle';
    this.#bicycles.update(ms, found.filter(isBicycle));
    this.#tracker.update(
      ms,
      found.filter((each) => !isBicycle(each)),
    );
  }

  /** What was seen up to the last look that was answered, at this feed time; tracks under the numbers that `regionsAt()` gives. */
  get seen(): {
    ms: number;
    tracks: Pick<Track, 'id' | 'label' | 'observations'>[];
    bicycles: (Pick<Track, 'id' | 'observations'> & { label: 'bicycle' })[];
    /** Of that look, by their kind. */
    vehicles: readonly Detection[];
  } {
    return {
      ms: this.#answeredMs,
      tracks: this.#tracker.tracks.map(({ id, label, observations }) => ({ id: -id, label, observations })),
      bicycles: this.#bicycles.tracks.map(({ id, observations }) => ({ id: -id, label: 'bicycle', observations })),
      vehicles: this.#vehicles,
    };
  }

  /** Persons and vehicles at a time, in frame pixels. Their track numbers are negative: no track of the first detector has them. */
  regionsAt(ms: number): TrackedRegion[] {
    return this.#tracker.regionsAt(ms).map((region) => ({ ...region, track: -region.track }));
  }

  /** Forgets all: the picture's size or source changed. */
  reset(): void {
    this.#tracker.reset();
    this.#bicycles.reset();
    this.#answeredMs = Number.NEGATIVE_INFINITY;
    this.#vehicles = [];
    this.#resets++;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }
}

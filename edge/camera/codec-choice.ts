/**
 * Which encoder or decoder `auto` means on this box. A driver that opens may still fail at pictures, or be slower than the camera, so that opening
 * is not enough: the first pictures are timed, and what is too slow is compared with the next one. The faster of those that were timed stays.
 */

/** Pictures that are timed: two seconds, so that a moment's load does not decide. */
const TIMED_FRAMES = 50;
/** Of the time between two pictures: a slower codec would fall behind at the next load. */
const GAP_SHARE_MAX = 0.7;

export class CodecChoice<Name extends string> {
  readonly #hardware: readonly Name[];
  readonly #software: Name;
  readonly #failed = new Set<Name>();
  readonly #medianMs = new Map<Name, number>();
  #times: number[] = [];
  #settled: Name | undefined;

  /** `hardware`: in the order in which to try it. `software` is always there. */
  constructor(hardware: readonly Name[], software: Name) {
    this.#hardware = hardware;
    this.#software = software;
  }

  /** In the order in which to try to open them. */
  get candidates(): Name[] {
    if (this.#settled !== undefined) return [...new Set([this.#settled, this.#software])];
    const untried = this.#hardware.filter((name) => !this.#failed.has(name) && !this.#medianMs.has(name));
    return [...untried, this.#software];
  }

  /** It refused or lost a picture, or could not be read: no further chance while this process lives. */
  failed(name: Name): void {
    this.#times = [];
    if (name === this.#software) return;
    this.#failed.add(name);
    this.#medianMs.delete(name);
    if (this.#settled === name) this.#settled = undefined;
  }

  /** Tells how long one picture took, `gapMs` after the one before. True: open the first of the candidates now. */
  took(name: Name, ms: number, gapMs: number): boolean {
    if (this.#settled !== undefined) return false;
    this.#times.push(ms);
    if (this.#times.length < TIMED_FRAMES) return false;
    const medianMs = this.#times.sort((a, b) => a - b)[TIMED_FRAMES >> 1]!;
    this.#times = [];
    this.#medianMs.set(name, medianMs);
    if (name !== this.#software && medianMs > gapMs * GAP_SHARE_MAX) return true;
    const [fastest = name] = [...this.#medianMs].sort(([, a], [, b]) => a - b)[0] ?? [];
    this.#settled = name === this.#software ? fastest : name;
    return this.#settled !== name;
  }
}

/**
 * Windows that somebody who was there objects to (ledger/presence.ts): what is known exactly of such a window is destroyed before its time. A window
 * that is not over waits, since its key also covers what is kept for the next start; nothing is sealed for it any more.
 *
 * An objection names nobody, so it can't say which values are of whoever objects: all of the window go. The public log stays as it is, and so do
 * recordings of the filtered feed: whether those must be kept is for the operator to decide, who finds it in log and ledger. It is no notice: anybody
 * who passes by could make the box look out of order.
 */
import { spanOf, type Window } from '../../ledger/window.ts';

export class Objections {
  /** A code has one, and there is one code a window. */
  #waiting: Window[] = [];

  /** Whose details are still to be destroyed. */
  get waiting(): readonly Window[] {
    return this.#waiting;
  }

  restore(windows: readonly Window[]): void {
    this.#waiting = [...windows];
  }

  add(window: Window): void {
    this.#waiting.push(window);
  }

  /** Whether somebody objects to some of this window. */
  isAgainst(window: Window): boolean {
    return this.#waiting.some((each) => meet(each, window));
  }

  /** Those that are over, and with none of these in common: their details can be destroyed. */
  due(nowMs: number, unrecorded: readonly Window[]): Window[] {
    return this.#waiting.filter(
      (window) => spanOf(window)[1] <= nowMs && !unrecorded.some((other) => meet(other, window)),
    );
  }

  destroyed(windows: readonly Window[]): void {
    this.#waiting = this.#waiting.filter((window) => !windows.includes(window));
  }
}

function meet(a: Window, b: Window): boolean {
  const [[aFromMs, aToMs], [bFromMs, bToMs]] = [spanOf(a), spanOf(b)];
  return aFromMs < bToMs && bFromMs < aToMs;
}

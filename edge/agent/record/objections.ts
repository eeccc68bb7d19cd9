/**
 * Windows that somebody who was there objects to (ledger/presence.ts): what is known exactly of such a window is destroyed before its time. A window
 * that is not over waits, since its key also covers what is kept for the next start; nothing is sealed for it any more.
 *
 * An objection names nobody, so it can't say which values are of whoever objects: all of the window go. The public log stays as it is, and so do
 * recordings of the filtered feed: whether those must be kept is for the operator to decide, who is told.
 */
import { spanOf, type Window } from '../../ledger/window.ts';

/** How long and how many are shown to the operator; all are in the log. */
const TOLD_MS = 24 * 3_600_000;
const TOLD_MAX = 16;

export class Objections {
  /** A code has one, and there is one code a window. */
  #waiting: Window[] = [];
  #told: { window: Window; atMs: number }[] = [];

  /** Whose details are still to be destroyed. */
  get waiting(): readonly Window[] {
    return this.#waiting;
  }

  restore(windows: readonly Window[]): void {
    this.#waiting = [...windows];
  }

  add(window: Window, nowMs: number): void {
    this.#waiting.push(window);
    this.#told = [...this.#told.slice(1 - TOLD_MAX), { window, atMs: nowMs }];
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

  /** For the operator, a line each. */
  notices(nowMs: number): string[] {
    return this.#told.flatMap(({ window, atMs }) => {
      const [from, to] = spanOf(window).map((ms) => new Date(ms).toISOString().slice(0, 16));
      const text = `Somebody who was there objects to the use of what was taken from ${from} to ${to} (UTC). Its exact values are destroyed; what becomes of recordings of that time is yours to decide.`;
      return nowMs - atMs < TOLD_MS ? [text] : [];
    });
  }
}

function meet(a: Window, b: Window): boolean {
  const [[aFromMs, aToMs], [bFromMs, bToMs]] = [spanOf(a), spanOf(b)];
  return aFromMs < bToMs && bFromMs < aToMs;
}

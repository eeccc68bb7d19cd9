/**
 * Puts on record what was added up: what is in force before the windows that name it, windows that are over, rounds of canaries, measurements, and the
 * end of what somebody objected to. Then keeps what is not on record yet for the next start. One turn at a time, told by the recorder (recorder.ts).
 */
import type { Clock } from '../../base/clock.ts';
import { WorldError } from '../../base/errors.ts';
import type { LedgerSettings } from '../../config/ledger.ts';
import type { DetailBatch } from '../../ledger/detail.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { instantOf, type Window as LedgerWindow, minuteOf } from '../../ledger/window.ts';
import type { OptOutListInForce } from '../../policy/choices/port.ts';
import type { RoundBook } from './canary-rounds.ts';
import type { InForce } from './in-force.ts';
import type { EvidenceJudge } from './judge.ts';
import type { Kept } from './kept.ts';
import { detailOf, expiryOf, leavesOf, windowOf } from './leaves.ts';
import type { LiveMeasures } from './measures.ts';
import type { Objections } from './objections.ts';
import type { Window, WindowBook } from './windows.ts';

/** Also how much of the counts a crash may cost. On a card that is some 100 MB of writes a day. */
const KEEP_EVERY_MS = 10_000;
/** One leaf of each kind of measurement. */
const MEASURED_EVERY_MS = 3_600_000;

/** What adds up between two turns. */
export interface Sums {
  book: WindowBook;
  rounds: RoundBook;
  measures: LiveMeasures;
  inForce: InForce;
  objections: Objections;
}

interface WriterOptions {
  settings: LedgerSettings;
  presenceOf?: (window: LedgerWindow) => string;
  clock: Clock;
  sums: Sums;
  judge: EvidenceJudge;
}

export class RecordWriter {
  readonly #options: WriterOptions;
  readonly #sums: Sums;
  #measuredMs: number;
  /** By witness: the size of the newest cosignature whose time was looked at. */
  readonly #timedSizes = new Map<string, number>();
  #list: OptOutListInForce | undefined;
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#sums = options.sums;
    this.#measuredMs = options.clock.monotonicMs();
  }

  /** From now on this list is in force. */
  optOutList(list: OptOutListInForce): void {
    this.#list = list;
  }

  /** What was kept before this start. What was measured then goes on record at the time at which it was kept. */
  async restore(ledger: Ledger, kept: Kept): Promise<void> {
    const { inForce, objections, book, rounds, measures } = this.#sums;
    inForce.restore(kept);
    objections.restore(kept.objected);
    book.restore(kept.windows, this.#options.clock.wallMs());
    rounds.restore(kept.rounds);
    if (kept.measures === undefined) return;
    const { atMs, ...sums } = kept.measures;
    measures.restore(sums, kept.isClean);
    for (const leaf of measures.take(atMs)) await ledger.append(leaf);
  }

  /** Rejects with a WorldError when something could not be recorded; the next turn tries again. */
  async turn(ledger: Ledger): Promise<void> {
    const { clock } = this.#options;
    const sums = this.#sums;
    await ledger.requireRoom();
    const isNews = await this.#sayInForce(ledger);
    const closed = sums.book.closed;
    for (const window of closed) await this.#recordWindow(ledger, window);
    if (closed.length > 0) sums.inForce.forgetAllBut([...closed, ...sums.book.unrecorded]);
    this.#lookAtClock(ledger);
    const isRound = await this.#recordRounds(ledger);
    const isMeasured = clock.monotonicMs() - this.#measuredMs >= MEASURED_EVERY_MS;
    if (isMeasured) await this.#recordMeasures(ledger);
    const isDestroyed = await this.#destroyObjected(ledger);
    const isWritten = isNews || isRound || isMeasured || isDestroyed || closed.length > 0;
    const mustKeep = isWritten || sums.rounds.mustKeep || sums.measures.mustKeep;
    if (mustKeep || clock.monotonicMs() - this.#keptMs >= KEEP_EVERY_MS) await this.#keep(ledger, false);
  }

  /** At the end of the process: rounds and measurements go on record as they are, windows are kept. Each is tried, whatever became of the others. */
  async end(ledger: Ledger): Promise<void> {
    const refused = (error: unknown): void => this.#options.judge.refused(error);
    this.#sums.rounds.over();
    await this.#recordRounds(ledger).catch(refused);
    await this.#recordMeasures(ledger).catch(refused);
    await this.#keep(ledger, true).catch(refused);
  }

  /** Each cosignature holds the time at which a witness signed it. */
  #lookAtClock(ledger: Ledger): void {
    for (const [name, { size, offsetMsMax }] of ledger.state().cosigned) {
      if (this.#timedSizes.get(name) === size) continue;
      this.#timedSizes.set(name, size);
      this.#sums.measures.clockOff(offsetMsMax);
    }
  }

  /** Gives whether there was any. */
  async #recordRounds(ledger: Ledger): Promise<boolean> {
    const due = this.#sums.rounds.due();
    // Together: they share one flush of the disk.
    await Promise.all(due.map(({ leaf, told }) => ledger.append(leaf).then(told)));
    return due.length > 0;
  }

  async #recordMeasures(ledger: Ledger): Promise<void> {
    const { clock } = this.#options;
    this.#measuredMs = clock.monotonicMs();
    for (const leaf of this.#sums.measures.take(clock.wallMs())) await ledger.append(leaf);
  }

  /** Gives whether there was anything to destroy. */
  async #destroyObjected(ledger: Ledger): Promise<boolean> {
    const due = this.#sums.objections.due(this.#options.clock.wallMs(), this.#sums.book.unrecorded.map(windowOf));
    if (due.length === 0) return false;
    // What was kept under the key of such a window is kept anew before that key is gone.
    await this.#keep(ledger, false);
    for (const window of due) await ledger.shredWindow(window);
    this.#sums.objections.destroyed(due);
    return true;
  }

  /** Before the windows that name them. Gives whether there was anything to say. */
  async #sayInForce(ledger: Ledger): Promise<boolean> {
    const missing = this.#sums.inForce.missing(this.#sums.book.unrecorded, instantOf(this.#options.clock.wallMs()));
    for (const { leaf, told } of missing) {
      await ledger.append(leaf);
      told();
    }
    return missing.length > 0;
  }

  async #recordWindow(ledger: Ledger, window: Window): Promise<void> {
    const { settings, presenceOf } = this.#options;
    const detail = await this.#sealed(ledger, window);
    const presence = presenceOf?.(windowOf(window));
    // Together: they share one flush of the disk.
    const leaves = leavesOf(window, settings, { detail, presence, list: this.#list });
    await Promise.all(leaves.map((leaf) => ledger.append(leaf)));
    this.#sums.book.recorded(window);
  }

  /** Undefined when the details' budget is spent, or their time is over already: the leaf is the evidence. */
  async #sealed(ledger: Ledger, window: Window): Promise<string | undefined> {
    const batch = this.#batchOf(window);
    if (expiryOf(window, this.#options.settings) <= this.#options.clock.wallMs()) return undefined;
    if (this.#sums.objections.isAgainst(windowOf(window))) return undefined;
    try {
      return await ledger.seal(batch, detailOf(window));
    } catch (error) {
      if (!(error instanceof WorldError) || error.code !== 'disk-full') throw error;
      this.#options.judge.note(error);
      return undefined;
    }
  }

  async #keep(ledger: Ledger, isClean: boolean): Promise<void> {
    const { clock, settings } = this.#options;
    const windows = this.#sums.book.unrecorded;
    const lengthMs = settings.windowMinutes * 60_000;
    const startMs = Math.floor(clock.wallMs() / lengthMs) * lengthMs;
    const kept: Kept = {
      v: 1,
      size: ledger.state().size,
      isClean,
      ...this.#sums.inForce.said,
      objected: [...this.#sums.objections.waiting],
      measures: { atMs: clock.wallMs(), ...this.#sums.measures.unrecorded },
      rounds: [...this.#sums.rounds.unrecorded],
      windows: [...windows],
    };
    // Before it is written: what comes meanwhile is not in it.
    this.#sums.measures.kept();
    this.#sums.rounds.kept();
    await ledger.keep(this.#batchOf({ startMs, lengthMs }), kept);
    this.#keptMs = clock.monotonicMs();
  }

  #batchOf(window: Pick<Window, 'startMs' | 'lengthMs'>): DetailBatch {
    return { window: windowOf(window), expires: minuteOf(expiryOf(window, this.#options.settings)) };
  }
}

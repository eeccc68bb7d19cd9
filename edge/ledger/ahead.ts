/**
 * Details whose window begins in the future: the clock was ahead when they were made, by years perhaps, and their time would be over years too
 * late. From when they are first seen they are kept for their term and no longer, by the clock that is there then.
 *
 * Or the clock is behind now (no battery, no network yet), and nothing is wrong with them. So nothing is destroyed at once: when the clock is set
 * and they do not lie ahead any more, their own time holds again. What is remembered survives a restart; without it a box that is often
 * started would keep them for good.
 */
import { z } from 'zod';
import type { DetailBatch } from './detail.ts';
import type { DurableFolder } from './durable.ts';
import { msOf, spanOf } from './window.ts';

const FILE = 'ahead';
/** The present window, and what network time nudges. */
const AHEAD_MS_MIN = 3_600_000;

/** Wall clock at which a batch was first seen ahead, by its name. */
const fileSchema = z.record(z.string(), z.int().nonnegative());

export class AheadBatches {
  readonly #folder: DurableFolder;
  #since: Map<string, number>;

  private constructor(folder: DurableFolder, since: Map<string, number>) {
    this.#folder = folder;
    this.#since = since;
  }

  static async open(folder: DurableFolder): Promise<AheadBatches> {
    return new AheadBatches(folder, await read(folder));
  }

  /** Those of them that were ahead for as long as they may be kept. Durable when it resolves. */
  async due(batches: Iterable<[string, DetailBatch]>, nowMs: number): Promise<ReadonlySet<string>> {
    const since = new Map<string, number>();
    const due = new Set<string>();
    for (const [name, { window, expires }] of batches) {
      const [startMs] = spanOf(window);
      if (startMs <= nowMs + AHEAD_MS_MIN) continue;
      const seenMs = Math.min(nowMs, this.#since.get(name) ?? nowMs);
      since.set(name, seenMs);
      if (nowMs - seenMs >= msOf(expires) - startMs) due.add(name);
    }
    const isNews = since.size !== this.#since.size || [...since].some(([name, ms]) => this.#since.get(name) !== ms);
    if (isNews) await this.#folder.write(FILE, JSON.stringify(Object.fromEntries(since)));
    this.#since = since;
    return due;
  }
}

/** What can't be read is as if nothing had been seen: they are kept for their term from now on. */
async function read(folder: DurableFolder): Promise<Map<string, number>> {
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse((await folder.read(FILE))?.toString('utf8') ?? '{}'))));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return new Map();
    throw error;
  }
}

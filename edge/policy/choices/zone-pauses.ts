/**
 * Zones that somebody paused. Owns `choices/pauses.json`, so that a restart ends no pause: it holds zones and times, and nobody.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf, WorldError } from '../../base/errors.ts';

export const ZONE_PAUSE_MS = 600_000;

/** Pauses of one zone in any hour: half of it, so that nobody can stop a zone for good. */
export const ZONE_PAUSES_PER_HOUR_MAX = 3;

/** Zones that are remembered: a policy can't name more sensors than this and stay below its size limit. */
const ZONES_MAX = 4_096;

const HOUR_MS = 3_600_000;

/** Beginnings of pauses by zone, wall-clock milliseconds. */
const fileSchema = z.record(z.string().max(64), z.array(z.int().min(0)).max(ZONE_PAUSES_PER_HOUR_MAX));

export type PauseRefusal = 'already-paused' | 'paused-too-often';

export class ZonePauses {
  readonly #file: string;
  #starts: Map<string, readonly number[]>;

  private constructor(file: string, starts: Map<string, readonly number[]>) {
    this.#file = file;
    this.#starts = starts;
  }

  static async open(stateDir: string): Promise<ZonePauses> {
    const file = path.join(stateDir, 'choices', 'pauses.json');
    try {
      const parsed = fileSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
      return new ZonePauses(file, new Map(parsed.success ? Object.entries(parsed.data) : []));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Written whole or not at all; were it damaged all the same, a pause of ten minutes is not worth not to start for.
      if (code === 'ENOENT' || code === undefined) return new ZonePauses(file, new Map());
      throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** A clock that jumped back does not end a pause; one that jumped far ends it. */
  isPaused(zone: string, nowMs: number): boolean {
    const last = this.#starts.get(zone)?.at(-1);
    return last !== undefined && Math.abs(nowMs - last) < ZONE_PAUSE_MS;
  }

  check(zone: string, nowMs: number): PauseRefusal | undefined {
    if (this.isPaused(zone, nowMs)) return 'already-paused';
    return this.#recent(zone, nowMs).length >= ZONE_PAUSES_PER_HOUR_MAX ? 'paused-too-often' : undefined;
  }

  /** In force before it is durable: the safe order. Returns its end. */
  async pause(zone: string, nowMs: number): Promise<number> {
    const starts = new Map<string, readonly number[]>();
    for (const known of this.#starts.keys()) {
      const recent = this.#recent(known, nowMs);
      if (recent.length > 0 && starts.size < ZONES_MAX) starts.set(known, recent);
    }
    starts.set(zone, [...this.#recent(zone, nowMs), nowMs]);
    this.#starts = starts;
    await writeDurably(this.#file, `${JSON.stringify(Object.fromEntries(starts))}\n`);
    return nowMs + ZONE_PAUSE_MS;
  }

  #recent(zone: string, nowMs: number): number[] {
    return (this.#starts.get(zone) ?? []).filter((startMs) => Math.abs(nowMs - startMs) < HOUR_MS);
  }
}

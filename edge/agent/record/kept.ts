/**
 * What the recorder keeps beside the log, so that a restart neither loses a window nor records it twice.
 *
 * `size` is how many leaves were durable when it was written. A window that is kept and has its leaf at or behind that index was recorded
 * before the process ended, and is forgotten; at worst a power cut within that one write leaves a `failclosed` leaf that is written again. What was
 * counted after the last time of keeping is lost; the window goes on and says so.
 */
import { z } from 'zod';
import type { Leaf } from '../../ledger/leaf.ts';
import { CHOICES } from './about.ts';
import { windowOf } from './leaves.ts';
import type { Window } from './windows.ts';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const window = z.tuple([z.string(), z.string()]);

const model = z.strictObject({ name: z.string(), model: sha256 });

const keptSchema = z.strictObject({
  v: z.literal(1),
  size: count,
  /** The process ended by itself, and nothing was counted after. */
  isClean: z.boolean(),
  /** Policies that have their leaf and are in force. */
  policies: z.array(sha256),
  /** Windows that somebody objected to, and whose details are not destroyed yet. */
  objected: z.array(window).default([]),
  /** Models that have their leaf and were in use lately. */
  models: z.array(model),
  windows: z.array(
    z.strictObject({
      kind: z.enum(['camera', 'sensor', 'choices']),
      name: z.string(),
      about: z.strictObject({
        policy: sha256,
        process: z.string(),
        categories: z.array(z.string()),
        mode: z.enum(['never', 'opt-in', 'opt-out', 'free']),
      }),
      startMs: count,
      lengthMs: z.int().min(60_000),
      figures: z.record(z.string(), count),
      models: z.array(model),
      interruptions: count,
    }),
  ),
});

export type Kept = z.output<typeof keptSchema>;

/** Undefined for what this version did not write. */
export function parseKept(value: unknown): Kept | undefined {
  return keptSchema.safeParse(value).data;
}

/** What still holds of it, after the leaves that followed. */
export async function settle(kept: Kept, leaves: AsyncIterable<Leaf>): Promise<Kept> {
  const policies = new Set(kept.policies);
  const models = [...kept.models];
  const objected = [...kept.objected];
  const recorded = new Map<string, number>();
  for await (const leaf of leaves) {
    if (leaf.kind === 'policy') policies.add(leaf.policy);
    if (leaf.kind === 'model') models.push({ name: leaf.name, model: leaf.model });
    if (leaf.kind === 'object') objected.push(leaf.window);
    if (leaf.kind !== 'collect' && leaf.kind !== 'optin-batch') continue;
    const name = leaf.kind === 'collect' ? leaf.sensor : CHOICES;
    const key = JSON.stringify([name, leaf.window, leaf.policy, leaf.kind === 'collect']);
    recorded.set(key, (recorded.get(key) ?? 0) + 1);
  }
  // A clock that was set back gives two windows one name: they are recorded in the order in which they are kept.
  const isRecorded = (window: Window): boolean => {
    const key = JSON.stringify([window.name, windowOf(window), window.about.policy, window.kind !== 'choices']);
    const times = recorded.get(key) ?? 0;
    recorded.set(key, times - 1);
    return times > 0;
  };
  return {
    ...kept,
    policies: [...policies],
    models,
    objected,
    windows: kept.windows
      .filter((window) => !isRecorded(window))
      .map((window) => (kept.isClean ? window : { ...window, interruptions: window.interruptions + 1 })),
  };
}

/**
 * What the recorder keeps beside the log, so that a restart neither loses a window nor records it twice.
 *
 * `size` is how many leaves were durable when it was written. A window that is kept and has its leaf at or behind that index was recorded
 * before the process ended, and is forgotten; at worst a power cut within that one write leaves a `failclosed` leaf that is written again. What was
 * counted after the last time of keeping is lost; the window goes on and says so. So it is with what the box measured of itself and with rounds
 * of canaries, which say so in public (`interrupted`).
 */
import { z } from 'zod';
import type { Leaf } from '../../ledger/leaf.ts';
import { CHOICES } from './about.ts';
import { windowOf } from './leaves.ts';
import { isLive, withoutRecorded } from './measures.ts';
import type { Window } from './windows.ts';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const window = z.tuple([z.string(), z.string()]);

const model = z.strictObject({ name: z.string(), model: sha256 });

const times = z.number().nonnegative();

/** Of the measures that the process took of itself (measures.ts). */
const measures = z.strictObject({
  /** Wall-clock time of keeping them. */
  atMs: count,
  tookMs: z.array(times),
  transports: z.strictObject({ mutual: count, tls: count, plain: count }),
  clock: z.strictObject({ probes: count, offsetMsMax: times }),
  interrupted: z.array(z.enum(['optout-latency', 'transport', 'clock-offset'])),
});

const round = z.strictObject({
  camera: z.string(),
  startedMs: count,
  toldMs: count,
  set: z.string(),
  digests: z.array(z.string()),
  tallies: z.array(
    z.strictObject({ label: z.enum(['face', 'plate']), stratum: z.string(), planted: count, missed: count }),
  ),
  isOver: z.boolean(),
  isInterrupted: z.boolean(),
});

const keptSchema = z.strictObject({
  v: z.literal(1),
  size: count,
  /** The process ended by itself, and nothing was counted after. */
  isClean: z.boolean(),
  /** Policies that have their leaf and are in force. */
  policies: z.array(sha256),
  /** Windows that somebody objected to, and whose details are not destroyed yet. */
  objected: z.array(window).default([]),
  measures: measures.optional(),
  /** Rounds of canaries without leaves. */
  rounds: z.array(round).default([]),
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
  const measured = new Set<string>();
  const strata = new Set<string>();
  for await (const leaf of leaves) {
    if (leaf.kind === 'policy') policies.add(leaf.policy);
    if (leaf.kind === 'model') models.push({ name: leaf.name, model: leaf.model });
    if (leaf.kind === 'object') objected.push(leaf.window);
    if (leaf.kind === 'measurement' && isLive(leaf.method)) measured.add(leaf.about);
    if (leaf.kind === 'canary') strata.add(stratumKey(leaf.sensor, leaf.canarySet, leaf));
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
    measures: kept.measures && { ...kept.measures, ...withoutRecorded(kept.measures, measured) },
    rounds: kept.rounds.flatMap((each) => {
      const isNew = (tally: Stratum): boolean => !strata.has(stratumKey(each.camera, `sha256:${each.set}`, tally));
      const tallies = each.tallies.filter(isNew);
      const isInterrupted = each.isInterrupted || !(kept.isClean || each.isOver);
      return tallies.length === 0 ? [] : [{ ...each, tallies, isInterrupted }];
    }),
    windows: kept.windows
      .filter((window) => !isRecorded(window))
      .map((window) => (kept.isClean ? window : { ...window, interruptions: window.interruptions + 1 })),
  };
}

type Stratum = { label: string; stratum: string };

/** No two rounds have the same set. */
function stratumKey(camera: string, set: string, { label, stratum }: Stratum): string {
  return JSON.stringify([camera, set, label, stratum]);
}

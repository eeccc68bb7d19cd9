/** From what was counted to what the ledger says in public, and to the exact values that it seals. Pure. */
import { createHash } from 'node:crypto';
import type { CameraCounts, CoverLabel, FromCamera } from '../../camera/messages.ts';
import type { LedgerSettings } from '../../config/ledger.ts';
import { bucketOf } from '../../ledger/bucket.ts';
import type { LeafBody } from '../../ledger/ledger.ts';
import { type Window as LedgerWindow, minuteOf } from '../../ledger/window.ts';
import type { OptOutListInForce } from '../../policy/choices/port.ts';
import type { SensorPolicy } from '../../policy/schema.ts';
import { CATEGORIES } from '../../policy/taxonomy.ts';
import type { Release, SensorReport } from '../../sensor/messages.ts';
import type { Figures, Model, Window } from './windows.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const DROPPED = 'dropped.';
const COVERED = 'covered.';
const COVERS = 'covers.';
const COVER_LABELS: readonly CoverLabel[] = ['face', 'plate', 'person', 'vehicle', 'mask'];
/** Somebody refused, did not agree, or paused: that it happened in a window would tell that somebody was there. */
const CHOICE = 'choice';
/** As many persons may stand before a camera for a whole window without showing in what is told of its covers. */
const HIDDEN_PERSONS = 7;

/** Figures of a camera's message. */
export function figuresOfCamera(counts: CameraCounts): Figures {
  return {
    in: counts.framesIn,
    out: counts.framesOut,
    slate: counts.framesSlate,
    ...prefixed(DROPPED, counts.framesDropped),
    ...prefixed(COVERED, counts.framesCoveredWhole),
    ...prefixed(COVERS, counts.regionsCovered),
  };
}

/** Figures of a sensor's message. */
export function figuresOfSensor({ counts }: SensorReport): Figures {
  return {
    in: counts.messages,
    readings: counts.readings,
    releases: counts.releases,
    suppressed: counts.suppressedCells,
    ...prefixed(DROPPED, counts.dropped),
    ...prefixed('withheld.', counts.withheld),
  };
}

/** When the details of a window must be gone, to the minute. */
export function expiryOf(window: Pick<Window, 'startMs' | 'lengthMs'>, { detailDays }: LedgerSettings): number {
  return window.startMs + window.lengthMs + detailDays * DAY_MS;
}

export function windowOf({ startMs, lengthMs }: Pick<Window, 'startMs' | 'lengthMs'>): LedgerWindow {
  return [minuteOf(startMs), `PT${lengthMs / MINUTE_MS}M`];
}

export interface BehindLeaves {
  detail?: string | undefined;
  presence?: string | undefined;
  list?: OptOutListInForce | undefined;
}

/**
 * What a window says in public: what was taken in, what was filtered out of it, and, where a camera's feed was covered whole, for which
 * reasons. Of people's choices: how many, and no more.
 */
export function leavesOf(window: Window, settings: LedgerSettings, behind: BehindLeaves): LeafBody[] {
  const { kind, name, about, figures, models } = window;
  const { detail, presence } = behind;
  const sealed = detail === undefined ? {} : { detail };
  const span = windowOf(window);
  if (kind === 'choices') {
    const { policy, categories } = about;
    const [added, withdrawn] = [bucketOf(figures['opt-in'] ?? 0), bucketOf(figures['withdrawal'] ?? 0)];
    return [{ kind: 'optin-batch', window: span, policy, categories, added, withdrawn, ...sealed }];
  }
  const taken = figures['in'] ?? 0;
  const dropped = sumOf(figures, DROPPED);
  // Of a sensor: readings that were counted into a window.
  const out = kind === 'camera' ? (figures['out'] ?? 0) : Math.max(0, (figures['readings'] ?? 0) - dropped);
  const counts = { in: bucketOf(taken), out: bucketOf(out), dropped: bucketOf(dropped) };
  const leaves: LeafBody[] = [
    {
      kind: 'collect',
      sensor: name,
      window: span,
      activity: 'prov:Activity',
      ...about,
      ...(models.length === 0 ? {} : { model: modelOf(models) }),
      basis: settings.basis,
      ...(settings.article === undefined ? {} : { article: settings.article }),
      ...(kind === 'camera' ? { frames: counts } : { messages: counts }),
      ...sealed,
      ...(presence === undefined ? {} : { presence }),
      expires: minuteOf(expiryOf(window, settings)),
    },
  ];
  leaves.push({
    kind: 'filter',
    sensor: name,
    window: span,
    policy: about.policy,
    ...filtered(window, behind),
    ...sealed,
  });
  const reasons = Object.keys(figures).flatMap((each) => (each.startsWith(COVERED) ? each.slice(COVERED.length) : []));
  if (reasons.length > 0) {
    const frames = bucketOf(sumOf(figures, COVERED));
    leaves.push({ kind: 'failclosed', sensor: name, window: span, reasons: reasons.sort(), frames, ...sealed });
  }
  return leaves;
}

/**
 * Counts that no single person shows in. One face is a cover on each of thousands of frames, so covers have a lowest bucket of their own: what
 * HIDDEN_PERSONS can make in a whole window. Of a sensor only the reasons are named that are above the lowest bucket.
 */
function filtered({ kind, about, figures }: Window, { list }: BehindLeaves) {
  if (kind === 'camera') {
    const lowest = HIDDEN_PERSONS * Math.max(1, figures['out'] ?? 0);
    const covers = COVER_LABELS.map((label) => [label, bucketOf(Math.max(lowest, figures[`${COVERS}${label}`] ?? 0))]);
    return { covers: Object.fromEntries(covers) as Record<CoverLabel, string> };
  }
  const told = Object.entries(figures).flatMap(([each, count]) => {
    const reason = each.startsWith(DROPPED) ? each.slice(DROPPED.length) : CHOICE;
    return reason === CHOICE || bucketOf(count) === bucketOf(0) ? [] : [[reason, bucketOf(count)] as const];
  });
  const isListed = list !== undefined && about.categories.includes(CATEGORIES.plate.term);
  const { sha256 = '', sequence: version = 0, decoyShare = 0 } = list ?? {};
  return {
    dropped: Object.fromEntries(told),
    suppressed: bucketOf(figures['suppressed'] ?? 0),
    ...(isListed ? { list: { list: `sha256:${sha256}`, version, decoyShare } } : {}),
  };
}

/** Exact values of a window. */
export function detailOf({ kind, name, figures, interruptions }: Window): object {
  return { stream: kind, name, figures, ...(interruptions === 0 ? {} : { interruptions }) };
}

/**
 * What is let out of one window of a sensor. Figures of the policy, not of the sensor process, where both have them. `epsilon` is the cap of
 * the day that its noise is charged to; a release claims that or k, never both. Suppressed cells are told in the steps of the release itself.
 */
export function releaseLeaf(
  { sensor, window, cells, suppressedCells, policyDigest }: Release,
  policy: SensorPolicy,
): LeafBody {
  const startMs = Math.floor(window.startMs / MINUTE_MS) * MINUTE_MS;
  const lengthMs = Math.ceil((window.endMs - startMs) / MINUTE_MS) * MINUTE_MS;
  const { epsilonPerDay, k } = policy;
  return {
    kind: 'release',
    sensor,
    feed: policy.release,
    window: windowOf({ startMs, lengthMs }),
    purpose: policy.purpose,
    policy: `sha256:${policyDigest}`,
    cells: bucketOf(cells.length),
    ...(epsilonPerDay === undefined ? { k, suppressed: bucketOf(suppressedCells) } : { epsilon: epsilonPerDay }),
  };
}

/** What a round of canaries says of itself; digests are hex. */
export type CanaryFigures = Omit<Extract<FromCamera, { type: 'canaries' }>, 'type' | 'outcome'>;

/** One leaf a stratum; none where it is not known which models looked. They are of nobody, so their counts are exact. */
export function canaryLeaves(
  sensor: string,
  { set, digests, tallies }: CanaryFigures,
  [startMs, endMs]: readonly [number, number],
): Extract<LeafBody, { kind: 'canary' }>[] {
  if (digests.length === 0) return [];
  const minutes = Math.max(1, Math.ceil((endMs - startMs) / MINUTE_MS));
  const window: LedgerWindow = [minuteOf(startMs), `PT${minutes}M`];
  const model = modelOf(digests.map((hex) => ({ model: `sha256:${hex}` })));
  const canarySet = `sha256:${set}`;
  return tallies.map((tally) => ({ kind: 'canary', window, sensor, ...tally, canarySet, model }));
}

/** One file's digest, or, of several, sha256 of their digests, a line each, in their order. */
export function modelOf(models: readonly Pick<Model, 'model'>[]): string {
  const digests = [...new Set(models.map(({ model }) => model))].sort();
  const [only, ...others] = digests;
  if (only !== undefined && others.length === 0) return only;
  const lines = digests.map((digest) => `${digest}\n`);
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`;
}

function prefixed(prefix: string, counts: Partial<Record<string, number>>): Figures {
  return Object.fromEntries(Object.entries(counts).map(([reason, count]) => [`${prefix}${reason}`, count ?? 0]));
}

function sumOf(figures: Figures, prefix: string): number {
  let sum = 0;
  for (const [name, count] of Object.entries(figures)) if (name.startsWith(prefix)) sum += count;
  return Math.min(Number.MAX_SAFE_INTEGER, sum);
}

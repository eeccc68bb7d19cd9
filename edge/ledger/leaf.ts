/**
 * What an entry of the ledger may say: one strict schema per kind. A leaf is public for good, so it holds nothing per person: counts are
 * buckets (bucket.ts), exact values are sealed behind `detail` (detail.ts), and no text is free.
 *
 * An entry is the leaf as canonical JSON (RFC 8785): one leaf has one spelling, and so one hash.
 */
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { BUCKET } from './bucket.ts';
import { WINDOW_START } from './window.ts';

/** A leaf is far smaller; this bounds what a fault of ours could write. */
const LEAF_BYTES_MAX = 8 * 1024;
const TEXTS_MAX = 32;
/** Counts by reason. */
const COUNTS_MAX = 64;

const short = (pattern: RegExp, max = 128) => z.string().max(max).regex(pattern);
/** Names of this box's own things: cameras, sensors, feeds, models, agreements. */
const name = short(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/);
/** A term of a vocabulary, in full or with its prefix: `https://...`, `dpv:...`, `pd:...`, `city:...`. */
const term = short(/^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$/, 256);
const reason = short(/^[a-z][a-z0-9-]*$/, 64);
const article = short(/^[A-Za-z0-9() .,:-]+$/, 64);
const sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const detail = z.string().regex(/^hmac-sha256:[0-9a-f]{64}$/);
const instant = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/);
const minute = z.string().regex(WINDOW_START);
const duration = z.string().regex(/^PT[1-9]\d{0,4}[MH]$/);
const window = z.tuple([minute, duration]);
const count = z.string().regex(BUCKET);
const counts = z.record(reason, count).refine((by) => Object.keys(by).length <= COUNTS_MAX);
const share = z.number().min(0).max(1);
const whole = z.int().nonnegative();
/** The process was lost meanwhile: what it had found in the last seconds before is in no leaf. */
const interrupted = z.literal(true).optional();
const size = z.int().nonnegative();
const root = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const vkey = z.string().max(400);
const origin = z.string().min(1).max(255);
const mode = z.enum(['never', 'opt-in', 'opt-out', 'free']);
const terms = z.array(term).max(TEXTS_MAX);

const base = { v: z.literal(1), box: short(/^urn:[a-z0-9][a-z0-9-]*:[A-Za-z0-9._:-]+$/) };

const leaf = <K extends string, S extends z.ZodRawShape>(kind: K, fields: S) =>
  z.strictObject({ ...base, kind: z.literal(kind), ...fields });

const schemas = {
  /** The first entry: whose log this is. */
  genesis: leaf('genesis', { at: instant, origin, key: vkey, witnesses: z.array(vkey).max(TEXTS_MAX), software: name }),
  /** From here on another policy is in force. `counter` is its version, 0 where it has none. */
  policy: leaf('policy', { at: instant, policy: sha256, counter: whole, signer: name.optional() }),
  /** From here on another model decides. */
  model: leaf('model', { at: instant, name, role: name, model: sha256 }),
  /** What one sensor took in one window. */
  collect: leaf('collect', {
    sensor: name,
    window,
    activity: term,
    process: term,
    policy: sha256,
    model: sha256.optional(),
    basis: term,
    article: article.optional(),
    categories: terms,
    mode,
    frames: z.strictObject({ in: count, out: count, dropped: count }).optional(),
    messages: z.strictObject({ in: count, out: count, dropped: count }).optional(),
    detail: detail.optional(),
    presence: sha256.optional(),
    expires: minute,
  }),
  /** What the box let out of one window for one purpose. */
  release: leaf('release', {
    sensor: name,
    feed: name,
    window,
    purpose: term,
    policy: sha256,
    /** Fewest contributors of a released cell. */
    k: whole.optional(),
    cells: count.optional(),
    suppressed: count.optional(),
    /** Cap of the day that the noise of this window is charged to. */
    epsilon: z.number().nonnegative().optional(),
    detail: detail.optional(),
  }),
  /** Somebody takes a feed or data; written before the first byte is served. */
  pull: leaf('pull', {
    at: instant,
    puller: name,
    purpose: term,
    feed: name,
    window: window.optional(),
    decision: sha256,
    agreement: name.optional(),
    epsilon: z.number().nonnegative().optional(),
  }),
  /** Somebody asked and got nothing. What was asked for wrongly is not repeated here: it is the asker's text. */
  refusal: leaf('refusal', {
    at: instant,
    reason,
    puller: name.optional(),
    purpose: term.optional(),
    feed: name.optional(),
    decision: sha256.optional(),
    agreement: name.optional(),
  }),
  /**
   * Somebody who was there, as they know the code of a window, does not want what was taken then to be used. Who, and how many, stands nowhere:
   * a code has one entry.
   */
  object: leaf('object', { at: instant, window, presence: sha256 }),
  /** Consents that came into force or were withdrawn in one window, on the whole box: there is one for each window, whether anybody chose or not. */
  'optin-batch': leaf('optin-batch', {
    window,
    policy: sha256,
    /** What people are asked about. */
    categories: terms,
    added: count,
    withdrawn: count,
    detail: detail.optional(),
  }),
  /**
   * What the filter took out of one stream in one window: of a camera covers, summed over frames; of a sensor what is in no release, by reason, where
   * it is more than the lowest bucket. What people's choices left out is never told apart.
   */
  filter: leaf('filter', {
    sensor: name,
    window,
    policy: sha256,
    covers: counts.optional(),
    dropped: counts.optional(),
    /** Cells that were left out for being too small. */
    suppressed: count.optional(),
    /** The opt-out list in force. Without the number of members: a change by one would show. */
    list: z.strictObject({ list: sha256, version: whole, decoyShare: share }).optional(),
    detail: detail.optional(),
  }),
  /** How long one sensor's feed was covered whole, by reason. */
  failclosed: leaf('failclosed', {
    sensor: name,
    window,
    reasons: z.array(reason).max(TEXTS_MAX),
    frames: count,
    detail: detail.optional(),
  }),
  /** A pass over what is due: everything that should be gone, and what is. */
  retention: leaf('retention', { at: instant, due: count, shredded: count, late: count }),
  /** The key of a window's details is gone. Evidence, not proof: a copy of it can't be disproved. */
  shred: leaf('shred', { at: instant, window, due: minute, key: sha256 }),
  /** Known tracks were put in front of the pipeline, and so many were missed. They are nobody. */
  canary: leaf('canary', {
    window,
    sensor: name,
    stratum: name,
    label: name,
    planted: whole,
    missed: whole,
    canarySet: sha256,
    model: sha256,
    interrupted,
  }),
  /** A figure that tools found outside of the log (a test with injected faults, an attack, a scan); their output is known by its digest. */
  measurement: leaf('measurement', {
    at: instant,
    about: reason,
    num: z.number().optional(),
    den: z.number().optional(),
    low: z.number().optional(),
    value: z.number().optional(),
    high: z.number().optional(),
    unit: name,
    method: name,
    software: name,
    evidence: sha256,
    interrupted,
  }),
  indicator: leaf('indicator', {
    id: z.int().min(1).max(999),
    period: short(/^\d{4}-(W\d{2}|\d{2}(-\d{2})?)$/),
    num: z.number().optional(),
    den: z.number().optional(),
    unit: name,
    method: name,
    value: z.number().optional(),
    strata: sha256.optional(),
    canarySet: sha256.optional(),
    model: sha256.optional(),
    evidence: sha256.optional(),
    status: z.enum(['pass', 'fail', 'reported', 'unknown']),
  }),
  /** The log goes on under another origin, since a witness has seen more than this disk holds, or something else. */
  epoch: leaf('epoch', {
    at: instant,
    origin,
    reason: z.enum(['rollback', 'fork']),
    /** What this disk held when it was found out. */
    previous: z.strictObject({ origin, size, root: root.optional() }),
    witness: z.strictObject({ name: origin, size, root: root.optional() }),
    /** Entries that were signed and are lost, `[from, to)`; absent after a fork, where nobody can say. */
    lost: z.tuple([size, size]).optional(),
  }),
  /** The sign at the site, as it should hang now. */
  sign: leaf('sign', {
    at: instant,
    sign: sha256,
    policy: sha256,
    languages: z.array(short(/^[a-z]{2,3}(-[A-Z]{2})?$/)).max(TEXTS_MAX),
  }),
};

export type Kind = keyof typeof schemas;
export const KINDS: readonly Kind[] = Object.keys(schemas) as Kind[];

/** A leaf of one kind; without the kind, of any. */
export type Leaf<K extends Kind = Kind> = { [P in K]: z.output<(typeof schemas)[P]> }[K];

/** The bytes of the entry. Throws Error that names the field: a leaf is made by our own code. */
export function encodeLeaf(leaf: Leaf): Buffer {
  const parsed = schemas[leaf.kind].safeParse(leaf);
  if (!parsed.success) throw new Error(`no ${leaf.kind} leaf: ${explain(parsed.error)}`);
  const bytes = Buffer.from(canonicalize(parsed.data) ?? '');
  if (bytes.length > LEAF_BYTES_MAX) throw new Error(`a ${leaf.kind} leaf of ${bytes.length} bytes`);
  return bytes;
}

/** The leaf in an entry, or what is wrong with it. Also refuses what is not spelt canonically. */
export function decodeLeaf(entry: Uint8Array): { leaf: Leaf } | { fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(entry).toString('utf8'));
  } catch {
    return { fault: 'not JSON' };
  }
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || !Object.hasOwn(schemas, kind)) return { fault: 'of an unknown kind' };
  const parsed = schemas[kind as Kind].safeParse(value);
  if (!parsed.success) return { fault: explain(parsed.error) };
  if (!Buffer.from(canonicalize(parsed.data) ?? '').equals(entry)) return { fault: 'not canonical JSON' };
  return { leaf: parsed.data as Leaf };
}

function explain(error: z.ZodError): string {
  const issue = error.issues[0];
  return `${issue?.path.join('.') || 'the leaf'}: ${issue?.message}`;
}

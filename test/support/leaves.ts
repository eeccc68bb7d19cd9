/** A leaf of each kind, as the agent would write it. */
import type { Kind, Leaf } from '../../edge/ledger/leaf.ts';
import { minuteOf } from '../../edge/ledger/window.ts';

const base = { v: 1, box: 'urn:box:7f3a' } as const;
const at = '2026-11-23T05:00:00Z';
const window: [string, string] = ['2026-11-23T05:00Z', 'PT15M'];
const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;
const root = Buffer.alloc(32, 1).toString('base64');

/** The usual leaf, one a sensor and window. */
export function collectLeaf(sensor: string, quarter: number): Leaf<'collect'> {
  return {
    ...base,
    kind: 'collect',
    sensor,
    window: [minuteOf(Date.UTC(2026, 10, 23) + quarter * 900_000), 'PT15M'],
    activity: 'prov:Activity',
    process: 'policy:traffic-count',
    policy: sha('1'),
    model: sha('2'),
    basis: 'https://w3id.org/dpv/legal/kr#law-PIPA',
    article: '25(1)5',
    categories: ['pd:Picture'],
    mode: 'never',
    frames: { in: 'b14', out: 'b14', dropped: 'b3' },
    detail: `hmac-sha256:${'3'.repeat(64)}`,
    presence: sha('4'),
    expires: '2026-12-23T05:15Z',
  };
}

export const leaves: { [K in Kind]: Leaf<K> } = {
  genesis: { ...base, kind: 'genesis', at, origin: 'box.example/log', key: 'k', witnesses: [], software: '0.1.0' },
  policy: { ...base, kind: 'policy', at, policy: sha('1'), counter: 3 },
  model: { ...base, kind: 'model', at, name: 'garim-street-v1', role: 'detector', model: sha('2') },
  collect: collectLeaf('cam-2', 0),
  release: {
    ...base,
    kind: 'release',
    sensor: 'cam-2',
    feed: 'gate',
    window,
    purpose: 'dpv:ImproveTransportMobility',
    policy: sha('1'),
    k: 10,
  },
  pull: {
    ...base,
    kind: 'pull',
    at,
    puller: 'org:traffic',
    purpose: 'dpv:ImproveTransportMobility',
    feed: 'gate',
    decision: sha('5'),
  },
  refusal: { ...base, kind: 'refusal', at, reason: 'no-purpose', feed: 'gate' },
  object: { ...base, kind: 'object', at, window, presence: sha('b') },
  'optin-batch': {
    ...base,
    kind: 'optin-batch',
    window,
    policy: sha('6'),
    categories: ['pd:TravelHistory'],
    added: 'b3',
    withdrawn: 'b3',
  },
  filter: {
    ...base,
    kind: 'filter',
    sensor: 'cam-2',
    window,
    policy: sha('6'),
    dropped: { incomplete: 'b5' },
    suppressed: 'b3',
    list: { list: sha('7'), version: 4, decoyShare: 0.018 },
  },
  failclosed: { ...base, kind: 'failclosed', sensor: 'cam-2', window, reasons: ['detector-late'], frames: 'b6' },
  retention: { ...base, kind: 'retention', at, due: 'b3', shredded: 'b3', late: 'b3' },
  shred: { ...base, kind: 'shred', at, window, due: '2026-12-23T05:15Z', key: sha('8') },
  canary: {
    ...base,
    kind: 'canary',
    window,
    sensor: 'cam-2',
    stratum: 'face-16-24-night',
    label: 'face',
    planted: 120,
    missed: 1,
    canarySet: sha('9'),
    model: sha('2'),
  },
  measurement: {
    ...base,
    kind: 'measurement',
    at,
    about: 'linkage-attack',
    high: 0.02,
    den: 400,
    unit: 'trial',
    method: 'auc-bootstrap-upper',
    software: '0.1.0',
    evidence: sha('b'),
  },
  indicator: {
    ...base,
    kind: 'indicator',
    id: 1,
    period: '2026-W47',
    num: 0,
    den: 3120,
    unit: 'track',
    method: 'cp95-upper',
    value: 0.00096,
    status: 'pass',
  },
  epoch: {
    ...base,
    kind: 'epoch',
    at,
    origin: 'box.example/log/epoch-2-00c0ffee',
    reason: 'rollback',
    previous: { origin: 'box.example/log', size: 4, root },
    witness: { name: 'hub.example/witness', size: 9, root },
    lost: [4, 9],
  },
  sign: { ...base, kind: 'sign', at, sign: sha('a'), policy: sha('1'), languages: ['ko', 'en'] },
};

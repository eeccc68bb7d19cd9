/** Messages that no sensor process of ours would send; apart, since importing the stub runs it. */
const RECORD = '2f0b3d0e-6d5b-4d3f-9c57-3a1c0a2b4c5d';

const answer = (value: object): object => ({ type: 'choice-answer', id: 1, answer: value });

export const SENSOR_GARBAGE: readonly (object | string | number)[] = [
  'hello',
  42,
  {},
  { type: 'reading', mac: '02:00:00:00:00:01' },
  { type: 'status', sensors: { gate: { intake: { state: 'fine', lastError: '' } } } },
  { type: 'release' },
  { type: 'stopped', and: 'more' },
  { type: 'choice-effect', choice: 'plate 12가3456', tookMs: 1 },
  { type: 'choice-effect', choice: 'pause', tookMs: -1 },
  answer({ kind: 'withdrawal', of: RECORD }),
  answer({ kind: 'refused', refused: 'Hong Gildong' }),
  answer({ kind: 'pause', untilMs: Number.MAX_VALUE }),
  answer({ kind: 'opt-in', receipt: { record: 'Hong Gildong', subject: `urn:uuid:${RECORD}`, createdMs: 0 } }),
  answer({ kind: 'opt-in', receipt: { record: RECORD, subject: 'Hong Gildong', createdMs: 0 } }),
  answer({ kind: 'keys', keys: { pause: { epoch: 1, publicKey: new Uint8Array(33) } } }),
  answer({
    kind: 'tokens',
    issued: { epoch: 1, publicKey: new Uint8Array(32), evaluated: ['text'], proof: new Uint8Array(64) },
  }),
];

/**
 * What can be asked of whoever keeps people's choices, and what it answers: closed unions, since both cross a process boundary. Who takes
 * requests from phones (gateway), who carries them (agent) and who keeps the choices (sensor process) agree on these.
 */
import type { OptInRequest, PauseRequest, WithdrawalRequest } from './requests.ts';
import type { TokenKind } from './token-keys.ts';
import type { Issued } from './tokens.ts';

export type ChoiceRequest =
  | { kind: 'keys' }
  | { kind: 'tokens'; of: TokenKind; blinded: readonly Uint8Array[] }
  | { kind: 'opt-in'; request: OptInRequest }
  | { kind: 'withdrawal'; request: WithdrawalRequest }
  | { kind: 'pause'; request: PauseRequest };

export const CHOICE_REFUSALS = [
  'token-expired',
  'token-forged',
  'token-spent',
  'tokens-exhausted',
  'sensor-unknown',
  'nothing-to-agree-to', // the sensor uses nothing that needs consent
  'category-unknown', // the sensor does not see this kind of identifier
  'key-malformed',
  'too-many',
  'record-unknown', // or the signature is not of its key: one answer, so that nobody learns which records there are
  'zone-unknown',
  'already-paused',
  'paused-too-often',
  'not-kept', // the disk or a part of the box failed; nothing is promised
] as const;
export type ChoiceRefusal = (typeof CHOICE_REFUSALS)[number];

/** What a consent record is made of beside the policy and the holder's key: whoever has these writes the same record again. */
export interface OptInReceipt {
  record: string;
  subject: string;
  createdMs: number;
}

/** Public keys, the same for everybody. */
export type TokenPublicKeys = Readonly<Record<TokenKind, { epoch: number; publicKey: Uint8Array }>>;

export type ChoiceAnswer =
  | { kind: 'keys'; keys: TokenPublicKeys }
  | { kind: 'tokens'; issued: Issued }
  | { kind: 'opt-in'; receipt: OptInReceipt }
  | { kind: 'withdrawal' }
  | { kind: 'pause'; untilMs: number }
  | { kind: 'refused'; refused: ChoiceRefusal };

/**
 * All choices of people that a box knows, behind the port that a sensor's path asks. Requests come from phones by way of the gateway: whoever
 * answers them passes what was sent, and gets an answer that names what was refused and nobody.
 */
import { createPublicKey, verify } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, systemClock } from '../../base/clock.ts';
import { UserError } from '../../base/errors.ts';
import type { Policy, SensorPolicy } from '../schema.ts';
import type { CategoryId } from '../taxonomy.ts';
import {
  type ConsentRecord,
  categoriesAskedFor,
  isWithdrawn,
  newConsentRecord,
  receiptOf,
  withdrawn,
} from './consent-record.ts';
import { ConsentStore } from './consent-store.ts';
import type { ChoiceAnswer, ChoiceRefusal, ChoiceRequest, TokenPublicKeys } from './exchange.ts';
import { OPT_IN_MS, OptIns } from './opt-ins.ts';
import {
  keyFileOf,
  type OptOutKey,
  type OptOutList,
  optOutDir,
  readOptOutKey,
  readOptOutList,
  rhoOf,
} from './opt-out-list.ts';
import type { Choices, EffectTime, OptOutListInForce } from './port.ts';
import {
  type OptInRequest,
  optInMessage,
  type PauseRequest,
  pauseMessage,
  type WithdrawalRequest,
  withdrawalMessage,
} from './requests.ts';
import { TokenKeys, type TokenKind } from './token-keys.ts';
import { type Issued, type TokenRefusal, Tokens } from './tokens.ts';
import { type PauseRefusal, ZonePauses } from './zone-pauses.ts';

type PauseAnswer = { untilMs: number } | { refused: TokenRefusal | PauseRefusal | 'zone-unknown' };

export interface ChoiceBookOptions {
  stateDir: string;
  /** Public name of this box, which holders put into their tokens. */
  box: string;
  policy: Policy;
  clock?: Clock;
  /** Called when a list that was synced is in force. How long requests took is for whoever brings them to say. */
  onEffect?: (effect: EffectTime) => void;
}

export class ChoiceBook implements Choices {
  readonly #stateDir: string;
  readonly #clock: Clock;
  readonly #onEffect: (effect: EffectTime) => void;
  readonly #optIns = new OptIns();
  readonly #keys: TokenKeys;
  readonly #tokens: Tokens;
  readonly #pauses: ZonePauses;
  readonly #consents: ConsentStore;
  #policy: Policy;
  #turn: Promise<unknown> = Promise.resolve();
  #terms = new Map<string, string>();
  #list: { key: OptOutKey; list: OptOutList; version: string } | undefined;

  private constructor(options: ChoiceBookOptions, parts: [TokenKeys, Tokens, ZonePauses, ConsentStore]) {
    this.#stateDir = options.stateDir;
    this.#clock = options.clock ?? systemClock;
    this.#onEffect = options.onEffect ?? (() => {});
    [this.#keys, this.#tokens, this.#pauses, this.#consents] = parts;
    this.#policy = options.policy;
    this.usePolicy(options.policy);
  }

  /** Throws UserError for a damaged list or key: who refused is then not known, and nothing may be let out. */
  static async open(options: ChoiceBookOptions): Promise<ChoiceBook> {
    const { stateDir, box, clock = systemClock } = options;
    const keys = await TokenKeys.open(stateDir);
    const book = new ChoiceBook(options, [
      keys,
      await Tokens.open({ stateDir, box, keys }),
      await ZonePauses.open(stateDir),
      await ConsentStore.open(stateDir, clock.wallMs()),
    ]);
    await book.#loadList(false);
    return book;
  }

  /** Opt-ins to what the new policy says otherwise say nothing from here on. */
  usePolicy(policy: Policy): void {
    this.#policy = policy;
    this.#terms = new Map(Object.entries(policy.sensors).map(([name, sensor]) => [name, termsOf(sensor)]));
  }

  isRefused(_sensor: string, category: CategoryId, value: string): boolean {
    if (category !== 'plate' || this.#list === undefined) return false;
    return this.#list.list.tags.has(this.#list.key.tagOf(value));
  }

  hasOptedIn(sensor: string, category: CategoryId, value: string): boolean {
    const terms = this.#terms.get(sensor);
    return terms !== undefined && this.#optIns.has(sensor, category, value, terms, this.#clock);
  }

  isPaused(sensor: string, nowMs: number): boolean {
    return this.#pauses.isPaused(this.#zoneOf(sensor), nowMs);
  }

  decoyShare(category: CategoryId): number {
    return category !== 'plate' || this.#list === undefined ? 0 : rhoOf(this.#list.list);
  }

  /** Undefined before the first batch. */
  get optOutList(): OptOutListInForce | undefined {
    if (this.#list === undefined) return undefined;
    const { sha256, sequence } = this.#list.list.header;
    return { sha256, sequence, decoyShare: rhoOf(this.#list.list) };
  }

  /** Takes up a list that was synced since; to be called every few seconds. Throws as `open` does, and the old list stays in force. */
  async refresh(): Promise<void> {
    await this.#loadList(true);
  }

  /** A request that came from elsewhere, answered when what it asks for is in force. Rejects when the disk fails. */
  async answer(asked: ChoiceRequest): Promise<ChoiceAnswer> {
    switch (asked.kind) {
      case 'keys':
        return { kind: 'keys', keys: await this.tokenKeys() };
      case 'tokens': {
        const issued = await this.issueTokens(asked.of, asked.blinded);
        return typeof issued === 'string' ? refused(issued) : { kind: 'tokens', issued };
      }
      case 'opt-in': {
        const answer = await this.optIn(asked.request);
        return 'refused' in answer ? refused(answer.refused) : { kind: 'opt-in', receipt: receiptOf(answer.record) };
      }
      case 'withdrawal':
        return (await this.withdraw(asked.request)) ? { kind: 'withdrawal' } : refused('record-unknown');
      case 'pause': {
        const answer = await this.pauseZone(asked.request);
        return 'refused' in answer ? refused(answer.refused) : { kind: 'pause', untilMs: answer.untilMs };
      }
    }
  }

  issueTokens(kind: TokenKind, blinded: readonly Uint8Array[]): Promise<Issued | TokenRefusal> {
    return this.#tokens.issue(kind, blinded, this.#clock.wallMs());
  }

  /** The public keys that holders check proofs against; the same for everybody, and to be published where all see them. */
  async tokenKeys(): Promise<TokenPublicKeys> {
    const keyOf = async (kind: TokenKind) => {
      const { epoch, publicKey } = await this.#keys.current(kind, this.#clock.wallMs());
      return { epoch, publicKey };
    };
    return { 'opt-in': await keyOf('opt-in'), pause: await keyOf('pause') };
  }

  /** The record is the receipt: the phone keeps it. */
  async optIn(request: OptInRequest): Promise<{ record: ConsentRecord } | { refused: ChoiceRefusal }> {
    const nowMs = this.#clock.wallMs();
    const { sensor: name, category, value, holderKey } = request;
    const sensor = Object.hasOwn(this.#policy.sensors, name) ? this.#policy.sensors[name] : undefined;
    if (sensor === undefined) return { refused: 'sensor-unknown' };
    const { controller } = this.#policy;
    if (categoriesAskedFor(sensor).length === 0 || controller === undefined) return { refused: 'nothing-to-agree-to' };
    if (!Object.values(sensor.fields).some((field) => field.category === category))
      return { refused: 'category-unknown' };
    if (holderKeyOf(holderKey) === undefined) return { refused: 'key-malformed' };
    if (this.#consents.isFull || !this.#optIns.hasRoom(this.#clock)) return { refused: 'too-many' };
    const refused = await this.#tokens.spend('opt-in', request.token, optInMessage(request), nowMs);
    if (refused !== undefined) return { refused };
    const record = newConsentRecord({ controller, sensor, holderKey, nowMs });
    // Before it is used: what can't be shown to have been agreed to was not.
    await this.#consents.write(record, true);
    this.#optIns.add(name, category, value, {
      record: record.id,
      terms: termsOf(sensor),
      untilMs: nowMs + OPT_IN_MS,
      untilMonotonicMs: this.#clock.monotonicMs() + OPT_IN_MS,
    });
    return { record };
  }

  /** In force at once, durable when it returns; false for an unknown record and for a signature that is not of its key. */
  async withdraw({ record: id, signature }: WithdrawalRequest): Promise<boolean> {
    const record = await this.#consents.read(id);
    const key = record === undefined ? undefined : holderKeyOf(record.holderKey);
    if (record === undefined || key === undefined) return false;
    if (!verify(null, withdrawalMessage(id), key, Buffer.from(signature, 'base64'))) return false;
    this.#optIns.remove(id);
    if (!isWithdrawn(record)) await this.#consents.write(withdrawn(record, this.#clock.wallMs()), false);
    return true;
  }

  /** A token that is refused for the zone's sake is not spent. One at a time, so that two can't take the last pause of an hour. */
  pauseZone(request: PauseRequest): Promise<PauseAnswer> {
    const answer = this.#turn.then(() => this.#pauseZone(request));
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async #pauseZone(request: PauseRequest): Promise<PauseAnswer> {
    const nowMs = this.#clock.wallMs();
    const { token, zone } = request;
    if (!Object.keys(this.#policy.sensors).some((sensor) => this.#zoneOf(sensor) === zone))
      return { refused: 'zone-unknown' };
    const unfit = this.#pauses.check(zone, nowMs);
    if (unfit !== undefined) return { refused: unfit };
    const refused = await this.#tokens.spend('pause', token, pauseMessage(zone), nowMs);
    if (refused !== undefined) return { refused };
    return { untilMs: await this.#pauses.pause(zone, nowMs) };
  }

  /** Deletes records that were kept long enough, and keys of tokens that have expired; to be called every hour. */
  async expire(): Promise<void> {
    const nowMs = this.#clock.wallMs();
    await this.#tokens.expire(nowMs);
    await this.#consents.expire(nowMs);
  }

  async #loadList(isChange: boolean): Promise<void> {
    const version = await versionOf(path.join(optOutDir(this.#stateDir), 'list'));
    if (this.#list !== undefined && this.#list.version === version) return;
    const key = await readOptOutKey(this.#stateDir);
    if (key === undefined && this.#list === undefined && version === 'none') return;
    if (key === undefined) {
      throw new UserError(`${keyFileOf(this.#stateDir)} is missing, and there is a list that needs it.`, {
        fix: 'Copy choices/opt-out/key from the desk, with mode 600.',
      });
    }
    const list = await readOptOutList(this.#stateDir, key);
    if (list.header.sequence < (this.#list?.list.header.sequence ?? 0)) {
      throw new UserError(
        'The opt-out list went back to an older one; the newer stays in force until the next start.',
        {
          fix: 'Run garim optout sync with all batches.',
        },
      );
    }
    this.#list = { key, list, version };
    if (isChange && list.header.sequence > 0) {
      this.#onEffect({ choice: 'opt-out-list', tookMs: Math.max(0, this.#clock.wallMs() - list.header.madeMs) });
    }
  }

  #zoneOf(sensor: string): string {
    return (Object.hasOwn(this.#policy.sensors, sensor) ? this.#policy.sensors[sensor]?.zone : undefined) ?? sensor;
  }
}

function refused(why: ChoiceRefusal): ChoiceAnswer {
  return { kind: 'refused', refused: why };
}

/** What people agree to: the purpose, and what is used. */
function termsOf(sensor: SensorPolicy): string {
  return `${sensor.purpose} ${categoriesAskedFor(sensor).join(' ')}`;
}

/** Renaming a file in place changes at least one of these. */
async function versionOf(file: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
}

function holderKeyOf(base64: string): ReturnType<typeof createPublicKey> | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(base64)) return undefined;
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: base64url(base64) }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function base64url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url');
}

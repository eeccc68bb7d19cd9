/** A box's choices over HTTP without a box: the real routes, carrier and book; what would cross between processes is copied as IPC copies it. */
import { ChoiceCarrier } from '../../edge/agent/choices.ts';
import { parseFromSensors } from '../../edge/agent/sensor-message.ts';
import { type Clock, systemClock } from '../../edge/base/clock.ts';
import { ChoiceBook } from '../../edge/policy/choices/choice-book.ts';
import type { ChoiceAnswer, ChoiceRequest } from '../../edge/policy/choices/exchange.ts';
import type { ChoiceOffer } from '../../edge/policy/choices/offer.ts';
import type { EffectTime } from '../../edge/policy/choices/port.ts';
import { optInMessage, pauseMessage } from '../../edge/policy/choices/requests.ts';
import type { TokenKind } from '../../edge/policy/choices/token-keys.ts';
import type { Issued } from '../../edge/policy/choices/tokens.ts';
import { policyWith, sensorWith } from './policies.ts';
import { newHolderKey, spendFor, TokenHolder, type Unspent } from './token-holder.ts';

export const DESK_TOKEN = 'desk-token-0123456789abcdef';
const BOX = '0123456789abcdef';

const BUS = sensorWith(
  {
    card: { category: 'transit-card', transform: { kind: 'contributor' } },
    at: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
  },
  { zone: 'square' },
);
const WIFI = sensorWith({ mac: { category: 'mac-address', transform: { kind: 'contributor' } } }, { zone: 'square' });
const POLICY = policyWith({ bus: BUS, wifi: WIFI });

export async function choicesOf(stateDir: string, { clock = systemClock }: { clock?: Clock } = {}) {
  const book = await ChoiceBook.open({ stateDir, box: BOX, policy: POLICY, clock });
  const effects: EffectTime[] = [];
  const ask = async (request: ChoiceRequest): Promise<ChoiceAnswer | undefined> => {
    const answer = await book.answer(structuredClone(request));
    const message = parseFromSensors(structuredClone({ type: 'choice-answer', id: 1, answer }));
    return message?.type === 'choice-answer' ? message.answer : undefined;
  };
  const carrier = new ChoiceCarrier({
    policy: POLICY,
    box: BOX,
    clock: systemClock,
    ask,
    onEffect: (effect) => effects.push(effect),
  });
  return { book, carrier, effects };
}

/** A phone, and the desk that gets it tokens, at the address of a box. */
export class Phone {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.#url}/choices${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  async offer(): Promise<ChoiceOffer> {
    return (await (await fetch(`${this.#url}/choices`)).json()) as ChoiceOffer;
  }

  async tokens(kind: TokenKind, count: number): Promise<Unspent[]> {
    const { box, tokenKeys } = await this.offer();
    const holder = new TokenHolder(box);
    const blinded = holder.blind(count).map((each) => Buffer.from(each).toString('base64'));
    const headers = { authorization: `Bearer ${DESK_TOKEN}` };
    const response = await this.post('/tokens', { kind, blinded }, headers);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const { epoch, publicKey, evaluated, proof } = (await response.json()) as {
      [Key in keyof Issued]: Key extends 'epoch' ? number : Key extends 'evaluated' ? string[] : string;
    };
    const issued: Issued = {
      epoch,
      publicKey: Buffer.from(publicKey, 'base64'),
      evaluated: evaluated.map((each) => Buffer.from(each, 'base64')),
      proof: Buffer.from(proof, 'base64'),
    };
    return holder.finish(issued, Buffer.from(tokenKeys[kind].publicKey, 'base64'));
  }
}

/** Body of an opt-in for one identifier, and the key that withdraws it. */
export function optInBody(unspent: Unspent, what: { sensor: string; category: 'transit-card'; value: string }) {
  const key = newHolderKey();
  const request = { ...what, holderKey: key.publicKey };
  return { key, body: { ...request, token: shownToken(spendFor(unspent, optInMessage(request))) } };
}

export function pauseBody(unspent: Unspent, zone: string) {
  return { zone, token: shownToken(spendFor(unspent, pauseMessage(zone))) };
}

function shownToken({ epoch, nonce, mac }: ReturnType<typeof spendFor>) {
  return { epoch, nonce: nonce.toString('base64'), mac: mac.toString('base64') };
}

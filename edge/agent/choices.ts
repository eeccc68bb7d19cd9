/**
 * Carries people's choices from the gateway to the sensor process, which keeps them: what is agreed to and withdrawn there holds for the
 * next reading, and no second copy has to be brought up to date. The agent keeps nothing of a request.
 *
 * The sensor process parses what strangers send, so its answers are checked (`sensor-message.ts`), and the consent record that a person
 * gets is written here, from the policy and three values of the answer: no text of a reading fits into it.
 */
import type { Clock } from '../base/clock.ts';
import type { PeoplesChoices, Refused } from '../gateway/choices/port.ts';
import { consentRecordOf } from '../policy/choices/consent-record.ts';
import type { ChoiceAnswer, ChoiceRequest } from '../policy/choices/exchange.ts';
import { offerOf } from '../policy/choices/offer.ts';
import type { EffectTime } from '../policy/choices/port.ts';
import type { Policy } from '../policy/schema.ts';

/** Requests that wait for their answers: what the process answers in a few seconds. Beyond it people are asked to come again. */
const QUESTIONS_MAX = 64;

/** A disk syncs in less; a process that takes longer is hung or flooded. */
const ANSWER_MS_MAX = 10_000;

type Done = (answer: ChoiceAnswer | undefined) => void;

/** Requests under way. Owned by whoever owns the process. */
export class ChoiceQuestions {
  readonly #open = new Map<number, Done>();
  #last = 0;

  /** Undefined when there is no answer: the process is gone, too slow, or has too many to answer. */
  ask(send: (id: number) => boolean): Promise<ChoiceAnswer | undefined> {
    if (this.#open.size >= QUESTIONS_MAX) return Promise.resolve(undefined);
    const id = ++this.#last;
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(undefined), ANSWER_MS_MAX);
      const done: Done = (answer) => {
        clearTimeout(timer);
        this.#open.delete(id);
        resolve(answer);
      };
      this.#open.set(id, done);
      if (!send(id)) done(undefined);
    });
  }

  /** An answer that nobody waits for is dropped. */
  answered(id: number, answer: ChoiceAnswer): void {
    this.#open.get(id)?.(answer);
  }

  /** The process is gone, and with it the answers. */
  lost(): void {
    for (const done of [...this.#open.values()]) done(undefined);
  }
}

export interface ChoiceCarrierOptions {
  policy: Policy;
  box: string;
  clock: Clock;
  ask(request: ChoiceRequest): Promise<ChoiceAnswer | undefined>;
  onEffect(effect: EffectTime): void;
}

export class ChoiceCarrier implements PeoplesChoices {
  readonly #options: ChoiceCarrierOptions;

  constructor(options: ChoiceCarrierOptions) {
    this.#options = options;
  }

  async offer(): ReturnType<PeoplesChoices['offer']> {
    const { policy, box } = this.#options;
    const answer = await this.#ask({ kind: 'keys' });
    return 'refused' in answer ? answer : offerOf(policy, box, answer.keys);
  }

  async issue({ kind, blinded }: Parameters<PeoplesChoices['issue']>[0]): ReturnType<PeoplesChoices['issue']> {
    const answer = await this.#ask({ kind: 'tokens', of: kind, blinded });
    return 'refused' in answer ? answer : answer.issued;
  }

  async optIn(request: Parameters<PeoplesChoices['optIn']>[0]): ReturnType<PeoplesChoices['optIn']> {
    const { policy } = this.#options;
    const { sensor: name, holderKey } = request;
    const answer = await this.#ask({ kind: 'opt-in', request });
    if ('refused' in answer) return answer;
    const sensor = Object.hasOwn(policy.sensors, name) ? policy.sensors[name] : undefined;
    const { controller } = policy;
    if (sensor === undefined || controller === undefined) return { refused: 'nothing-to-agree-to' };
    return consentRecordOf({ controller, sensor, holderKey }, answer.receipt);
  }

  async withdraw(request: Parameters<PeoplesChoices['withdraw']>[0]): ReturnType<PeoplesChoices['withdraw']> {
    const answer = await this.#ask({ kind: 'withdrawal', request });
    return 'refused' in answer ? answer : 'withdrawn';
  }

  async pause(request: Parameters<PeoplesChoices['pause']>[0]): ReturnType<PeoplesChoices['pause']> {
    const answer = await this.#ask({ kind: 'pause', request });
    return 'refused' in answer ? answer : { untilMs: answer.untilMs };
  }

  /** The answer to the very kind of question. The time until a choice is in force is that until the answer: it comes after. */
  async #ask<Kind extends ChoiceRequest['kind']>(
    request: Extract<ChoiceRequest, { kind: Kind }>,
  ): Promise<Extract<ChoiceAnswer, { kind: Kind }> | Refused> {
    const { clock, ask, onEffect } = this.#options;
    const askedMs = clock.monotonicMs();
    const answer = await ask(request);
    if (answer === undefined) return { refused: 'unavailable' };
    if (answer.kind === 'refused') return { refused: answer.refused };
    if (answer.kind !== request.kind) return { refused: 'unavailable' };
    if (answer.kind === 'opt-in' || answer.kind === 'withdrawal' || answer.kind === 'pause') {
      onEffect({ choice: answer.kind, tookMs: clock.monotonicMs() - askedMs });
    }
    return answer as Extract<ChoiceAnswer, { kind: Kind }>;
  }
}

/**
 * What the viewers of one RTSP connection pull for. A player says it in the address of its first request; later ones may lack it, since
 * the addresses in a description have no query. So what was said about a feed holds for the connection, and what was decided is kept for PLAY.
 */
import { pullerId } from '../../config/use.ts';
import { askedOf, saysNothing } from '../use/asked.ts';
import type { Decision, UseRequest } from '../use/decision.ts';
import type { Admission, UseDesk } from '../use/desk.ts';
import { holdUse } from '../use/held.ts';

export type Refused = Extract<Admission, { admitted: false }>['reason'];

/** Feeds whose purpose one connection may say; players say one. */
const FEEDS_MAX = 16;

export class ConnectionUses {
  readonly #desk: UseDesk;
  /** By user and feed. */
  readonly #decisions = new Map<string, Decision>();

  constructor(desk: UseDesk) {
    this.#desk = desk;
  }

  /** Decides what the address asks for. A refusal is on record when this resolves; a permission is not used yet. */
  async check(user: string, feed: string, uri: string): Promise<Refused | undefined> {
    const asked = askedOf(uri);
    const key = `${user} ${feed}`;
    const known = this.#decisions.get(key);
    const decision =
      known !== undefined && saysNothing(asked) ? known : this.#desk.decide(requestOf(user, feed, asked));
    this.#decisions.set(key, decision);
    if (this.#decisions.size > FEEDS_MAX) this.#decisions.delete(this.#decisions.keys().next().value ?? '');
    if (decision.permitted) return undefined;
    const admission = await this.#desk.admit(decision);
    return admission.admitted ? undefined : admission.reason;
  }

  /** For a session that is being set up, after `check`. */
  of(user: string, feed: string): ViewerUse {
    const decision = this.#decisions.get(`${user} ${feed}`) ?? this.#desk.decide(requestOf(user, feed, {}));
    return new ViewerUse(this.#desk, decision);
  }
}

/** The use of one session, from its first PLAY to its end. */
export class ViewerUse implements Disposable {
  readonly #desk: UseDesk;
  readonly #decision: Decision;
  #held: Disposable | undefined;
  #isOver = false;

  constructor(desk: UseDesk, decision: Decision) {
    this.#desk = desk;
    this.#decision = decision;
  }

  /** Undefined once the pull is on record. `onLapse`: it was refused or could not be recorded when its window ended. */
  async admit(onLapse: () => void): Promise<Refused | undefined> {
    if (this.#held !== undefined) return undefined;
    const admission = await this.#desk.admit(this.#decision);
    if (!admission.admitted) return admission.reason;
    if (!this.#isOver) this.#held = holdUse(this.#desk, this.#decision.request, admission.untilMs, onLapse);
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#held?.[Symbol.dispose]();
  }
}

function requestOf(user: string, feed: string, asked: UseRequest['asked']): UseRequest {
  return { puller: pullerId(user), feed, kind: 'camera', way: 'rtsp', asked };
}

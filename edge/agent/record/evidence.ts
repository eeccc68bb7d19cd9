/**
 * Whether what leaves the box can be put on record. No evidence, no feed: while it is not there, the feeds let nothing through but pictures
 * that are covered whole, camera processes are told to cover, and releases of sensors are dropped.
 *
 * It is not there until it was said to be. A ledger that failed stays failed for this process, since nobody knows what is on its disk; every
 * other reason is lifted when it is over.
 */

export type EvidenceState =
  | 'kept'
  | 'starting'
  | 'held' // nothing is signed until a witness has confirmed that nothing is lost
  | 'refused' // the ledger takes nothing now: its disk is full or too slow
  | 'failed';

/** What those need to know who let something out. */
export interface Evidence {
  readonly isThere: boolean;
  /** One line for a person: what is wrong and what to do; empty while it is there. */
  readonly advice: string;
  /** Calls back at each change, within the change. */
  onChange(listener: (isThere: boolean) => void): void;
}

export class EvidenceGate implements Evidence {
  #state: EvidenceState = 'starting';
  #advice = 'The record is being opened.';
  readonly #listeners: ((isThere: boolean) => void)[] = [];

  get state(): EvidenceState {
    return this.#state;
  }

  get isThere(): boolean {
    return this.#state === 'kept';
  }

  get advice(): string {
    return this.#advice;
  }

  onChange(listener: (isThere: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Gives whether this is news. */
  become(state: 'kept'): boolean;
  become(state: 'held' | 'refused' | 'failed', advice: string): boolean;
  become(state: EvidenceState, advice = ''): boolean {
    if (this.#state === 'failed' || this.#state === state) return false;
    const wasThere = this.isThere;
    this.#state = state;
    this.#advice = advice;
    if (this.isThere !== wasThere) for (const listener of this.#listeners) listener(this.isThere);
    return true;
  }
}

/**
 * What a sensor's path asks about people's choices. Answers come from memory and never wait; a change takes effect with the next question.
 */
import type { CategoryId } from '../taxonomy.ts';

export interface Choices {
  /** The person is on the list of this category. Values are taken as read: normalising is done here. */
  isRefused(sensor: string, category: CategoryId, value: string): boolean;
  /** The person behind this identifier agreed to this sensor's use, and did not withdraw. */
  hasOptedIn(sensor: string, category: CategoryId, value: string): boolean;
  /** Somebody paused the sensor's zone. */
  isPaused(sensor: string, nowMs: number): boolean;
  /** Share of those who did not refuse that the list of this category leaves out all the same, at random: 0 where there is no list. */
  decoyShare(category: CategoryId): number;
}

/** How long a choice took to take effect: for the metrics, and for the indicator of opt-out latency. Names nobody. */
export interface EffectTime {
  choice: 'opt-out-list' | 'opt-in' | 'withdrawal' | 'pause';
  tookMs: number;
}

/** Which opt-out list is in force: for the record. Says nothing of how many are on it. */
export interface OptOutListInForce {
  /** Of its tags, hex. */
  sha256: string;
  sequence: number;
  decoyShare: number;
}

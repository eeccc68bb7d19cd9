/** What the uplink asks of a hub, whatever it speaks. One contract suite runs against every implementation (test/contract/sink.test.ts). */
import type { Release } from '../sensor/messages.ts';

export interface Sink {
  /** Where to, fit to be shown: no credentials. */
  readonly target: string;
  /**
   * Resolves when the hub has taken the release. It may be given the same one again; its id makes that harmless.
   * Rejects with WorldError `hub-refused` when this release will never be taken, with any other error when trying again may help.
   */
  deliver(release: Release, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

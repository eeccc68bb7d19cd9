/** The last look before a release leaves the sensor process: what may leave may depend on what the box's other sensors say. */
import type { Release } from './messages.ts';

export interface LinkageGuard {
  /**
   * Releases that are due together, less what must be left out of them. What it does not give back is withheld, and counted under its
   * reason; the windows in question are over, so a refusal is final.
   */
  pass(due: readonly Release[]): {
    released: readonly Release[];
    withheld: readonly { release: Release; reason: string }[];
  };
  /** Cells and releases that were held back since the last call, by reason. */
  takeCounts(): Readonly<Partial<Record<string, number>>>;
}

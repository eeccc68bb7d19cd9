/**
 * What crosses between the sensor process and the agent: closed unions, and nothing else. No member can hold a reading, an identifier or a
 * pseudonym. This is the one file of `sensor/` that the agent side may import.
 */
import type { SensorPolicy } from '../policy/schema.ts';

/** One row of a released table. */
export interface ReleasedCell {
  /** Generalised group: band, H3 cell or listed value by field. Empty for the whole sensor. */
  group: Readonly<Record<string, string>>;
  /** Figures by field name; `contributors` is the count of contributors where the policy has one, `readings` the count of readings. */
  figures: Readonly<Record<string, number>>;
}

/** Everything that one sensor says about one window. */
export interface Release {
  v: 1;
  /** The same for the same sensor and window, however often it is sent: the hub's key for at-least-once delivery. */
  id: string;
  sensor: string;
  kind: SensorPolicy['release'];
  purpose: string;
  place?: SensorPolicy['place'];
  window: { startMs: number; endMs: number };
  cells: readonly ReleasedCell[];
  suppressedCells: number;
  privacy: { k: number; contributionsMax: number; epsilon?: number; unit: string };
  /** sha256 of the policy in force, hex. */
  policyDigest: string;
}

/**
 * What crosses between the sensor process and the agent: closed unions, and nothing else. No member can hold a reading, an identifier or a
 * pseudonym. This is the one file of `sensor/` that the gateway and the uplink may
 * import.
 */
import type { ResolvedIntake } from '../config/intake.ts';
import type { ChoiceAnswer, ChoiceRequest } from '../policy/choices/exchange.ts';
import type { EffectTime, OptOutListInForce } from '../policy/choices/port.ts';
import type { Policy, SensorPolicy } from '../policy/schema.ts';

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
  privacy: {
    k: number;
    contributionsMax: number;
    epsilon?: number;
    unit: string;
    /**
     * Share of contributors who refused nothing and were left out all the same, to hide who refused: figures of contributors are already
     * multiplied with 1 / (1 - decoyShare), and estimate all who did not refuse.
     */
    decoyShare?: number;
  };
  /** sha256 of the policy in force, hex. */
  policyDigest: string;
}

/** How a sensor is doing, and what it counted since the last time. Counts say how many and why, never who. */
export interface SensorReport {
  intake: { state: 'connecting' | 'connected' | 'lost' | 'ended'; lastError: string };
  counts: {
    messages: number;
    readings: number;
    dropped: Partial<Record<string, number>>;
    releases: number;
    /** Closed windows without a release, by reason. */
    withheld: Partial<Record<string, number>>;
    suppressedCells: number;
  };
  /** What is lost if the process dies now. */
  openWindows: number;
  heldReleases: number;
}

export type ToSensors =
  | {
      type: 'start';
      /** Public name of this box. */
      box: string;
      stateDir: string;
      policy: Policy;
      policyDigest: string;
      /** With their secrets. */
      intakes: Readonly<Record<string, ResolvedIntake>>;
    }
  /** Bytes of one message for a sensor that a camera of this box feeds. None is sent before the first `status`. */
  | { type: 'message'; sensor: string; data: Uint8Array }
  /** A camera of this box sees all values of a field at present but these. Repeated once a second. */
  | { type: 'unseen'; sensor: string; field: string; values: readonly string[] }
  | { type: 'choice'; id: number; request: ChoiceRequest }
  | { type: 'stop' };

export type FromSensors =
  | { type: 'status'; sensors: Readonly<Record<string, SensorReport>> }
  | { type: 'release'; release: Release }
  /** To a `choice`: what it asked for is in force, or was refused. */
  | { type: 'choice-answer'; id: number; answer: ChoiceAnswer }
  /** A choice that was not asked for by a message is in force. */
  | ({ type: 'choice-effect' } & EffectTime)
  /** At start, and when another list comes into force. */
  | ({ type: 'opt-out-list' } & OptOutListInForce)
  /** All windows are discarded; nothing follows. */
  | { type: 'stopped' };

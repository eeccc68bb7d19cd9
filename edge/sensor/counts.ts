/** What a sensor's path counted: sums by closed reasons, and nothing that could hold a value of a message. */
import type { IntakeDropReason } from './reading.ts';
import type { WindowDrop } from './window.ts';

/** Why a message, a reading or a part of it is in no release. Each is a label of `garim_sensor_dropped_total`. */
export type SensorDropReason =
  | IntakeDropReason
  | WindowDrop
  | 'choice' // somebody refused, did not agree, or paused the zone: one reason, so that no count tells which
  | 'late' // its window is over
  | 'ahead' // of the box's clock
  | 'window-incomplete' // its window began before this process did
  | 'windows-full'
  | 'clock-jump' // it waited in a window whose times turned out wrong
  | 'stopped' // it waited in a window when the process was asked to stop
  | 'withheld'; // its window was closed, and its release was refused by the budget or the linkage guard

export interface SensorCounts {
  messages: number;
  readings: number;
  dropped: Partial<Record<SensorDropReason, number>>;
  releases: number;
  /** Windows that were closed and gave no release, by reason. */
  withheld: Partial<Record<string, number>>;
  suppressedCells: number;
}

export function noCounts(): SensorCounts {
  return { messages: 0, readings: 0, dropped: {}, releases: 0, withheld: {}, suppressedCells: 0 };
}

export function countDrop(counts: SensorCounts, reason: SensorDropReason, times = 1): void {
  counts.dropped[reason] = (counts.dropped[reason] ?? 0) + times;
}

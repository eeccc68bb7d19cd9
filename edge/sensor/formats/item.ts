/** What a file gives, one after another. What was read before damage stays valid. */
import type { IntakeDropReason } from '../reading.ts';

/** Where in a file, for a person who looks for it: lines count from 1, bytes from 0. */
export interface Place {
  unit: 'line' | 'byte';
  at: number;
}

export type FileItem =
  | { kind: 'message'; bytes: Uint8Array }
  /** One record was left out; the next goes on. */
  | { kind: 'dropped'; reason: IntakeDropReason; at: Place }
  /** Nothing after this place could be read. `what` holds no content of the file. */
  | { kind: 'damaged'; what: string; at: Place };

const encoder = new TextEncoder();

export function messageOf(value: Record<string, unknown>): FileItem {
  return { kind: 'message', bytes: encoder.encode(JSON.stringify(value)) };
}

export function droppedAt(reason: IntakeDropReason, unit: Place['unit'], at: number): FileItem {
  return { kind: 'dropped', reason, at: { unit, at } };
}

export function damagedAt(what: string, unit: Place['unit'], at: number): FileItem {
  return { kind: 'damaged', what, at: { unit, at } };
}

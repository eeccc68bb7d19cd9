/** A track: what was seen of one object, and how fast it goes. Owned and changed by the tracker alone. */
import type { Box, DetectionLabel } from '../detect/port.ts';
import { centreOf, shift } from './geometry.ts';

/** A gap between two observations up to this long is bridged by interpolation. */
export const BRIDGE_MS = 1_500;

export interface Observation {
  /** Feed timeline, milliseconds. */
  ms: number;
  box: Box;
  score: number;
}

export interface Track {
  readonly id: number;
  readonly label: DetectionLabel;
  readonly observations: Observation[];
  /**
   * Last sighting of a lost track that this one may be the continuation of, too far away to be sure. Both stay tracks of their own (the
   * lost one is held where it was); the way between the two is covered whole.
   */
  readonly predecessor: Observation | undefined;
  /** First sighting of the track that has this one as its predecessor. */
  successor: Observation | undefined;
  /** Where motion vectors carry the object on frames without an observation: feed milliseconds to box. */
  readonly hints: Map<number, Box>;
  hits: number;
}

export interface PictureSize {
  widthPx: number;
  heightPx: number;
}

/** Pixels per millisecond from the two observations around the end that is asked for; 0 where there is only one. */
export function velocity(from: Observation | undefined, to: Observation | undefined): { x: number; y: number } {
  if (!from || !to || to.ms - from.ms > BRIDGE_MS) return { x: 0, y: 0 };
  const a = centreOf(from.box);
  const b = centreOf(to.box);
  const dt = to.ms - from.ms;
  return { x: (b.x - a.x) / dt, y: (b.y - a.y) / dt };
}

/** Box of the track at a time after its last observation, by its last velocity. */
export function predict(track: Track, ms: number): Box {
  const last = track.observations.at(-1)!;
  const v = velocity(track.observations.at(-2) ?? track.predecessor, last);
  const dt = ms - last.ms;
  return shift(last.box, v.x * dt, v.y * dt);
}

/**
 * What crosses between a camera process and the agent process: two closed unions, and nothing else.
 *
 * No member can hold a picture that was not filtered: access units come from `encode/`, which takes `FilteredFrame`s only,
 * and a snapshot is made from a `FilteredFrame` too. This is the one file of `camera/` that the agent side may import.
 * They cross on a wire (base/wire.ts); both ends check `type` and drop what they do not know.
 */
import type { CameraSettings } from '../config/schema.ts';

/** Labels of regions that are covered. `mask` is a static polygon of the configuration. */
export type CoverLabel = 'face' | 'plate' | 'person' | 'vehicle' | 'mask';

/** Why a whole frame is covered. Each value is a label of `garim_frames_covered_whole_total`. */
export type WholeFrameReason =
  | 'model-missing' // no usable model for a category that must be covered
  | 'detector-unavailable' // the detector crashed, stalled or answered with an error
  | 'verdict-late' // the frame reached its deadline without a verdict on both sides
  | 'unsupported-format' // a pixel format that can't be painted
  | 'no-evidence' // the agent can't record what leaves
  | 'internal-error'; // our own bug while planning or painting

/** Why a slate is shown instead of the camera's picture. */
export type SlateReason =
  | 'source-connecting'
  | 'source-lost'
  | 'source-unauthorised'
  | 'source-undecodable'
  | 'camera-process-lost';

/** Why a frame never came out. Each value is a label of `garim_frames_dropped_total`. */
export type DropReason = 'overload' | 'channel-full' | 'decode-error' | 'stopped' | 'clock-jump';

/** How a stream is coded from now on. Sent before the first access unit and whenever it changes. */
export interface StreamFormat {
  codec: 'h264';
  widthPx: number;
  heightPx: number;
  /** Nominal pictures per second; a hint for players. */
  frameRate: number;
  /** Sequence and picture parameter sets, raw NAL units without start codes. */
  sps: Uint8Array;
  pps: Uint8Array;
}

/** One coded picture, made from filtered pixels only. */
export interface AccessUnit {
  /** Presentation time in microseconds on the feed's own timeline: starts near 0, strictly rising, survives reconnects. */
  ptsUs: number;
  /** `Clock.monotonicMs()` when the picture was captured (a slate: when it was drawn). */
  capturedMs: number;
  /** True for an IDR picture; its data then begins with SPS and PPS. */
  isKey: boolean;
  cover: 'regions' | 'whole-frame' | 'slate';
  /** H.264 Annex B byte stream with start codes. No SEI user data. */
  data: Uint8Array;
}

/** State of one camera, at least once a second. Holds no URL and no credential. */
export interface CameraHealth {
  state: 'live' | 'covered' | 'slate';
  /** Set when `state` is not `live`. */
  reason?: WholeFrameReason | SlateReason;
  /** One line for a person: what is wrong and what to do; empty when all is well. */
  advice: string;
  source: {
    state: 'connecting' | 'connected' | 'lost';
    /** e.g. `h264 1920x1080 25 fps`; empty until known. */
    description: string;
    /** Last error, credentials removed. */
    lastError: string;
    reconnects: number;
  };
  detector: {
    state: 'starting' | 'ready' | 'unavailable';
    /** Name of the model(s) as in models/manifest.json. */
    models: string[];
    /** sha256 of their files, hex, in the same order. */
    digests: string[];
    inferenceMsP50: number;
    /** Frames per verdict at present: 1 = each frame. */
    cadenceFrames: number;
  };
  encoder: string;
  /** Tracks covered on the newest frame that went out, by label. */
  coveredNow: Partial<Record<CoverLabel, number>>;
  delayLineFrames: number;
  /** What can't be counted at present, since nothing here looks for it. Empty without lines. */
  uncounted: CountedClass[];
}

/** Counts since the last message of this type; the agent adds them up, so a restarted process loses nothing already told. */
export interface CameraCounts {
  framesIn: number;
  framesOut: number;
  framesCoveredWhole: Partial<Record<WholeFrameReason, number>>;
  framesSlate: number;
  framesDropped: Partial<Record<DropReason, number>>;
  verdicts: number;
  verdictsUnavailable: number;
  regionsCovered: Partial<Record<CoverLabel, number>>;
  reconnects: number;
  /** One value per inference since the last message, milliseconds, at most 64 kept. */
  inferenceMs: number[];
}

/** What is counted. A `vehicle` is one whose kind is not known; who rides a bicycle is a `bicycle`. Kinds need the second network. */
export const COUNTED_CLASSES = ['person', 'bicycle', 'vehicle', 'car', 'motorcycle', 'bus', 'truck'] as const;
export type CountedClass = (typeof COUNTED_CLASSES)[number];

/** `forward`: to the right of somebody who goes along the line from its `from` to its `to`, as the picture shows it. */
export type CrossingDirection = 'forward' | 'backward';

/** Something went over a counting line. Nobody who shows the common marker is among these. */
export interface CountedCrossing {
  /** Name of the line in the configuration. */
  line: string;
  class: CountedClass;
  direction: CrossingDirection;
  /** Wall clock, milliseconds since 1970. */
  atMs: number;
  /** Random; the same for the same object within a quarter of an hour, if it was followed without a break. */
  track: number;
}

/** Most crossings of one `counts` message. */
export const CROSSINGS_PER_MESSAGE_MAX = 256;

export type CanaryLabel = 'face' | 'plate';

/** Trials of one label and stratum. */
export interface CanaryTally {
  label: CanaryLabel;
  /** Height of the largest sighting in pixels of the picture, pose where there is one, and light: `px16-24.front.day`. */
  stratum: string;
  planted: number;
  /** Uncovered on at least one frame. */
  missed: number;
}

/** How a round of canaries ended. */
export const CANARY_OUTCOMES = [
  'running', // it goes on: this is what was found since the last message
  'measured',
  'no-time', // the box has no room for a second look
  'covered', // everything is covered by order, so that nothing could be missed
  'cut-short', // no pictures came, or another round began
  'failed', // our own bug
] as const;
export type CanaryOutcome = (typeof CANARY_OUTCOMES)[number];

/** Most tallies of one `canaries` message: there are fewer strata. */
export const CANARY_TALLIES_MAX = 64;

export type FromCamera =
  | { type: 'format'; format: StreamFormat }
  | { type: 'access-unit'; unit: AccessUnit }
  | { type: 'health'; health: CameraHealth; counts: CameraCounts }
  /** `dropped`: crossings given up for want of room since the last message of this type. */
  | { type: 'counts'; crossings: CountedCrossing[]; dropped: number }
  /**
   * What a round of canaries has found since the last such message. `set` and `digests` (of the models that looked): sha256, hex. The last one of a
   * round has another outcome than `running`.
   */
  | { type: 'canaries'; set: string; digests: string[]; outcome: CanaryOutcome; tallies: CanaryTally[] }
  | { type: 'snapshot'; requestId: number; jpeg: Uint8Array }
  | { type: 'stopped' };

export type ToCamera =
  /** First message. Carries the resolved source URL, which therefore never stands in an argument list or environment. */
  | {
      type: 'start';
      name: string;
      settings: CameraSettings;
      sourceUrl: string;
      stateDir: string;
      /** As `cover-whole`, from the first frame on. */
      coversWhole: boolean;
    }
  /** While it is on, every frame is covered whole, for `no-evidence`. */
  | { type: 'cover-whole'; isOn: boolean }
  /** For `camera/slate-process.ts`: draw slates until stopped. `ptsUs` continues the feed's timeline. */
  | { type: 'start-slate'; name: string; reason: SlateReason; widthPx: number; heightPx: number; ptsUs: number }
  /** Show the detector known people and vehicles for so long, beside the feed (canary/rounds.ts); answered by `canaries`. */
  | { type: 'plant-canaries'; seed: number; seconds: number }
  | { type: 'request-key-frame' }
  | { type: 'request-snapshot'; requestId: number }
  | { type: 'stop' };

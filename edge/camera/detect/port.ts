/**
 * Detection: from a small picture to boxes, or to the honest answer that there is none.
 *
 * The consumer (camera/pipeline) depends on `Detector` alone; `detector.ts` implements it with onnxruntime in a worker thread,
 * tests with the simulated street's ground truth.
 */

/** Classes a detector may report. `face` and `plate` must be covered; the others are hints. */
export type DetectionLabel = 'face' | 'plate' | 'person' | 'vehicle';

/** What a vehicle is, where a network tells. Bicycles carry no plate: they are told for counting alone. */
export type VehicleKind = 'bicycle' | 'car' | 'motorcycle' | 'bus' | 'truck';

/** Axis-aligned box in pixels: top-left corner and size, fractions allowed. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Detection extends Box {
  label: DetectionLabel;
  /** 0 to 1. */
  score: number;
  kind?: VehicleKind;
  /** Of a face or plate: score of the person or vehicle of the same look that it lies on, 0 without one (carriers.ts). */
  carrierScore?: number;
}

/** What the detector sees. Its memory is transferred to the worker: the caller must not touch it afterwards. */
export interface DetectorPicture {
  /** RGB, 8 bit, row-major [heightPx, widthPx, 3], scaled picture top-left, the rest 0. */
  rgb: Uint8Array<ArrayBuffer>;
  /** Multiples of 32. */
  widthPx: number;
  heightPx: number;
  /** Part that holds the picture. */
  contentWidthPx: number;
  contentHeightPx: number;
}

/** A missing answer is never an empty list. */
export type Verdict =
  | { kind: 'detected'; detections: Detection[]; inferenceMs: number }
  | { kind: 'unavailable'; reason: 'model-missing' | 'detector-unavailable'; detail: string };

export interface DetectorState {
  state: 'starting' | 'ready' | 'unavailable';
  models: string[];
  /** sha256 of the files in use. */
  digests: string[];
  /** What is wrong and what to do; empty when ready. */
  advice: string;
  /** The manifest's, where weaker boxes are reported too and the caller chooses among them (thresholds.ts). */
  thresholds?: Partial<Record<DetectionLabel, number>>;
}

export interface Detector {
  readonly state: DetectorState;
  /** Boxes in pixels of `picture`, after NMS, at or above the manifest's thresholds. Never rejects. One call at a time per detector;
   * a second answers `unavailable` at once. A call that takes longer than `timeoutMs` answers `unavailable`, and the worker is replaced. */
  detect(picture: DetectorPicture, timeoutMs: number): Promise<Verdict>;
  /** A buffer for `DetectorPicture.rgb`, of exactly so many bytes: one that came back from the worker where there is one, its content old.
   * Without it each picture takes new memory, which at 0.7 MB a verdict keeps the garbage collector busy. */
  takeBuffer?(lengthBytes: number): Uint8Array<ArrayBuffer>;
  close(): Promise<void>;
}

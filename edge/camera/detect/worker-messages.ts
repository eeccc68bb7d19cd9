/** What the detector and its worker thread say to each other: two closed unions. Picture buffers are transferred both ways. */
import type { ModelEntry } from './manifest.ts';
import type { Detection, DetectorPicture } from './port.ts';
import type { Provider } from './provider.ts';

export interface LoadedModel {
  entry: ModelEntry;
  /** The verified bytes; the worker builds its session from these, never from the file. */
  bytes: Uint8Array;
}

export type ToWorker =
  /** First message. `warmUp` is run on a black picture before `ready`. */
  | {
      type: 'load';
      models: LoadedModel[];
      threads: number;
      provider: Provider | 'auto';
      warmUp: { widthPx: number; heightPx: number } | undefined;
    }
  | { type: 'detect'; requestId: number; picture: DetectorPicture }
  | { type: 'close' };

export type FromWorker =
  /** `remarks`: why it is this provider and no other. */
  | { type: 'ready'; provider: Provider; remarks: string[] }
  | { type: 'load-failed'; detail: string }
  | { type: 'detected'; requestId: number; detections: Detection[]; inferenceMs: number; rgb: Uint8Array<ArrayBuffer> }
  | { type: 'failed'; requestId: number; detail: string; rgb: Uint8Array<ArrayBuffer> };

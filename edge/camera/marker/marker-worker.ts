/** Worker thread that looks for the marker. One message at a time, each answered exactly once; it may be terminated at any moment. */
import { parentPort } from 'node:worker_threads';
import { type FoundMarker, MarkerFinder } from './find.ts';
import type { GreyPicture } from './outlines.ts';

export interface MarkerAnswer {
  markers: FoundMarker[];
  /** Milliseconds that the look took. */
  lookMs: number;
}

if (parentPort === null) throw new Error('marker-worker.ts runs as a worker thread only');
const port = parentPort;
const finder = new MarkerFinder();

port.on('message', (picture: GreyPicture) => {
  const startedMs = performance.now();
  const markers = finder.find(picture);
  port.postMessage({ markers, lookMs: performance.now() - startedMs } satisfies MarkerAnswer);
});

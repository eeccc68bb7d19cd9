/**
 * Draws street frames off the thread of the pipeline. Answers each request with the same memory, filled; it is transferred both ways, so
 * the requester bounds what is in flight.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { StreetOptions } from '../../../config/simulated.ts';
import { createStreet } from './street.ts';

export interface RenderRequest {
  index: number;
  rgb: Uint8Array<ArrayBuffer>;
}

export type WorkerAnswer = { kind: 'ready' } | { kind: 'rendered'; index: number; rgb: Uint8Array<ArrayBuffer> };

const port = parentPort;
if (port === null) throw new Error('worker.js runs as a worker thread only');
const { widthPx, heightPx } = workerData as StreetOptions;
const street = await createStreet(workerData as StreetOptions);
port.on('message', ({ index, rgb }: RenderRequest) => {
  street.renderInto(index, { widthPx, heightPx, rgb });
  port.postMessage({ kind: 'rendered', index, rgb } satisfies WorkerAnswer, [rgb.buffer]);
});
port.postMessage({ kind: 'ready' } satisfies WorkerAnswer);

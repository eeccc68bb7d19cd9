/**
 * A worker thread for tests of the detector. `mode` says what it does on the first `detect`; with `once` it does so only while that
 * file does not exist, creates it, and the next worker is the product's own.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { Provider } from '../../edge/camera/detect/provider.ts';
import type { FromWorker, ToWorker } from '../../edge/camera/detect/worker-messages.ts';

export type Mode = 'exit' | 'throw' | 'spin' | 'silent' | 'nan' | 'wrong-request' | 'unusable';

/** Runs the thread. */
export async function run(mode: Mode, once?: string): Promise<void> {
  if (once !== undefined && existsSync(once)) {
    await import('../../edge/camera/detect/inference-worker.ts');
    return;
  }
  if (once !== undefined) writeFileSync(once, '');
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'load')
      say(
        mode === 'unusable'
          ? { type: 'load-failed', detail: 'bad model' }
          : { type: 'ready', provider: 'cpu', remarks: [] },
      );
    else if (message.type === 'close') parentPort?.close();
    else misbehave(mode, message.requestId, message.picture.rgb);
  });
}

function misbehave(mode: Mode, requestId: number, rgb: Uint8Array<ArrayBuffer>): void {
  switch (mode) {
    case 'exit':
      process.exit(3);
      break;
    case 'throw':
      throw new Error('out of cheese');
    case 'spin':
      for (;;);
    case 'nan': {
      const detections = [{ label: 'face' as const, score: 0.9, x: 1, y: 1, w: Number.NaN, h: 5 }];
      say({ type: 'detected', requestId, detections, inferenceMs: 1, rgb });
      break;
    }
    case 'wrong-request':
      say({ type: 'detected', requestId: requestId + 7, detections: [], inferenceMs: 1, rgb });
      break;
    default: // silent
  }
}

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

/** Runs a thread whose accelerator fails at each picture; with the processor it finds nothing. */
export function fail(): void {
  let provider: Provider = 'cpu';
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'load') {
      provider = message.provider === 'auto' ? 'cpu' : message.provider;
      say({ type: 'ready', provider, remarks: [] });
    } else if (message.type === 'close') parentPort?.close();
    else if (provider === 'cpu')
      say({ type: 'detected', requestId: message.requestId, detections: [], inferenceMs: 1, rgb: message.picture.rgb });
    else say({ type: 'failed', requestId: message.requestId, detail: 'out of memory', rgb: message.picture.rgb });
  });
}

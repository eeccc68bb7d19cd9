/**
 * Worker thread that owns tfjs and coco-ssd. One message at a time, each `detect` answered exactly once. It may be terminated at any
 * moment: WebAssembly, unlike onnxruntime, can be interrupted.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../base/errors.ts';
import type { FromWorker, ToWorker } from '../worker-messages.ts';
import { type CocoSsd, loadCocoSsd } from './coco-ssd.ts';
import type { CocoSsdWeights } from './weights.ts';

if (parentPort === null) throw new Error('coco-ssd-worker.ts runs as a worker thread only');
const port = parentPort;
const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

let network: CocoSsd | undefined;
try {
  network = await loadCocoSsd(workerData as CocoSsdWeights);
  say({ type: 'ready', provider: 'cpu', remarks: [] });
} catch (error) {
  say({ type: 'load-failed', detail: messageOf(error) });
}

port.on('message', (message: Extract<ToWorker, { type: 'detect' }>) => {
  void detect(message);
});

async function detect({ requestId, picture }: Extract<ToWorker, { type: 'detect' }>): Promise<void> {
  const startedMs = performance.now();
  const { rgb } = picture;
  try {
    if (network === undefined) throw new Error('the network is not loaded');
    const detections = await network.run(picture);
    say({ type: 'detected', requestId, detections, inferenceMs: performance.now() - startedMs, rgb }, [rgb.buffer]);
  } catch (error) {
    say({ type: 'failed', requestId, detail: messageOf(error), rgb }, [rgb.buffer]);
  }
}

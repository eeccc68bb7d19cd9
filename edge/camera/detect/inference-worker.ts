/**
 * Worker thread that owns the onnxruntime sessions. It handles one message at a time and answers each `detect` exactly once; whatever
 * goes wrong in a network is an answer (`failed`), whatever goes wrong here ends the thread, and the detector starts another.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../base/errors.ts';
import { loadNetwork, type Network } from './inference.ts';
import { NativeGate } from './native-gate.ts';
import type { DetectorPicture } from './port.ts';
import { chooseProvider, type Provider, providersOfRuntime, providersToTry, type Runner } from './provider.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

if (parentPort === null) throw new Error('inference-worker.ts runs as a worker thread only');
const port = parentPort;
/** Of a usual camera at the default `longSidePx`. */
const TIMED_PICTURE = { widthPx: 640, heightPx: 384 };
const gate = new NativeGate(workerData as SharedArrayBuffer);
let networks: Network[] = [];

const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

type Load = Extract<ToWorker, { type: 'load' }>;

async function load(message: Load): Promise<void> {
  try {
    const providers = providersToTry(message.provider, message.provider === 'auto' ? providersOfRuntime() : []);
    const { runner, provider, remarks } = await chooseProvider(
      providers,
      (each) => openAll(message, each),
      () => performance.now(),
    );
    networks = runner.networks;
    if (message.warmUp !== undefined) {
      await infer(blackPicture(message.warmUp));
    }
    say({ type: 'ready', provider, remarks });
  } catch (error) {
    say({ type: 'load-failed', detail: messageOf(error) });
  }
}

/** All networks on one provider. */
async function openAll({ models, threads }: Load, provider: Provider): Promise<Runner & { networks: Network[] }> {
  const opened: Network[] = [];
  const release = async (): Promise<void> => {
    for (const network of opened.splice(0)) await gate.inside(() => network.release());
  };
  try {
    for (const model of models) opened.push(await gate.inside(() => loadNetwork(model, threads, provider)));
  } catch (error) {
    await release();
    throw error;
  }
  const run = async (): Promise<void> => {
    for (const network of opened) await gate.inside(() => network.run(blackPicture(TIMED_PICTURE)));
  };
  return { networks: opened, run, release };
}

function blackPicture({ widthPx, heightPx }: { widthPx: number; heightPx: number }): DetectorPicture {
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  return { rgb, widthPx, heightPx, contentWidthPx: widthPx, contentHeightPx: heightPx };
}

async function infer(picture: DetectorPicture) {
  const found = [];
  for (const network of networks) found.push(...(await gate.inside(() => network.run(picture))));
  return found;
}

async function detect(requestId: number, picture: DetectorPicture): Promise<void> {
  const startedMs = performance.now();
  const { rgb } = picture;
  try {
    const detections = await infer(picture);
    say({ type: 'detected', requestId, detections, inferenceMs: performance.now() - startedMs, rgb }, [rgb.buffer]);
  } catch (error) {
    say({ type: 'failed', requestId, detail: messageOf(error), rgb }, [rgb.buffer]);
  }
}

async function close(): Promise<void> {
  for (const network of networks.splice(0)) await gate.inside(() => network.release());
  port.close();
}

/** Messages are handled in order, also while one is under way. */
let previous: Promise<void> = Promise.resolve();
port.on('message', (message: ToWorker) => {
  previous = previous.then(() => handle(message));
});

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case 'load':
      return load(message);
    case 'detect':
      return detect(message.requestId, message.picture);
    case 'close':
      return close();
  }
}

/**
 * An inference thread for fault tests that finds the patch of `pattern.ts` without fail, and fails as the file named by GARIM_TEST_FAULT
 * says while that file exists: `throw` (uncaught error), `exit` (the thread ends), `stall` (no answer, ever), `slow` (20 times the time that
 * is usual).
 */
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../../edge/camera/detect/worker-messages.ts';
import { isReadable, PATTERN_SIZE, patchBox, readPattern } from './pattern.ts';

const USUAL_MS = 30;
const SLOW_FACTOR = 20;

function fault(): string {
  try {
    return readFileSync(process.env['GARIM_TEST_FAULT'] ?? '', 'utf8');
  } catch {
    return '';
  }
}

function detect({ requestId, picture }: Extract<ToWorker, { type: 'detect' }>): void {
  const now = fault();
  if (now === 'stall') return;
  if (now === 'exit') process.exit(3);
  if (now === 'throw') throw new Error('a fault that the test asked for');
  const inferenceMs = now === 'slow' ? USUAL_MS * SLOW_FACTOR : USUAL_MS;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, inferenceMs);
  if (picture.contentWidthPx !== PATTERN_SIZE.widthPx) throw new Error('the picture was scaled');
  const reading = readPattern(picture.rgb, picture.widthPx * 3, 3);
  const detections = isReadable(reading) ? [{ label: 'plate' as const, score: 0.95, ...patchBox(reading) }] : [];
  say({ type: 'detected', requestId, detections, inferenceMs, rgb: picture.rgb });
}

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'load') say({ type: 'ready', provider: 'cpu', remarks: [] });
  else if (message.type === 'close') parentPort?.close();
  else detect(message);
});

/**
 * Builds of onnxruntime since 1.29 report to their maker: what machine this is, which models it loads, how fast they run, under an identifier that
 * they leave below `~/.cache`. A box tells nobody anything but what its operator configured, so this is off before the library is loaded.
 * `ORT_DISABLE_TELEMETRY=1` is its full opt-out (docs/Privacy.md of onnxruntime): nothing is started, stored or sent.
 *
 * The library reads the variable of the process. A thread has only a copy of it, so it must have been set by the thread that started this one;
 * where it was not, nothing is loaded, and a picture without a detector is covered whole.
 */
import { isMainThread } from 'node:worker_threads';

const VARIABLE = 'ORT_DISABLE_TELEMETRY';

if (isMainThread) process.env[VARIABLE] = '1';
else if (process.env[VARIABLE] !== '1') throw new Error(`${VARIABLE} is not set in the process of this thread`);

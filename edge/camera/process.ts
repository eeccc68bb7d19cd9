/** Program of a camera process; forked by the agent's camera supervisor. */
import { runCameraProcess } from './camera.ts';

/**
 * Pictures and motion vectors that outlived a young collection wait for a full one, and left to itself V8 lets some 60 MB of them gather first.
 * A full collection of this small heap takes about 20 ms, which the delay line hides.
 */
const COLLECT_EVERY_MS = 30_000;
setInterval(() => globalThis.gc?.(), COLLECT_EVERY_MS).unref();

runCameraProcess();

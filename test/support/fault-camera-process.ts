/** The camera process of fault tests: the product's own, but for the inference thread, which is `pattern-worker.ts`. */
import path from 'node:path';
import { runCameraProcess } from '../../edge/camera/camera.ts';
import { createOnnxDetector } from '../../edge/camera/detect/detector.ts';
import { openModelStore } from '../../edge/camera/detect/store.ts';

runCameraProcess({
  async createDetector({ stateDir }, log) {
    process.env['GARIM_TEST_FAULT'] = path.join(stateDir, 'fault'); // threads get a copy when they start
    const store = openModelStore({ stateDir, env: process.env });
    const workerUrl = new URL('./pattern-worker.js', import.meta.url);
    const detector = createOnnxDetector({ store, log, workerUrl });
    await detector.settled();
    return detector;
  },
});

/** The detector of a measurement: without a network there is nothing to measure. */
import { WorldError } from '../../base/errors.ts';
import { createOnnxDetector, type OnnxDetector, type OnnxDetectorOptions } from '../detect/detector.ts';

/** @throws WorldError `model-missing` that says which command helps */
export async function openNetwork(options: OnnxDetectorOptions): Promise<OnnxDetector> {
  const detector = createOnnxDetector(options);
  await detector.settled();
  const { state, advice } = detector.state;
  if (state === 'ready') return detector;
  await detector.close();
  throw new WorldError('model-missing', `nothing can be measured: ${advice}`);
}

/** Picks the capture that a URL asks for. */
import { registerUrlSecrets } from '../../base/secrets.ts';
import { parseSource } from '../../config/source-url.ts';
import { LibavCapture } from './libav-capture.ts';
import type { Capture, CaptureOptions } from './port.ts';
import { SimulatedCapture } from './simulated/capture.ts';

/**
 * Starts to capture at once; faults of the source come as `lost` events.
 * @throws UserError when the URL names no source that is known
 */
export function openCapture(options: CaptureOptions): Capture {
  registerUrlSecrets(options.url);
  const source = parseSource(options.url);
  if (source.kind === 'simulated') return new SimulatedCapture(source, options.pacing);
  return new LibavCapture(source, options);
}

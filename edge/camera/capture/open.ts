/** Picks the capture that a URL asks for. */
import { registerUrlSecrets } from '../../base/secrets.ts';
import { LibavCapture } from './libav-capture.ts';
import type { Capture, CaptureOptions } from './port.ts';
import { openSimulated } from './simulated/capture.ts';
import { parseSource } from './source.ts';

/**
 * Starts to capture at once; faults of the source come as `lost` events.
 * @throws UserError when the URL names no source that is known
 */
export function openCapture(options: CaptureOptions): Capture {
  registerUrlSecrets(options.url);
  const source = parseSource(options.url);
  if (source.kind === 'simulated') return openSimulated(options);
  return new LibavCapture(source, options);
}

/** Picks the capture that a URL asks for. */
import { UserError } from '../../base/errors.ts';
import { registerUrlSecrets } from '../../base/secrets.ts';
import { LibavCapture } from './libav-capture.ts';
import type { Capture, CaptureOptions } from './port.ts';
import { parseSource } from './source.ts';

/**
 * Starts to capture at once; faults of the source come as `lost` events.
 * @throws UserError when the URL names no source that is known
 */
export function openCapture(options: CaptureOptions): Capture {
  registerUrlSecrets(options.url);
  const source = parseSource(options.url);
  if (source.kind === 'simulated') throw new UserError('the simulated source is not part of this build');
  return new LibavCapture(source, options);
}

/**
 * Capture: from a camera to decoded frames in order. `openCapture()` (capture/open.ts) picks the implementation by URL.
 *
 * Contract, checked by one suite against every implementation:
 * - `next()` is pulled; one call at a time. Decoding runs ahead by at most DECODE_AHEAD_FRAMES_MAX frames, so that decode,
 *   detection and encode overlap.
 * - `pacing: 'live'`: when the puller is late, the oldest waiting frame is dropped and counted (`overload`); the source is never
 *   blocked. `pacing: 'unpaced'` (files being redacted): nothing is dropped, decoding waits.
 * - After `lost`, the capture reconnects by itself with jittered backoff; frames then go on with rising `seq` and `ptsUs`.
 * - `ended` comes once, only from a source that has an end (a file that is not looped); then `next()` keeps answering `ended`.
 * - `next()` never rejects for a fault of the source. `close()` ends a pending `next()` with `ended` and releases everything.
 * - Error texts hold no credentials.
 */

import type { RawFrame } from '../frame.ts';
import type { SlateReason } from '../messages.ts';

export interface SourceInfo {
  codec: string;
  widthPx: number;
  heightPx: number;
  /** Nominal pictures per second; 25 when the source does not say. */
  frameRate: number;
}

export type CaptureEvent =
  | { kind: 'connected'; info: SourceInfo }
  | { kind: 'frame'; frame: RawFrame }
  | { kind: 'lost'; reason: Extract<SlateReason, `source-${string}`>; error: string; retryMs: number }
  | { kind: 'ended' };

export interface CaptureCounts {
  framesDecoded: number;
  framesDropped: number;
  decodeErrors: number;
  reconnects: number;
}

export interface Capture {
  next(): Promise<CaptureEvent>;
  readonly counts: Readonly<CaptureCounts>;
  close(): Promise<void>;
}

export interface CaptureOptions {
  /** With credentials, as given; never logged. */
  url: string;
  transport: 'tcp' | 'udp';
  /** File with the certificates, PEM, by which a source over TLS is known; without it any certificate is taken. */
  ca?: string | undefined;
  pacing: 'live' | 'unpaced';
  /** Export the decoder's motion vectors as frame side data (H.264 only); decoding gets 10 to 30 % slower. Default false. */
  motionVectors?: boolean;
  /** `auto`: a hardware decoder where one opens, keeps up and goes on giving pictures. It exports no motion vectors. Default `off`. */
  hardware?: 'off' | 'auto';
}

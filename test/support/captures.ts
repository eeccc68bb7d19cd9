/** Pulls captures in tests: disposes frames and keeps what was seen of them. */
import assert from 'node:assert/strict';
import { openCapture } from '../../edge/camera/capture/open.ts';
import type { Capture, CaptureEvent, CaptureOptions } from '../../edge/camera/capture/port.ts';

export interface Seen {
  events: CaptureEvent['kind'][];
  seqs: number[];
  ptsUs: number[];
  capturedMs: number[];
  sizes: string[];
  /** AVPixelFormat of each frame. */
  formats: number[];
  lost: Extract<CaptureEvent, { kind: 'lost' }>[];
  /** Of the newest `connected`. */
  info: Extract<CaptureEvent, { kind: 'connected' }>['info'] | undefined;
}

/** Pulls until `enough` or `ended`, disposing frames. */
export async function pull(capture: Capture, enough: (seen: Seen) => boolean): Promise<Seen> {
  const seen: Seen = {
    events: [],
    seqs: [],
    ptsUs: [],
    capturedMs: [],
    sizes: [],
    formats: [],
    lost: [],
    info: undefined,
  };
  while (!enough(seen)) {
    const event = await capture.next();
    seen.events.push(event.kind);
    if (event.kind === 'ended') break;
    if (event.kind === 'connected') seen.info = event.info;
    if (event.kind === 'lost') seen.lost.push(event);
    if (event.kind !== 'frame') continue;
    using frame = event.frame;
    seen.seqs.push(frame.seq);
    seen.ptsUs.push(frame.ptsUs);
    seen.capturedMs.push(frame.capturedMs);
    seen.formats.push(frame.av.format);
    seen.sizes.push(`${frame.widthPx}x${frame.heightPx}`);
  }
  return seen;
}

export function assertRising(values: number[], what: string): void {
  for (const [index, value] of values.entries()) {
    if (index > 0) assert.ok(value > values[index - 1]!, `${what} ${value} after ${values[index - 1]}`);
  }
}

export async function withCapture(options: CaptureOptions, body: (capture: Capture) => Promise<void>): Promise<void> {
  const capture = openCapture(options);
  try {
    await body(capture);
  } finally {
    await capture.close();
  }
}

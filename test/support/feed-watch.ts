/** Pulls a feed from the product's own RTSP server for as long as it is held, decodes every picture of it and judges each by `pattern.ts`. */
import { openCapture } from '../../edge/camera/capture/open.ts';
import { isReadable, PATTERN_SIZE, readPattern, type Shown, shownIn } from './pattern.ts';

interface Sight {
  atMs: number;
  /** Of the RTSP session that it came in, counted from 0. */
  session: number;
  /** Presentation time as it was sent, in the session's own units. */
  pts: bigint;
  shown: Shown;
  isReadable: boolean;
  score: number;
}

export interface FeedWatch extends AsyncDisposable {
  readonly sights: readonly Sight[];
  /** Why each session but the present one ended. */
  readonly losses: readonly string[];
  close(): Promise<void>;
}

export function watchFeed(url: string): FeedWatch {
  const capture = openCapture({ url, transport: 'tcp', pacing: 'unpaced' });
  const sights: Sight[] = [];
  const losses: string[] = [];
  const run = async (): Promise<void> => {
    for (;;) {
      const event = await capture.next();
      if (event.kind === 'ended') return;
      if (event.kind === 'lost') losses.push(event.error);
      if (event.kind !== 'frame') continue;
      using frame = event.frame;
      if (frame.widthPx !== PATTERN_SIZE.widthPx) continue; // a slate before the camera's size was known
      const luma = frame.av.data![0]!;
      const strideBytes = frame.av.linesize[0]!;
      const reading = readPattern(luma, strideBytes);
      sights.push({
        atMs: performance.now(),
        session: losses.length,
        pts: frame.av.pts,
        shown: shownIn(luma, strideBytes),
        isReadable: isReadable(reading),
        score: reading.score,
      });
    }
  };
  const done = run();
  const close = async (): Promise<void> => {
    await capture.close();
    await done;
  };
  return {
    sights,
    losses,
    close,
    [Symbol.asyncDispose]: close,
  };
}

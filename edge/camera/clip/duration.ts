/** How long a file says that its video is. Some containers simply end where they were cut off, and only this tells. */
import { pathToFileURL } from 'node:url';
import { AV_NOPTS_VALUE, AVMEDIA_TYPE_VIDEO, FormatContext } from 'node-av';
import '../capture/libav-log.ts';

/** Milliseconds from the first to the end of the last frame; undefined when the container does not say, or only for sound and all. */
export async function statedDurationMs(file: string): Promise<number | undefined> {
  const context = new FormatContext();
  try {
    if ((await context.openInput(pathToFileURL(file).href)) < 0) return undefined;
    const index = context.findBestStream(AVMEDIA_TYPE_VIDEO);
    const stream = context.streams.find((candidate) => candidate.index === index);
    if (stream === undefined) return undefined;
    if (stream.duration !== AV_NOPTS_VALUE && stream.duration > 0n) {
      return (Number(stream.duration) * stream.timeBase.num * 1000) / stream.timeBase.den;
    }
    const { duration } = context;
    return context.streams.length === 1 && duration > 0n ? Number(duration) / 1000 : undefined;
  } finally {
    await context.closeInput();
  }
}

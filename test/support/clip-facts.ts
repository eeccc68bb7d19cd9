/** What a video file holds, as libav sees it. */
import { AVERROR_EOF, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Packet } from 'node-av/lib';
import '../../edge/camera/capture/libav-log.ts';

export interface ClipFacts {
  /** Of all streams. */
  codecs: string[];
  widthPx: number;
  heightPx: number;
  /** Presentation times of the decoded frames. */
  timesMs: number[];
  metadata: Record<string, string>;
  /** Luma of the first frame: value at a place given in shares of the picture. */
  lumaAt(x: number, y: number): number;
}

export async function clipFacts(file: string): Promise<ClipFacts> {
  const input = new FormatContext();
  const decoder = new CodecContext();
  try {
    check(await input.openInput(file));
    check(await input.findStreamInfo());
    const streams = input.streams;
    const stream = streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
    const codec = stream && Codec.findDecoder(stream.codecpar.codecId);
    if (!stream || !codec) throw new Error(`${file} has no video`);
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    check(decoder.open2Sync(codec));
    const timesMs: number[] = [];
    let first: { luma: Buffer; strideBytes: number } | undefined;
    using packet = new Packet();
    packet.alloc();
    const drain = async (): Promise<void> => {
      for (;;) {
        using frame = new Frame();
        frame.alloc();
        if ((await decoder.receiveFrame(frame)) < 0) return;
        timesMs.push((Number(frame.bestEffortTimestamp) * 1000 * stream.timeBase.num) / stream.timeBase.den);
        first ??= { luma: Buffer.from(frame.data![0]!), strideBytes: frame.linesize[0]! };
      }
    };
    for (;;) {
      packet.unref();
      const code = await input.readFrame(packet);
      if (code === AVERROR_EOF) break;
      check(code);
      if (packet.streamIndex !== stream.index) continue;
      check(await decoder.sendPacket(packet));
      await drain();
    }
    await decoder.sendPacket(null);
    await drain();
    const { width: widthPx, height: heightPx } = stream.codecpar;
    return {
      codecs: streams.map(({ codecpar }) => Codec.findDecoder(codecpar.codecId)?.name ?? '?'),
      widthPx,
      heightPx,
      timesMs,
      metadata: { ...input.metadata?.getAll(), ...stream.metadata?.getAll() },
      lumaAt: (x, y) => first!.luma[Math.floor(y * heightPx) * first!.strideBytes + Math.floor(x * widthPx)]!,
    };
  } finally {
    decoder.freeContext();
    await input.closeInput();
  }
}

function check(code: number): void {
  FFmpegError.throwIfError(code);
}

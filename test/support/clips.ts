/** Makes small video files with libav's encoders, so that tests need no media in the repository. */
import { AV_PIX_FMT_YUV420P10LE, AVERROR_EOF, type AVPixelFormat, type FFEncoderCodec } from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, FormatContext, Frame, Packet, Rational } from 'node-av/lib';
import '../../edge/camera/capture/libav-log.ts';

export interface ClipOptions {
  /** Ending names the container, e.g. `.mp4`. */
  path: string;
  encoder: FFEncoderCodec;
  pixelFormat: AVPixelFormat;
  /** One entry: all frames have this size. More (raw streams such as `.h264` only): the size changes after each `frames`. */
  sizes: { widthPx: number; heightPx: number }[];
  /** Frames per size. */
  frames: number;
  frameRate: number;
  bFrames?: number;
  gop?: number;
}

/** False when this build of libav lacks the encoder. */
export function hasEncoder(name: FFEncoderCodec): boolean {
  return Codec.findEncoderByName(name) !== null;
}

/** Writes a moving pattern. */
export async function makeClip(options: ClipOptions): Promise<void> {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, null, options.path));
  const timeBase = new Rational(1, options.frameRate);
  using packet = new Packet();
  packet.alloc();
  let pts = 0;
  let isHeaderWritten = false;
  try {
    for (const size of options.sizes) {
      using encoder = await openEncoder(options, size, timeBase);
      if (!isHeaderWritten) {
        const stream = output.newStream();
        check(stream.codecpar.fromContext(encoder));
        stream.timeBase = timeBase;
        check(await output.openOutput());
        check(await output.writeHeader());
        isHeaderWritten = true;
      }
      const streamBase = output.streams[0]!.timeBase;
      const drain = async (): Promise<void> => {
        for (;;) {
          const code = await encoder.receivePacket(packet);
          if (code < 0) {
            if (code !== AVERROR_EOF && !FFmpegError.fromCode(code)?.isEAGAIN) check(code);
            return;
          }
          packet.streamIndex = 0;
          packet.duration = 1n;
          packet.rescaleTs(timeBase, streamBase);
          check(await output.interleavedWriteFrame(packet));
        }
      };
      for (let index = 0; index < options.frames; index++) {
        using frame = drawFrame(options.pixelFormat, size, pts++);
        check(await encoder.sendFrame(frame));
        await drain();
      }
      check(await encoder.sendFrame(null));
      await drain();
    }
    check(await output.writeTrailer());
  } finally {
    await output.closeOutput();
    output.freeContext();
  }
}

async function openEncoder(
  options: ClipOptions,
  size: { widthPx: number; heightPx: number },
  timeBase: Rational,
): Promise<CodecContext> {
  const codec = Codec.findEncoderByName(options.encoder);
  if (codec === null) throw new Error(`this build of libav has no ${options.encoder}`);
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = size.widthPx;
  encoder.height = size.heightPx;
  encoder.pixelFormat = options.pixelFormat;
  encoder.timeBase = timeBase;
  encoder.framerate = new Rational(options.frameRate, 1);
  encoder.gopSize = options.gop ?? 10;
  encoder.maxBFrames = options.bFrames ?? 0;
  encoder.threadCount = 1;
  encoder.bitRate = 400_000n;
  using dictionary = Dictionary.fromObject(
    options.encoder.startsWith('lib') ? { preset: 'ultrafast', 'x265-params': 'log-level=none:pools=none' } : {},
  );
  check(await encoder.open2(codec, dictionary));
  return encoder;
}

function drawFrame(pixelFormat: AVPixelFormat, size: { widthPx: number; heightPx: number }, index: number): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = pixelFormat;
  frame.width = size.widthPx;
  frame.height = size.heightPx;
  check(frame.getBuffer());
  frame.pts = BigInt(index);
  for (const [plane, bytes] of (frame.data ?? []).entries()) {
    const strideBytes = frame.linesize[plane] ?? 1;
    for (let at = 0; at < bytes.length; at++) {
      // Even bytes only move, odd ones are small: valid for 10-bit samples too, whose high byte must stay below 4.
      bytes[at] =
        is10Bit(pixelFormat) && at % 2 === 1
          ? 1
          : ((at % strideBytes) + Math.floor(at / strideBytes) + index * 4) & 0xff;
    }
  }
  return frame;
}

function is10Bit(pixelFormat: AVPixelFormat): boolean {
  return pixelFormat === AV_PIX_FMT_YUV420P10LE;
}

function check(code: number): void {
  FFmpegError.throwIfError(code);
}

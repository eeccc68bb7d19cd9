/** Makes small video files of the awkward kinds: uneven times, odd sizes, sound, titles, display matrices. */
import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AV_SAMPLE_FMT_S16,
  AVERROR_EOF,
  type AVPixelFormat,
  type FFEncoderCodec,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  Packet,
  Rational,
  type Stream,
} from 'node-av/lib';
import '../../edge/camera/capture/libav-log.ts';

export interface MovieOptions {
  /** Ending names the container. */
  path: string;
  encoder: FFEncoderCodec;
  pixelFormat: AVPixelFormat;
  widthPx: number;
  heightPx: number;
  /** One frame at each time. */
  timesMs: readonly number[];
  /** Frames from one key frame to the next; the encoder's own number without it. */
  gopFrames?: number;
  /** Adds a track of silence. */
  hasSound?: boolean;
  title?: string;
  /** The upper left four numbers of a display matrix. */
  matrix?: readonly [number, number, number, number];
}

const MS = new Rational(1, 1000);
const SOUND_RATE = 8000;
const MONO = { nbChannels: 1, order: AV_CHANNEL_ORDER_NATIVE, mask: 4n };

/** The left half of each frame is dark, the right half bright. */
export async function makeMovie(options: MovieOptions): Promise<void> {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, null, options.path));
  const video = videoEncoder(options);
  const sound = options.hasSound ? soundEncoder() : undefined;
  try {
    const streams = [addStream(output, video)];
    if (options.matrix)
      check(streams[0]!.codecpar.addCodedSideData(AV_PKT_DATA_DISPLAYMATRIX, matrixOf(options.matrix)));
    if (sound) streams.push(addStream(output, sound));
    if (options.title) output.metadata = Dictionary.fromObject({ title: options.title, location: '+37.5+127.0/' });
    check(await output.openOutput());
    check(await output.writeHeader());
    for (const [index, ms] of options.timesMs.entries()) {
      using frame = drawFrame(options, index, ms);
      await encode(output, 0, video, frame);
    }
    await encode(output, 0, video, null);
    if (sound) {
      using frame = silence();
      await encode(output, 1, sound, frame);
      await encode(output, 1, sound, null);
    }
    check(await output.writeTrailer());
  } finally {
    await output.closeOutput();
    output.freeContext();
    video.freeContext();
    sound?.freeContext();
  }
}

function videoEncoder({ encoder, pixelFormat, widthPx, heightPx, gopFrames }: MovieOptions): CodecContext {
  const codec = Codec.findEncoderByName(encoder);
  if (codec === null) throw new Error(`this build of libav has no ${encoder}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = widthPx;
  context.height = heightPx;
  context.pixelFormat = pixelFormat;
  context.timeBase = MS;
  context.framerate = new Rational(25, 1);
  context.threadCount = 1;
  if (gopFrames !== undefined) {
    context.gopSize = gopFrames;
    context.maxBFrames = 0;
  }
  check(context.open2Sync(codec));
  return context;
}

function soundEncoder(): CodecContext {
  const codec = Codec.findEncoderByName('pcm_s16le' as FFEncoderCodec);
  if (codec === null) throw new Error('this build of libav has no pcm_s16le');
  const context = new CodecContext();
  context.allocContext3(codec);
  context.sampleFormat = AV_SAMPLE_FMT_S16;
  context.sampleRate = SOUND_RATE;
  context.channelLayout = MONO;
  context.timeBase = new Rational(1, SOUND_RATE);
  check(context.open2Sync(codec));
  return context;
}

function addStream(output: FormatContext, encoder: CodecContext): Stream {
  const stream = output.newStream();
  check(stream.codecpar.fromContext(encoder));
  stream.timeBase = encoder.timeBase;
  return stream;
}

async function encode(output: FormatContext, index: number, encoder: CodecContext, frame: Frame | null): Promise<void> {
  check(await encoder.sendFrame(frame));
  using packet = new Packet();
  packet.alloc();
  for (;;) {
    const code = await encoder.receivePacket(packet);
    if (code < 0) {
      if (code !== AVERROR_EOF && !FFmpegError.fromCode(code)?.isEAGAIN) check(code);
      return;
    }
    packet.streamIndex = index;
    packet.rescaleTs(encoder.timeBase, output.streams[index]!.timeBase);
    check(await output.interleavedWriteFrame(packet));
  }
}

function drawFrame({ pixelFormat, widthPx, heightPx }: MovieOptions, index: number, ms: number): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = pixelFormat;
  frame.width = widthPx;
  frame.height = heightPx;
  check(frame.getBuffer());
  frame.pts = BigInt(ms);
  const [luma, ...chroma] = frame.data ?? [];
  const strideBytes = frame.linesize[0]!;
  for (let at = 0; at < luma!.length; at++) {
    const x = at % strideBytes;
    luma![at] = x < widthPx / 2 ? 40 + (index % 4) : 210;
  }
  for (const plane of chroma) plane.fill(128);
  return frame;
}

function silence(): Frame {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_SAMPLE_FMT_S16;
  frame.sampleRate = SOUND_RATE;
  frame.nbSamples = SOUND_RATE / 4;
  frame.channelLayout = MONO;
  check(frame.getBuffer());
  for (const plane of frame.data ?? []) plane.fill(0);
  frame.pts = 0n;
  return frame;
}

function matrixOf([a, b, c, d]: readonly [number, number, number, number]): Buffer {
  const out = Buffer.alloc(36);
  for (const [index, value] of [a, b, 0, c, d].entries()) out.writeInt32LE(value * 65536, index * 4);
  out.writeInt32LE(1 << 30, 32);
  return out;
}

function check(code: number): void {
  FFmpegError.throwIfError(code);
}

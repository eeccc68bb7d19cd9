/**
 * A live feed of a moving test pattern, encoded in process by x264 as a camera process would: zerolatency, Annex B, SPS and PPS
 * before each IDR, no SEI. It paces itself by the wall clock and encodes a key frame whenever somebody subscribes.
 */
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from 'node-av';
import {
  AV_LOG_ERROR,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { NAL_PPS, NAL_SPS, nalType, splitNals, withoutSei } from '../../edge/base/annexb.ts';
import { systemClock } from '../../edge/base/clock.ts';
import type { Feed, StreamFormat } from '../../edge/gateway/feed.ts';
import { ManualFeed } from './manual-feed.ts';

export interface TestFeedOptions {
  name: string;
  widthPx: number;
  heightPx: number;
  frameRate: number;
}

export interface TestFeed extends Feed, Disposable {
  readonly format: StreamFormat;
  readonly subscriberCount: number;
  /** Changes the picture's size in mid-stream: subscribers get the new format, then a key frame. Even numbers only. */
  resize(widthPx: number, heightPx: number): void;
}

/** Starts at once; dispose to stop. Needs node-av's native library. */
export function createTestFeed(options: TestFeedOptions): TestFeed {
  return new EncodedTestFeed(options);
}

class EncodedTestFeed extends ManualFeed implements TestFeed {
  declare format: StreamFormat;
  readonly #frameRate: number;
  readonly #timer: NodeJS.Timeout;
  #encoder: PatternEncoder;
  #frames = 0;
  #wantsKey = true;

  constructor({ name, widthPx, heightPx, frameRate }: TestFeedOptions) {
    const encoder = new PatternEncoder(widthPx, heightPx, frameRate);
    super(name, encoder.format);
    this.#encoder = encoder;
    this.#frameRate = frameRate;
    this.onKeyFrameWanted = () => {
      this.#wantsKey = true;
    };
    this.#timer = setInterval(() => this.#tick(), 1000 / frameRate);
  }

  resize(widthPx: number, heightPx: number): void {
    this.#encoder[Symbol.dispose]();
    this.#encoder = new PatternEncoder(widthPx, heightPx, this.#frameRate);
    this.pushFormat(this.#encoder.format);
    this.#wantsKey = true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#encoder[Symbol.dispose]();
  }

  #tick(): void {
    const capturedMs = systemClock.monotonicMs();
    const ptsUs = Math.round((this.#frames * 1e6) / this.#frameRate);
    const { data, isKey } = this.#encoder.encode(this.#frames, this.#wantsKey);
    this.#frames++;
    if (isKey) this.#wantsKey = false;
    this.pushUnit({ ptsUs, capturedMs, isKey, cover: 'regions', data });
  }
}

class PatternEncoder implements Disposable {
  readonly format: StreamFormat;
  readonly #context = new CodecContext();
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #pts = 0;

  constructor(widthPx: number, heightPx: number, frameRate: number) {
    Log.setLevel(AV_LOG_ERROR);
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
    if (codec === null) throw new Error('node-av was built without libx264');
    const context = this.#context;
    context.allocContext3(codec);
    context.width = widthPx;
    context.height = heightPx;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, frameRate);
    context.framerate = new Rational(frameRate, 1);
    context.gopSize = frameRate * 2;
    context.maxBFrames = 0;
    context.threadCount = 1;
    // Not through a Dictionary: open2Sync of node-av 6.1.1 frees it a second time.
    for (const [name, value] of Object.entries({ preset: 'ultrafast', tune: 'zerolatency', 'forced-idr': '1' })) {
      FFmpegError.throwIfError(context.setOption(name, value), `x264 option ${name}`);
    }
    FFmpegError.throwIfError(context.open2Sync(codec), 'open libx264');
    const frame = this.#frame;
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = widthPx;
    frame.height = heightPx;
    FFmpegError.throwIfError(frame.getBuffer(), 'frame buffer');
    this.#packet.alloc();
    const nals = splitNals(this.encode(0, true).data);
    const sps = nals.find((nal) => nalType(nal) === NAL_SPS);
    const pps = nals.find((nal) => nalType(nal) === NAL_PPS);
    if (sps === undefined || pps === undefined) throw new Error('x264 sent no parameter sets in band');
    this.format = { codec: 'h264', widthPx, heightPx, frameRate, sps, pps };
  }

  /** A frame of the pattern; `number` moves it. */
  encode(number: number, asKey: boolean): { data: Uint8Array; isKey: boolean } {
    const frame = this.#frame;
    FFmpegError.throwIfError(frame.makeWritable(), 'make writable');
    drawPattern(frame, number);
    frame.pts = BigInt(this.#pts++);
    frame.pictType = asKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    FFmpegError.throwIfError(this.#context.sendFrameSync(frame), 'send frame');
    const code = this.#context.receivePacketSync(this.#packet);
    if (code === AVERROR_EAGAIN) throw new Error('x264 holds frames back in spite of zerolatency');
    FFmpegError.throwIfError(code, 'receive packet');
    const isKey = this.#packet.isKeyframe;
    const { data } = withoutSei(Uint8Array.from(this.#packet.data ?? []));
    this.#packet.unref();
    return { data, isKey };
  }

  [Symbol.dispose](): void {
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }
}

/** A gradient that moves to the left, and a bright box that moves to the right. */
function drawPattern(frame: Frame, number: number): void {
  const [luma, u, v] = frame.data ?? [];
  const [lumaStride = 0] = frame.linesize;
  if (luma === undefined || u === undefined || v === undefined) throw new Error('the frame has no planes');
  const { width, height } = frame;
  const row = Buffer.alloc(width);
  for (let x = 0; x < width; x++) row[x] = 16 + ((x + number * 2) % 160);
  for (let y = 0; y < height; y++) row.copy(luma, y * lumaStride);
  const side = height >> 2;
  const left = (number * 4) % Math.max(1, width - side);
  for (let y = side; y < side * 2; y++) luma.fill(235, y * lumaStride + left, y * lumaStride + left + side);
  u.fill(100);
  v.fill(150);
}

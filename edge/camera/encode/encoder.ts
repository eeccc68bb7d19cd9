/**
 * Encoding: FilteredFrames to H.264 access units. The only consumer of pixels after the filter, and it takes nothing else.
 *
 * Live feeds have low latency: no B-frames, no look-ahead, each frame's unit comes out before the next goes in (a hardware encoder may keep one back).
 * One call at a time. `encoder: 'auto'` tries the hardware encoders that take frames from main memory and falls back to x264;
 * an encoder counts as usable when it has really been opened at the wanted size.
 */
import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import { Codec, CodecContext, type Frame, Packet, Rational } from 'node-av/lib';
import { NAL_IDR, NAL_PPS, NAL_SPS, nalType, withoutSei } from '../../base/annexb.ts';
import { WorldError } from '../../base/errors.ts';
import { type ENCODERS, HARDWARE_ENCODERS } from '../../config/schema.ts';
import type { AccessUnit, StreamFormat } from '../messages.ts';
import { FilteredFrame } from '../redact/filtered-frame.ts';

export type EncoderName = (typeof ENCODERS)[number];

export interface EncoderOptions {
  widthPx: number;
  heightPx: number;
  /** AVPixelFormat of the frames that will come. */
  pixelFormat: number;
  /** AVColorRange of the frames. */
  colorRange: number;
  frameRate: number;
  bitrateKbps: number;
  keyFrameIntervalMs: number;
  encoder: EncoderName | 'auto';
  /** What `auto` tries, in this order; without it all that are known. */
  candidates?: readonly EncoderName[];
  /**
   * `live` (the default): each unit comes out at once, the bit rate is bounded. `file`: constant quality whatever it takes, with
   * look-ahead, so that units come out later; x264 only.
   */
  purpose?: 'live' | 'file';
  /** A frame that says how its samples are to be shown: matrix, primaries, transfer, shape of a pixel. */
  signal?: Pick<Frame, 'colorSpace' | 'colorPrimaries' | 'colorTrc' | 'sampleAspectRatio'>;
}

/**
 * Constant quality of x264 where the bit rate allows it. Captions and user data of the input must not come back through the encoder; VUI
 * timing must show the picture rate. `npm run bench` gives plain `ffmpeg` the same.
 */
export const X264_OPTIONS = {
  preset: 'ultrafast',
  tune: 'zerolatency',
  crf: '23',
  'forced-idr': '1',
  a53cc: '0',
  'x264-params': 'force-cfr=1:scenecut=0',
} as const;
export const ENCODER_THREADS = 2;
/** Of a redacted file, which is kept: visibly like its source, at a size near it. */
const X264_FILE_OPTIONS = { preset: 'veryfast', crf: '20', a53cc: '0' } as const;
/** Feed time is in microseconds. */
const TIME_BASE = new Rational(1, 1_000_000);

export class Encoder implements Disposable {
  readonly name: EncoderName;
  readonly options: EncoderOptions;
  readonly #context: CodecContext;
  readonly #packet: Packet;
  /** Capture times of frames inside the encoder, by pts. */
  readonly #inside = new Map<bigint, FrameMeta>();
  #format: StreamFormat | undefined;
  #isClosed = false;

  constructor(name: EncoderName, options: EncoderOptions, context: CodecContext) {
    this.name = name;
    this.options = options;
    this.#context = context;
    this.#packet = new Packet();
    this.#packet.alloc();
  }

  /** Known after the first key frame. */
  get format(): StreamFormat | undefined {
    return this.#format;
  }

  /** True when the frame can go into this encoder; otherwise a new one must be opened. */
  fits(frame: FilteredFrame): boolean {
    const { widthPx, heightPx, pixelFormat } = this.options;
    return frame.widthPx === widthPx && frame.heightPx === heightPx && frame.av.format === pixelFormat;
  }

  /** Encodes and disposes the frame. Throws WorldError `encoder-failed`; the encoder must then be replaced. */
  async encode(frame: FilteredFrame, forceKey: boolean): Promise<AccessUnit[]> {
    if (!FilteredFrame.isFiltered(frame)) throw new TypeError('only filtered frames are encoded');
    using owned = frame;
    const av: Frame = owned.av;
    const pts = BigInt(Math.round(owned.ptsUs));
    av.pts = pts;
    av.pictType = forceKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#inside.set(pts, { capturedMs: owned.capturedMs, cover: owned.cover });
    const status = await this.#context.sendFrame(av);
    if (status < 0) throw new WorldError('encoder-failed', `${this.name} refused a frame (error ${status})`);
    return this.#receive();
  }

  /** Units that are still inside, at the end of a stream. */
  async flush(): Promise<AccessUnit[]> {
    await this.#context.sendFrame(null);
    return this.#receive();
  }

  async #receive(): Promise<AccessUnit[]> {
    const units: AccessUnit[] = [];
    for (;;) {
      // x264 without look-ahead has done its work in sendFrame(): what is left to do is less than a change of threads.
      const status =
        this.name === 'libx264'
          ? this.#context.receivePacketSync(this.#packet)
          : await this.#context.receivePacket(this.#packet);
      if (status === AVERROR_EAGAIN || status === AVERROR_EOF) return units;
      if (status < 0) throw new WorldError('encoder-failed', `${this.name} failed (error ${status})`);
      const raw = this.#packet.data;
      const pts = this.#packet.pts;
      if (raw && raw.length > 0) units.push(this.#unit(raw, pts));
      this.#packet.unref();
    }
  }

  #unit(raw: Buffer, pts: bigint): AccessUnit {
    const meta = this.#inside.get(pts);
    for (const key of this.#inside.keys()) if (key <= pts) this.#inside.delete(key);
    // The packet's memory is libav's: copy once, here, so that the unit can be transferred and kept.
    const { data, nals } = withoutSei(new Uint8Array(raw));
    const isKey = nals.some((nal) => nalType(nal) === NAL_IDR);
    const sps = nals.find((nal) => nalType(nal) === NAL_SPS);
    const pps = nals.find((nal) => nalType(nal) === NAL_PPS);
    if (sps && pps && this.#format === undefined) {
      const { widthPx, heightPx, frameRate } = this.options;
      this.#format = { codec: 'h264', widthPx, heightPx, frameRate, sps: sps.slice(), pps: pps.slice() };
    }
    return { ptsUs: Number(pts), capturedMs: meta?.capturedMs ?? 0, isKey, cover: meta?.cover ?? 'whole-frame', data };
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#packet.free();
    this.#context.freeContext();
  }
}

type FrameMeta = Pick<AccessUnit, 'capturedMs' | 'cover'>;

/** Opens the wanted encoder, or for `auto` the first that works. Throws WorldError `encoder-failed` when none does. */
export function openEncoder(options: EncoderOptions): Encoder {
  const { encoder, candidates = [...HARDWARE_ENCODERS, 'libx264'] } = options;
  const names = encoder === 'auto' ? candidates : [encoder];
  for (const name of names) {
    const context = tryOpen(name, options);
    if (context) return new Encoder(name, options, context);
  }
  throw new WorldError(
    'encoder-failed',
    `no encoder could be opened (${names.join(', ')}) at ${options.widthPx}x${options.heightPx}; set encode.encoder to auto`,
  );
}

function tryOpen(name: EncoderName, options: EncoderOptions): CodecContext | undefined {
  const codec = Codec.findEncoderByName(name as never);
  if (codec === null) return undefined;
  const context = new CodecContext();
  context.allocContext3(codec);
  context.width = options.widthPx;
  context.height = options.heightPx;
  context.pixelFormat = options.pixelFormat as never;
  context.colorRange = options.colorRange as never;
  context.timeBase = TIME_BASE;
  context.framerate = new Rational(Math.max(1, Math.round(options.frameRate * 1000)), 1000);
  context.gopSize = Math.max(1, Math.round((options.frameRate * options.keyFrameIntervalMs) / 1000));
  // Also for files: units then come in order of presentation, and need one timestamp only.
  context.maxBFrames = 0;
  context.threadCount = ENCODER_THREADS;
  const { purpose = 'live', signal } = options;
  if (signal) {
    context.colorSpace = signal.colorSpace;
    context.colorPrimaries = signal.colorPrimaries;
    context.colorTrc = signal.colorTrc;
    context.sampleAspectRatio = signal.sampleAspectRatio;
  }
  if (purpose === 'live') {
    context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    const rate = BigInt(options.bitrateKbps) * 1000n;
    context.rcMaxRate = rate;
    context.rcBufferSize = Number(rate);
    if (name !== 'libx264') context.bitRate = rate;
  }
  // Options one by one: node-av 6.1.1 frees a dictionary given to open2Sync() twice.
  for (const [key, value] of Object.entries(settingsFor(name, purpose))) context.setOption(key, value);
  if (context.open2Sync(codec) >= 0) return context;
  context.freeContext();
  return undefined;
}

function settingsFor(name: EncoderName, purpose: 'live' | 'file'): Record<string, string> {
  switch (name) {
    case 'libx264':
      return purpose === 'file' ? X264_FILE_OPTIONS : X264_OPTIONS;
    case 'h264_nvenc':
      return { preset: 'p2', tune: 'ull', zerolatency: '1', 'forced-idr': '1', rc: 'vbr' };
    case 'h264_v4l2m2m':
      return {};
  }
}

/**
 * FilteredFrames to an MP4 file: H.264 of file quality, one video track and nothing else, the index at the front, the frames' own times.
 *
 * Owns the encoder and the muxer. The file appears under its name when it is whole (`finish()`); `abandon()`, or a failure followed by it,
 * leaves nothing. One call at a time. Memory: what x264's look-ahead holds.
 */
import {
  AV_CODEC_ID_H264,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PKT_FLAG_KEY,
  AVERROR_ENOSPC,
  AVMEDIA_TYPE_VIDEO,
  FFmpegError,
  FormatContext,
  Packet,
  Rational,
} from 'node-av';
import { WorldError } from '../../base/errors.ts';
import { discard, partialNameFor, publish } from '../../base/whole-file.ts';
import '../capture/libav-log.ts';
import { joinNals } from '../../base/annexb.ts';
import type { AccessUnit } from '../messages.ts';
import type { FilteredFrame } from '../redact/filtered-frame.ts';
import { type Encoder, openEncoder } from './encoder.ts';

const KEY_FRAME_INTERVAL_MS = 2_000;
const FEED_TIME_BASE = new Rational(1, 1_000_000);
/** Exact for all usual picture rates. */
const FILE_TIME_BASE = new Rational(1, 90_000);

export class ClipWriter {
  readonly #file: string;
  readonly #partial: string;
  readonly #frameRate: number;
  readonly #packet = new Packet();
  #encoder: Encoder | undefined;
  #muxer: FormatContext | undefined;
  #isReleased = false;

  /** `frameRate`: nominal; it says how long the last frame stays. Nothing is opened before the first frame. */
  constructor(file: string, frameRate: number) {
    this.#file = file;
    this.#partial = partialNameFor(file);
    this.#frameRate = frameRate;
    this.#packet.alloc();
  }

  /** Takes ownership. Times must rise. @throws WorldError `encoder-failed`, `disk-full`, `disk-failed` */
  async write(frame: FilteredFrame): Promise<void> {
    this.#encoder ??= this.#openEncoder(frame);
    if (!this.#encoder.fits(frame)) {
      const { widthPx, heightPx } = this.#encoder.options;
      const sizes = `${widthPx}x${heightPx} to ${frame.widthPx}x${frame.heightPx}`;
      frame[Symbol.dispose]();
      throw new WorldError('encoder-failed', `the picture changes from ${sizes} px or in its format on the way`);
    }
    await this.#mux(await this.#encoder.encode(frame, false));
  }

  /** Ends the clip and gives it its name. */
  async finish(): Promise<void> {
    if (this.#encoder) await this.#mux(await this.#encoder.flush());
    if (this.#muxer === undefined) throw new WorldError('encoder-failed', 'there is no frame to write');
    this.#check(await this.#muxer.writeTrailer(), 'end');
    await this.#release();
    await publish(this.#partial, this.#file);
  }

  /** Gives up: nothing stays on disk. */
  async abandon(): Promise<void> {
    await this.#release();
    await discard(this.#partial);
  }

  #openEncoder(frame: FilteredFrame): Encoder {
    // Read now: the frame is gone when the muxer asks.
    const { colorSpace, colorPrimaries, colorTrc, sampleAspectRatio } = frame.av;
    return openEncoder({
      widthPx: frame.widthPx,
      heightPx: frame.heightPx,
      pixelFormat: frame.av.format,
      colorRange: frame.av.colorRange,
      signal: { colorSpace, colorPrimaries, colorTrc, sampleAspectRatio },
      frameRate: this.#frameRate,
      bitrateKbps: 0,
      keyFrameIntervalMs: KEY_FRAME_INTERVAL_MS,
      encoder: 'libx264',
      purpose: 'file',
    });
  }

  async #mux(units: readonly AccessUnit[]): Promise<void> {
    if (units.length === 0) return;
    this.#muxer ??= await this.#openMuxer();
    const packet = this.#packet;
    for (const { data, ptsUs, isKey } of units) {
      packet.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      packet.pts = BigInt(ptsUs);
      packet.dts = packet.pts;
      packet.duration = BigInt(Math.round(1e6 / this.#frameRate));
      packet.flags = isKey ? AV_PKT_FLAG_KEY : (0 as typeof AV_PKT_FLAG_KEY);
      packet.streamIndex = 0;
      packet.rescaleTs(FEED_TIME_BASE, this.#muxer.streams[0]!.timeBase);
      this.#check(await this.#muxer.interleavedWriteFrame(packet), 'write');
    }
  }

  async #openMuxer(): Promise<FormatContext> {
    const { format, options } = this.#encoder!;
    if (format === undefined) throw new WorldError('encoder-failed', 'the encoder gave no parameter sets');
    const muxer = new FormatContext();
    this.#muxer = muxer;
    this.#check(muxer.allocOutputContext2(null, 'mp4', `file:${this.#partial}`), 'open');
    const stream = muxer.newStream();
    const { codecpar } = stream;
    codecpar.codecType = AVMEDIA_TYPE_VIDEO;
    codecpar.codecId = AV_CODEC_ID_H264;
    codecpar.width = options.widthPx;
    codecpar.height = options.heightPx;
    codecpar.format = options.pixelFormat as typeof codecpar.format;
    codecpar.colorRange = options.colorRange as typeof codecpar.colorRange;
    codecpar.extradata = Buffer.from(joinNals([format.sps, format.pps]));
    const { signal } = options;
    if (signal) {
      codecpar.colorSpace = signal.colorSpace;
      codecpar.colorPrimaries = signal.colorPrimaries;
      codecpar.colorTrc = signal.colorTrc;
      codecpar.sampleAspectRatio = signal.sampleAspectRatio;
      stream.sampleAspectRatio = signal.sampleAspectRatio;
    }
    stream.timeBase = FILE_TIME_BASE;
    // One by one, not as a dictionary: node-av 6.1.1 frees some of those twice.
    this.#check(muxer.setOption('movflags', '+faststart', AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN), 'open');
    this.#check(await muxer.openOutput(), 'open');
    this.#check(await muxer.writeHeader(), 'begin');
    return muxer;
  }

  async #release(): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#encoder?.[Symbol.dispose]();
    if (this.#muxer) {
      await this.#muxer.closeOutput();
      this.#muxer.freeContext();
    }
    this.#packet.free();
  }

  #check(code: number, doing: string): void {
    if (code >= 0) return;
    const isFull = code === AVERROR_ENOSPC;
    throw new WorldError(
      isFull ? 'disk-full' : 'disk-failed',
      `can't ${doing} ${this.#file}: ${FFmpegError.strerror(code)}`,
    );
  }
}

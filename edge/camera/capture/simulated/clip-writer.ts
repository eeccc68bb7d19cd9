/**
 * Writes street frames as H.264 into an MP4 whose index is at its front. The file appears under its name when it is whole; after a failure
 * nothing is left of it.
 */
import { rename, rm } from 'node:fs/promises';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, FormatContext, type Frame, Packet, Rational } from 'node-av/lib';
import '../libav-log.ts';
import { WorldError } from '../../../base/errors.ts';

export interface ClipFormat {
  widthPx: number;
  heightPx: number;
  frameRate: number;
}

const KEY_FRAME_INTERVAL_S = 2;
/** Holds any frame rate, also fractions. */
const TICKS_PER_S = 90_000;
const QUALITY_CRF = '18';

export class ClipWriter {
  readonly timeBase: Rational;
  readonly #file: string;
  readonly #partial: string;
  readonly #encoder: CodecContext;
  readonly #output: FormatContext;
  readonly #packet: Packet;
  readonly #frameRate: number;
  readonly #frameTicks: bigint;

  private constructor(file: string, format: ClipFormat) {
    this.#file = file;
    this.#partial = `${file}.part`;
    this.#frameRate = format.frameRate;
    this.timeBase = new Rational(1, TICKS_PER_S);
    this.#frameTicks = BigInt(Math.round(TICKS_PER_S / format.frameRate));
    this.#encoder = openEncoder(format, this.timeBase);
    this.#output = new FormatContext();
    this.#packet = new Packet();
    this.#packet.alloc();
  }

  static async open(file: string, format: ClipFormat): Promise<ClipWriter> {
    const writer = new ClipWriter(file, format);
    try {
      await writer.#begin();
    } catch (error) {
      await writer.abandon();
      throw new WorldError('encoder-failed', `can't write ${file}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
    return writer;
  }

  /** Presentation time of frame `index`, in `timeBase`. */
  ptsOf(index: number): bigint {
    return BigInt(Math.round((index * TICKS_PER_S) / this.#frameRate));
  }

  async write(frame: Frame): Promise<void> {
    check(await this.#encoder.sendFrame(frame), 'encode');
    await this.#drain();
  }

  /** Ends the clip and gives it its name. */
  async finish(): Promise<void> {
    check(await this.#encoder.sendFrame(null), 'encode');
    await this.#drain();
    check(await this.#output.writeTrailer(), 'end the clip');
    await this.#release();
    await rename(this.#partial, this.#file);
  }

  /** Gives up: nothing stays on disk. */
  async abandon(): Promise<void> {
    await this.#release();
    await rm(this.#partial, { force: true });
  }

  async #begin(): Promise<void> {
    check(this.#output.allocOutputContext2(null, 'mp4', this.#partial), 'open the container');
    const stream = this.#output.newStream();
    check(stream.codecpar.fromContext(this.#encoder), 'describe the stream');
    stream.timeBase = this.timeBase;
    check(await this.#output.openOutput(), 'open the file');
    using options = Dictionary.fromObject({ movflags: '+faststart' });
    check(await this.#output.writeHeader(options), 'write the header');
  }

  async #drain(): Promise<void> {
    for (;;) {
      const code = await this.#encoder.receivePacket(this.#packet);
      if (code < 0) {
        if (code !== AVERROR_EOF && !FFmpegError.fromCode(code)?.isEAGAIN) check(code, 'encode');
        return;
      }
      this.#packet.streamIndex = 0;
      // Else the last frame would last no time.
      this.#packet.duration = this.#frameTicks;
      this.#packet.rescaleTs(this.timeBase, this.#output.streams[0]!.timeBase);
      check(await this.#output.interleavedWriteFrame(this.#packet), 'write the clip');
    }
  }

  async #release(): Promise<void> {
    await this.#output.closeOutput();
    this.#output.freeContext();
    this.#encoder.freeContext();
    this.#packet.free();
  }
}

function openEncoder(format: ClipFormat, timeBase: Rational): CodecContext {
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (codec === null) throw new WorldError('encoder-failed', 'this build of libav has no libx264');
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = format.widthPx;
  encoder.height = format.heightPx;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = timeBase;
  encoder.framerate = new Rational(Math.round(format.frameRate * 1000), 1000);
  encoder.gopSize = Math.max(1, Math.round(format.frameRate * KEY_FRAME_INTERVAL_S));
  encoder.colorSpace = AVCOL_SPC_BT709;
  encoder.colorRange = AVCOL_RANGE_MPEG;
  encoder.colorPrimaries = AVCOL_PRI_BT709;
  encoder.colorTrc = AVCOL_TRC_BT709;
  // MP4 keeps parameter sets beside the stream, not in it.
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  // Not through a Dictionary: open2Sync() of node-av 6.1.1 frees it a second time.
  check(encoder.setOption('preset', 'veryfast', AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN), 'choose the preset');
  check(encoder.setOption('crf', QUALITY_CRF, AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN), 'choose the quality');
  check(encoder.open2Sync(codec), 'open the encoder');
  return encoder;
}

function check(code: number, doing: string): void {
  FFmpegError.throwIfError(code, doing);
}

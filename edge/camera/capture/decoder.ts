/**
 * Decodes packets of one video stream. Owns the native decoder, and no frame that it has handed out.
 *
 * A packet that can't be decoded is reported and left behind: libav goes on at the next picture that it can decode. Changes of
 * resolution and parameter sets within the stream are libav's business and show as frames of another size.
 */
import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_FLAG2_EXPORT_MVS,
  AV_FRAME_FLAG_CORRUPT,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  FF_THREAD_FRAME,
  FF_THREAD_SLICE,
} from 'node-av/constants';
import { Codec, CodecContext, Dictionary, FFmpegError, Frame, type Packet, PosixError, type Stream } from 'node-av/lib';
import { WorldError } from '../../base/errors.ts';
import { FRAME_PIXELS_MAX } from '../../base/limits.ts';
import './libav-log.ts';

/**
 * Hardware decoders that take packets and give frames in main memory, by libav's name of the codec, in the order in which `auto` tries them:
 * NVDEC, Quick Sync, V4L2 M2M. Neither was tried on hardware.
 */
export const HARDWARE_DECODERS: Readonly<Record<string, readonly string[]>> = {
  h264: ['h264_cuvid', 'h264_qsv', 'h264_v4l2m2m'],
  hevc: ['hevc_cuvid', 'hevc_qsv', 'hevc_v4l2m2m'],
};
/** Packets without a picture after which a hardware decoder counts as failed: it may keep some pictures back, and may begin at a key frame. */
const HARDWARE_PACKETS_MAX = 150;
/** Faults without a picture between them that it may have: a stream that is damaged for a moment has fewer. */
const HARDWARE_FAULTS_MAX = 25;
/** Some open without their device, and fail at the first packet. It is a key frame's: nothing is missing that could excuse it. */
const HARDWARE_FIRST_FAULTS_MAX = 0;

const EAGAIN = FFmpegError.AVERROR(PosixError.EAGAIN);
const THREADS = 2;
/** After this many faults in a row from one packet, the next packet is tried. */
const FAULTS_PER_PACKET_MAX = 16;

export interface DecoderOptions {
  pacing: 'live' | 'unpaced';
  motionVectors: boolean;
  /** Names in the order in which to try them, for the codec of this name; without it libav's own decoder. */
  candidatesFor?: (codec: string) => readonly string[];
  /** Told of each that did not open. */
  onRefused?: (codec: string, name: string, error: string) => void;
}

export class VideoDecoder implements Disposable {
  /** libav's name of the decoder. */
  readonly name: string;
  /** Of the codec, whoever decodes it. */
  readonly codecName: string;
  readonly #context = new CodecContext();
  readonly isHardware: boolean;
  #hasGiven = false;
  #packetsWithout = 0;
  #faultsWithout = 0;

  private constructor(codec: Codec, codecName: string, stream: Stream, options: DecoderOptions) {
    this.name = codec.name ?? 'unknown';
    this.codecName = codecName;
    this.isHardware = this.name !== codecName;
    const context = this.#context;
    context.allocContext3(codec);
    context.parametersToContext(stream.codecpar);
    context.pktTimebase = stream.timeBase;
    context.threadCount = THREADS;
    if (options.pacing === 'live') {
      // Threads over whole frames would hold back one frame per thread.
      context.threadType = FF_THREAD_SLICE;
      context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    } else {
      context.threadType = (FF_THREAD_FRAME | FF_THREAD_SLICE) as typeof FF_THREAD_FRAME;
    }
    if (options.motionVectors) context.setFlags2(AV_CODEC_FLAG2_EXPORT_MVS);
  }

  /** @throws WorldError `source-undecodable` */
  static async open(stream: Stream, options: DecoderOptions): Promise<VideoDecoder> {
    const { codecType, codecId } = stream.codecpar;
    const own = codecType === AVMEDIA_TYPE_VIDEO ? Codec.findDecoder(codecId) : null;
    if (own === null) throw new WorldError('source-undecodable', `no decoder for the source's codec (id ${codecId})`);
    const codecName = own.name ?? 'unknown';
    for (const name of options.candidatesFor?.(codecName) ?? []) {
      if (name === codecName) break;
      const hardware = Codec.findDecoderByName(name as never);
      const opened =
        hardware === null ? 'not in this build' : await VideoDecoder.#tryOpen(hardware, codecName, stream, options);
      if (typeof opened !== 'string') return opened;
      options.onRefused?.(codecName, name, opened);
    }
    const opened = await VideoDecoder.#tryOpen(own, codecName, stream, options);
    if (typeof opened !== 'string') return opened;
    throw new WorldError('source-undecodable', `can't decode ${codecName}: ${opened}`);
  }

  /** Or why it can't be opened. */
  static async #tryOpen(
    codec: Codec,
    codecName: string,
    stream: Stream,
    options: DecoderOptions,
  ): Promise<VideoDecoder | string> {
    const decoder = new VideoDecoder(codec, codecName, stream, options);
    try {
      using dictionary = Dictionary.fromObject({ max_pixels: FRAME_PIXELS_MAX });
      const code = await decoder.#context.open2(codec, dictionary);
      if (code >= 0) return decoder;
      decoder[Symbol.dispose]();
      return FFmpegError.strerror(code);
    } catch (error) {
      decoder[Symbol.dispose]();
      throw error;
    }
  }

  /** A hardware decoder that takes packets and gives no pictures, or faults only: another one must be opened. */
  get hasFailed(): boolean {
    if (!this.isHardware) return false;
    const faultsMax = this.#hasGiven ? HARDWARE_FAULTS_MAX : HARDWARE_FIRST_FAULTS_MAX;
    return this.#packetsWithout > HARDWARE_PACKETS_MAX || this.#faultsWithout > faultsMax;
  }

  /**
   * Decodes one packet, or with null what the decoder still holds. Each frame goes to `onFrame`, which owns it and is awaited; each
   * fault, of which there may be several, to `onError`.
   */
  async decode(
    packet: Packet | null,
    onFrame: (frame: Frame) => Promise<void>,
    onError: (text: string) => void,
  ): Promise<void> {
    const fault = (text: string): void => {
      this.#faultsWithout++;
      onError(text);
    };
    this.#packetsWithout++;
    const sent = await this.#context.sendPacket(packet);
    if (sent < 0 && sent !== AVERROR_EOF) fault(FFmpegError.strerror(sent));
    for (let faults = 0; faults < FAULTS_PER_PACKET_MAX; ) {
      const frame = new Frame();
      frame.alloc();
      // The work is done in sendPacket(), except where frames are drained: what is left is less than a change of threads.
      const code = packet ? this.#context.receiveFrameSync(frame) : await this.#context.receiveFrame(frame);
      if (code >= 0) {
        this.#hasGiven = true;
        this.#packetsWithout = 0;
        this.#faultsWithout = 0;
        // Delivered all the same: it is filtered like any other.
        if (frame.decodeErrorFlags !== 0 || frame.hasFlags(AV_FRAME_FLAG_CORRUPT)) onError('a picture is damaged');
        await onFrame(frame);
        continue;
      }
      frame.free();
      if (code === EAGAIN || code === AVERROR_EOF) return;
      faults++;
      fault(FFmpegError.strerror(code));
    }
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
  }
}

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

const EAGAIN = FFmpegError.AVERROR(PosixError.EAGAIN);
const THREADS = 2;
/** After this many faults in a row from one packet, the next packet is tried. */
const FAULTS_PER_PACKET_MAX = 16;

export interface DecoderOptions {
  pacing: 'live' | 'unpaced';
  motionVectors: boolean;
}

export class VideoDecoder implements Disposable {
  readonly codecName: string;
  readonly #context = new CodecContext();

  private constructor(codec: Codec, stream: Stream, options: DecoderOptions) {
    this.codecName = codec.name ?? 'unknown';
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
    const codec = codecType === AVMEDIA_TYPE_VIDEO ? Codec.findDecoder(codecId) : null;
    if (codec === null) throw new WorldError('source-undecodable', `no decoder for the source's codec (id ${codecId})`);
    const decoder = new VideoDecoder(codec, stream, options);
    try {
      using dictionary = Dictionary.fromObject({ max_pixels: FRAME_PIXELS_MAX });
      const code = await decoder.#context.open2(codec, dictionary);
      if (code < 0) {
        throw new WorldError('source-undecodable', `can't decode ${decoder.codecName}: ${FFmpegError.strerror(code)}`);
      }
      return decoder;
    } catch (error) {
      decoder[Symbol.dispose]();
      throw error;
    }
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
    const sent = await this.#context.sendPacket(packet);
    if (sent < 0 && sent !== AVERROR_EOF) onError(FFmpegError.strerror(sent));
    for (let faults = 0; faults < FAULTS_PER_PACKET_MAX; ) {
      const frame = new Frame();
      frame.alloc();
      // The work is done in sendPacket(), except where frames are drained: what is left is less than a change of threads.
      const code = packet ? this.#context.receiveFrameSync(frame) : await this.#context.receiveFrame(frame);
      if (code >= 0) {
        // Delivered all the same: it is filtered like any other.
        if (frame.decodeErrorFlags !== 0 || frame.hasFlags(AV_FRAME_FLAG_CORRUPT)) onError('a picture is damaged');
        await onFrame(frame);
        continue;
      }
      frame.free();
      if (code === EAGAIN || code === AVERROR_EOF) return;
      faults++;
      onError(FFmpegError.strerror(code));
    }
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
  }
}

/**
 * One connection to a source: opens it, reads packets of its video stream, and closes it.
 *
 * Owns the native format context. Only the best video stream is read: audio, data and subtitles are refused at the source where the
 * protocol allows it, and discarded by the demuxer otherwise. Every native call is watched: one that brings nothing for
 * SOURCE_STALL_MS is interrupted, and so is a pending one when `interrupt()` is called. The context is freed after the interrupted call
 * has come back, never under it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AVDISCARD_ALL,
  AVERROR_EOF,
  AVERROR_HTTP_FORBIDDEN,
  AVERROR_HTTP_UNAUTHORIZED,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, InputFormat, type Packet, PosixError, type Stream } from 'node-av/lib';
import { WorldError } from '../../base/errors.ts';
import { tlsHint, tlsOptions } from '../../base/libav-tls.ts';
import { FRAME_PIXELS_MAX, SOURCE_STALL_MS } from '../../base/limits.ts';
import { redactUrl } from '../../base/secrets.ts';
import './libav-log.ts';
import type { LibavSource } from '../../config/source-url.ts';
import type { CaptureOptions } from './port.ts';

/** Longest look at a live stream before it counts as known; what is read meanwhile is kept, and then comes in one burst. */
const ANALYSE_LIVE_US_MAX = 300_000;
const EAGAIN = FFmpegError.AVERROR(PosixError.EAGAIN);
const EIO = FFmpegError.AVERROR(PosixError.EIO);
const EINVAL = FFmpegError.AVERROR(PosixError.EINVAL);
const STREAMS_MAX = 64;
const EAGAIN_PAUSE_MS = 5;

/** How RTP is carried and by what TLS is known; sources without them don't care. */
type Connecting = Pick<CaptureOptions, 'transport' | 'ca'>;

export class MediaInput {
  readonly #source: LibavSource;
  readonly #connecting: Connecting;
  readonly #shown: string;
  readonly #context = new FormatContext();
  #interrupted: 'stalled' | 'closed' | undefined;
  #stream: Stream | undefined;

  constructor(source: LibavSource, connecting: Connecting) {
    this.#source = source;
    this.#connecting = connecting;
    this.#shown = shownName(source);
    // Allocated beforehand, since only an allocated context can be interrupted while it opens.
    this.#context.allocContext();
  }

  /** The video stream; known after `open()`. */
  get stream(): Stream {
    if (this.#stream === undefined) throw new Error('the input is not open');
    return this.#stream;
  }

  /** @throws WorldError */
  async open(): Promise<void> {
    const { url, format, options } = openArguments(this.#source, this.#connecting);
    using dictionary = Dictionary.fromObject(options);
    const inputFormat = format === undefined ? null : InputFormat.findInputFormat(format);
    if (inputFormat === null && format !== undefined) {
      throw new WorldError('source-undecodable', `this build of libav can't read ${format}`);
    }
    await this.#watched('open', (): Promise<number> => this.#context.openInput(url, inputFormat, dictionary));
    // V4L2 says what it sends when it is opened, and analysing it would spin on its non-blocking reads.
    if (this.#source.kind !== 'v4l2') await this.#watched('read', () => this.#context.findStreamInfo());
    this.#stream = this.#chooseStream();
  }

  /**
   * Reads the next packet of the video stream into `packet`. False at the end of a file; a live source that ends is an error.
   * @throws WorldError
   */
  async read(packet: Packet): Promise<boolean> {
    const result = await this.#watched('read', async (): Promise<number> => {
      for (;;) {
        packet.unref();
        const code = await this.#context.readFrame(packet);
        if (code === EAGAIN && this.#interrupted === undefined) await sleep(EAGAIN_PAUSE_MS);
        else if (code < 0 || this.#interrupted !== undefined) return code;
        else if (packet.streamIndex === this.stream.index) return code;
      }
    });
    if (result !== AVERROR_EOF) return true;
    if (this.#source.kind === 'file') return false;
    throw new WorldError('source-ended', `${this.#shown}: the source ended the stream`);
  }

  /** Makes a pending call come back with an error. Nothing can be read afterwards. */
  interrupt(): void {
    this.#interrupted ??= 'closed';
    this.#context.interrupt();
  }

  /** Call when no other call is pending. */
  async close(): Promise<void> {
    this.#stream = undefined;
    await this.#context.closeInput();
  }

  #chooseStream(): Stream {
    const index = this.#context.findBestStream(AVMEDIA_TYPE_VIDEO);
    const streams = this.#context.streams;
    for (const stream of streams) if (stream.index !== index) stream.discard = AVDISCARD_ALL;
    const chosen = streams.find((stream) => stream.index === index);
    if (chosen === undefined)
      throw new WorldError('source-undecodable', `${this.#shown} has no video that can be read`);
    const { width, height } = chosen.codecpar;
    if (width * height > FRAME_PIXELS_MAX) {
      throw new WorldError(
        'source-undecodable',
        `${this.#shown}: a picture of ${width}x${height} is larger than allowed`,
      );
    }
    return chosen;
  }

  async #watched(what: 'open' | 'read', call: () => Promise<number>): Promise<number> {
    const watchdog = setTimeout(() => {
      this.#interrupted ??= 'stalled';
      this.#context.interrupt();
    }, SOURCE_STALL_MS);
    try {
      const code = await call();
      if (this.#interrupted === 'stalled') {
        throw new WorldError('source-stalled', `${this.#shown}: nothing came for ${SOURCE_STALL_MS / 1000} s`);
      }
      if (this.#interrupted === 'closed') throw new WorldError('source-ended', `${this.#shown} was closed`);
      if (code < 0 && code !== AVERROR_EOF) throw this.#failure(what, code);
      return code;
    } finally {
      clearTimeout(watchdog);
    }
  }

  #failure(what: 'open' | 'read', code: number): WorldError {
    const failed = `can't ${what} ${this.#shown}`;
    if (code === AVERROR_HTTP_UNAUTHORIZED || code === AVERROR_HTTP_FORBIDDEN) {
      return new WorldError('source-unauthorised', `${failed}: ${FFmpegError.strerror(code)}`);
    }
    // What libav makes of a connection that breaks off before the server has described its streams.
    if (this.#source.kind === 'rtsp' && what === 'open' && code === AVERROR_INVALIDDATA) {
      return new WorldError('source-unreachable', `${failed}: no answer, or not one of an RTSP server`);
    }
    // What it makes of a page without a single part.
    if (this.#source.kind === 'http' && code === EINVAL) {
      return new WorldError('source-undecodable', `${failed}: what came is no Motion JPEG (multipart/x-mixed-replace)`);
    }
    if (code === EIO && what === 'open' && isTls(this.#source)) {
      const hint = tlsHint(this.#connecting.ca);
      return new WorldError('source-unreachable', `${failed}: ${FFmpegError.strerror(code)}${hint}`);
    }
    const kind =
      code === AVERROR_INVALIDDATA ? 'source-undecodable' : what === 'open' ? 'source-unreachable' : 'source-ended';
    return new WorldError(kind, `${failed}: ${FFmpegError.strerror(code)}`);
  }
}

const isTls = (source: LibavSource): boolean => 'url' in source && /^(rtsps|https):/i.test(source.url);

function shownName(source: LibavSource): string {
  switch (source.kind) {
    case 'rtsp':
    case 'http':
      return redactUrl(source.url);
    case 'v4l2':
      return source.device;
    case 'file':
      return source.path;
  }
}

interface OpenArguments {
  url: string;
  /** Name of the demuxer; undefined: libav finds out. */
  format: string | undefined;
  options: Record<string, string | number>;
}

function openArguments(source: LibavSource, { transport, ca }: Connecting): OpenArguments {
  const live = { max_streams: STREAMS_MAX, analyzeduration: ANALYSE_LIVE_US_MAX, timeout: SOURCE_STALL_MS * 1000 };
  switch (source.kind) {
    case 'rtsp':
      return {
        url: source.url,
        format: 'rtsp',
        options: {
          ...live,
          ...tlsOptions(ca),
          rtsp_transport: transport,
          allowed_media_types: 'video',
          protocol_whitelist: 'rtp,udp,tcp,tls',
        },
      };
    case 'http':
      return {
        url: source.url,
        format: 'mpjpeg',
        options: { ...live, ...tlsOptions(ca), protocol_whitelist: 'http,https,httpproxy,tcp,tls' },
      };
    case 'v4l2':
      return { url: source.device, format: 'v4l2', options: { fflags: 'nonblock' } };
    case 'file':
      return {
        url: `file:${source.path}`,
        format: undefined,
        options: { max_streams: STREAMS_MAX, protocol_whitelist: 'file' },
      };
  }
}

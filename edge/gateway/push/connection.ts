/**
 * One connection to one target: opens libav's muxer, writes access units as packets, ends the stream. One call at a time.
 *
 * Nothing is coded again: the units are the feed's own, and no other stream (audio, data) exists. Times start at 0 for each connection.
 */
import {
  AV_CODEC_ID_H264,
  AV_LOG_ERROR,
  AV_OPT_SEARCH_CHILDREN,
  AV_OPT_TYPE_STRING,
  AV_PIX_FMT_YUV420P,
  AV_PKT_FLAG_KEY,
  AVFMT_FLAG_FLUSH_PACKETS,
  AVFMT_NOFILE,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { Dictionary, FFmpegError, FormatContext, Log, Packet, Rational, type Stream } from 'node-av/lib';
import { UserError, WorldError } from '../../base/errors.ts';
import { tlsHint, tlsOptions } from '../../base/libav-tls.ts';
import { redactUrl } from '../../base/secrets.ts';
import type { AccessUnit, StreamFormat } from '../feed.ts';
import { targetOf } from './target.ts';

const MICROSECONDS = new Rational(1, 1_000_000);
const START_CODE = [0, 0, 0, 1];

Log.setLevel(AV_LOG_ERROR);

export class PushConnection {
  readonly #context: FormatContext;
  readonly #stream: Stream;
  readonly #where: string;
  readonly #hasFile: boolean;
  #firstPtsUs: number | undefined;

  /** Connects. Rejects with a UserError (scheme) or a WorldError that names the target without its credentials. */
  static async open(url: string, ca: string | undefined, format: StreamFormat): Promise<PushConnection> {
    const target = targetOf(url);
    if (target === undefined) throw new UserError(`push: ${redactUrl(url)} has no scheme that can be pushed to`);
    const context = new FormatContext();
    const where = redactUrl(url);
    check(context.allocOutputContext2(null, target.muxer, target.url), where, `no ${target.muxer} muxer`);
    const hasFile = context.oformat?.hasFlags(AVFMT_NOFILE) !== true;
    const stream = addStream(context, format);
    // Each unit goes out at once instead of filling a buffer first.
    context.setFlags(AVFMT_FLAG_FLUSH_PACKETS);
    // UDP would need ports towards us through every firewall.
    if (target.muxer === 'rtsp') context.setOption('rtsp_transport', 'tcp', AV_OPT_TYPE_STRING, AV_OPT_SEARCH_CHILDREN);
    if (hasFile) check(await context.openOutput(), where, 'cannot be reached');
    // Only RTSP hands these on to TLS.
    const isChecked = /^rtsps:/i.test(url);
    using options = Dictionary.fromObject(isChecked ? tlsOptions(ca) : {});
    check(await context.writeHeader(options), where, `did not accept the stream${isChecked ? tlsHint(ca) : ''}`);
    return new PushConnection(context, stream, where, hasFile);
  }

  private constructor(context: FormatContext, stream: Stream, where: string, hasFile: boolean) {
    this.#context = context;
    this.#stream = stream;
    this.#where = where;
    this.#hasFile = hasFile;
  }

  /** Rejects with a WorldError when the target is gone. */
  async write(unit: AccessUnit): Promise<void> {
    this.#firstPtsUs ??= unit.ptsUs;
    using packet = new Packet();
    packet.alloc();
    packet.data = Buffer.from(unit.data.buffer, unit.data.byteOffset, unit.data.byteLength);
    packet.streamIndex = 0;
    packet.pts = BigInt(unit.ptsUs - this.#firstPtsUs);
    packet.dts = packet.pts;
    if (unit.isKey) packet.flags = AV_PKT_FLAG_KEY;
    packet.rescaleTs(MICROSECONDS, this.#stream.timeBase);
    check(await this.#context.writeFrame(packet), this.#where, 'is gone');
  }

  /** Ends the stream as the protocol wants it. Errors are of no interest any more. */
  async end(): Promise<void> {
    await this.#context.writeTrailer();
    if (this.#hasFile) await this.#context.closeOutput();
  }
}

function addStream(context: FormatContext, format: StreamFormat): Stream {
  const stream = context.newStream();
  const parameters = stream.codecpar;
  parameters.codecType = AVMEDIA_TYPE_VIDEO;
  parameters.codecId = AV_CODEC_ID_H264;
  parameters.format = AV_PIX_FMT_YUV420P;
  parameters.width = format.widthPx;
  parameters.height = format.heightPx;
  parameters.extradata = Buffer.from([...START_CODE, ...format.sps, ...START_CODE, ...format.pps]);
  // WHIP negotiates by these; they are bytes 1 and 3 of the sequence parameter set.
  parameters.profile = (format.sps[1] ?? 0) as never;
  parameters.level = format.sps[3] ?? 0;
  stream.timeBase = MICROSECONDS;
  stream.avgFrameRate = new Rational(Math.max(1, Math.round(format.frameRate * 1000)), 1000);
  return stream;
}

function check(status: number, where: string, what: string): void {
  if (status >= 0) return;
  throw new WorldError('source-unreachable', `${where} ${what}: ${FFmpegError.strerror(status)}`);
}

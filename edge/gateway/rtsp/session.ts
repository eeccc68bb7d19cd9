/**
 * One viewer of one feed: owns its subscription, its RTP stream and its transport.
 *
 * States: ready -> playing -> ready ... -> ended. It never waits and never queues: a unit is packetised and handed over at once, and
 * a viewer that can't follow is dropped. When its feed vanishes it stays, and takes delivery up again, with a key frame,
 * once a feed of that name is back.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { AccessUnit, Feed, FeedDirectory, FeedSubscriber, GatewayMetrics } from '../feed.ts';
import { SENDER_REPORT_INTERVAL_MS, SESSION_EXPIRY_MS } from './limits.ts';
import { H264Packetiser } from './packetiser.ts';
import { isReceiverReport, senderReport } from './rtcp.ts';
import { H264_PAYLOAD_TYPE } from './sdp.ts';
import { RtpTimeline, shiftTimestamp } from './timeline.ts';
import type { MediaTransport } from './transport.ts';
import type { Refused, ViewerUse } from './use.ts';

export interface SessionOptions {
  feedName: string;
  user: string;
  /** A session over TCP lives as long as its connection, one over UDP until its viewer is silent for too long. */
  expires: boolean;
  transport: MediaTransport;
  /** The viewer's place among all; given back at the end. */
  slot: Disposable;
  /** What it is pulled for; disposed at the end. */
  use: ViewerUse;
  feeds: FeedDirectory;
  metrics: GatewayMetrics;
  clock: Clock;
  /** Called when the session has to end by itself. The owner then calls `end()`. */
  onDrop(session: ViewerSession, reason: 'backlog' | 'timeout' | 'unreachable' | 'use-lapsed'): void;
}

export class ViewerSession implements FeedSubscriber {
  readonly id = randomBytes(12).toString('hex');
  readonly ssrc = randomBytes(4).readUInt32BE();
  readonly #options: SessionOptions;
  readonly #transport: MediaTransport;
  readonly #packetiser: H264Packetiser;
  readonly #timeline: RtpTimeline;
  readonly #cname = randomBytes(8).toString('hex');
  #state: 'ready' | 'playing' | 'ended' = 'ready';
  #feed: Feed | undefined;
  #subscription: Disposable | undefined;
  #lastUnit: { rtpTimestamp: number; capturedMs: number } | undefined;
  #lastReportMs = Number.NEGATIVE_INFINITY;
  #lastSeenMs: number;
  /** RTSP connections that speak for this session. */
  controllers = 0;

  constructor(options: SessionOptions) {
    const { transport } = options;
    this.#options = options;
    this.#transport = transport;
    this.#lastSeenMs = options.clock.monotonicMs();
    this.#timeline = new RtpTimeline(randomBytes(4).readUInt32BE(), this.#lastSeenMs);
    this.#packetiser = new H264Packetiser({
      payloadType: H264_PAYLOAD_TYPE,
      ssrc: this.ssrc,
      firstSequence: randomInt(0x10000),
      packetBytesMax: transport.packetBytesMax,
      interleavedChannel: transport.interleavedChannel,
    });
  }

  get feedName(): string {
    return this.#options.feedName;
  }

  get user(): string {
    return this.#options.user;
  }

  get expires(): boolean {
    return this.#options.expires;
  }

  /** Resolves with why nothing may be delivered, or undefined once the pull is on record. */
  async admitted(): Promise<Refused | undefined> {
    return await this.#options.use.admit(() => {
      if (this.#state !== 'ended') this.#options.onDrop(this, 'use-lapsed');
    });
  }

  get state(): 'ready' | 'playing' | 'ended' {
    return this.#state;
  }

  /** Value of the `Transport` header. */
  get transportHeader(): string {
    return `${this.#transport.header};ssrc=${this.ssrc.toString(16).padStart(8, '0').toUpperCase()};mode="PLAY"`;
  }

  /** A sign of life. */
  touch(): void {
    this.#lastSeenMs = this.#options.clock.monotonicMs();
  }

  onReport(rtcp: Buffer): void {
    if (isReceiverReport(rtcp)) this.touch();
  }

  /** The viewer's machine refuses packets: it may not listen yet, but once nobody speaks for the session it is gone. */
  onUnreachable(): void {
    if (this.controllers === 0 && this.#state !== 'ended') this.#options.onDrop(this, 'unreachable');
  }

  /** What RTP-Info announces. Delivery begins with `startDelivery()`, so that the response can go out first. */
  play(): { sequence: number; rtpTimestamp: number } {
    this.#stopDelivery();
    this.#state = 'playing';
    return { sequence: this.#packetiser.nextSequence, rtpTimestamp: this.#restartTimeline() };
  }

  startDelivery(): void {
    if (this.#state !== 'playing' || this.#subscription !== undefined) return;
    const feed = this.#options.feeds.get(this.feedName);
    if (feed === undefined) return;
    this.#feed = feed;
    this.#subscription = feed.subscribe(this);
  }

  pause(): void {
    if (this.#state !== 'playing') return;
    this.#state = 'ready';
    this.#stopDelivery();
  }

  /** Says goodbye, where that can still be heard, and gives everything back. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stopDelivery();
    this.#report(true);
    this.#transport.close();
    this.#options.use[Symbol.dispose]();
    this.#options.slot[Symbol.dispose]();
  }

  /** To be called about once a second. */
  sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#options.expires && nowMs - this.#lastSeenMs > SESSION_EXPIRY_MS) {
      this.#options.onDrop(this, 'timeout');
      return;
    }
    if (this.#state !== 'playing') return;
    if (this.#options.feeds.get(this.feedName) !== this.#feed) {
      this.#stopDelivery();
      this.#restartTimeline();
      this.startDelivery();
    }
    if (nowMs - this.#lastReportMs >= SENDER_REPORT_INTERVAL_MS) this.#report(false);
  }

  onFormat(): void {
    // Parameter sets are in band before each key frame; a new description is for those who ask for one.
  }

  onAccessUnit(unit: AccessUnit): void {
    if (this.#state !== 'playing') return;
    const isFirst = this.#lastUnit === undefined;
    const rtpTimestamp = this.#timeline.timestampOf(unit.ptsUs);
    this.#lastUnit = { rtpTimestamp, capturedMs: unit.capturedMs };
    if (isFirst) this.#report(false);
    const packets = this.#packetiser.packetise(unit.data, rtpTimestamp);
    if (this.#transport.sendUnit(packets) === 'full') {
      this.#options.onDrop(this, 'backlog');
      return;
    }
    const latencyMs = this.#options.clock.monotonicMs() - unit.capturedMs;
    this.#options.metrics.unitSent('rtsp', this.feedName, latencyMs, packets.bytes.length);
  }

  #stopDelivery(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    this.#feed = undefined;
  }

  #restartTimeline(): number {
    this.#lastUnit = undefined;
    return this.#timeline.restart(this.#options.clock.monotonicMs());
  }

  /** Maps the present wall time to the timestamp that a picture captured now would get. */
  #report(isGoodbye: boolean): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#lastUnit === undefined) return;
    this.#lastReportMs = nowMs;
    const rtpTimestamp = shiftTimestamp(this.#lastUnit.rtpTimestamp, nowMs - this.#lastUnit.capturedMs);
    const { packets, octets } = this.#packetiser.sent;
    const info = { ssrc: this.ssrc, wallMs: clock.wallMs(), rtpTimestamp, packets, octets };
    this.#transport.sendReport(senderReport(info, this.#cname, isGoodbye));
  }
}

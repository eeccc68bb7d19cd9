/**
 * Agent side of a push: keeps one feed going to one target, through one process per connection.
 *
 * When the target falls behind, units wait up to PUSH_BACKLOG_BYTES_MAX; then they are dropped and counted until the next key frame
 * that finds room. When it is gone, or takes nothing for PUSH_STALL_MS, the process is ended and another tried after a jittered
 * pause. No message of this file holds the target's credentials.
 */
import { type Child, forkChild, waitUntil } from '../../base/child.ts';
import { type Clock, systemClock } from '../../base/clock.ts';
import {
  CHILD_STOP_MS_MAX,
  PUSH_BACKLOG_BYTES_MAX,
  PUSH_STALL_MS,
  RECONNECT_BACKOFF_MS_MAX,
  RECONNECT_BACKOFF_MS_MIN,
  RESTART_HEALTHY_MS,
} from '../../base/limits.ts';
import type { Log } from '../../base/log.ts';
import { redactUrl, registerUrlSecrets, scrub } from '../../base/secrets.ts';
import type { AccessUnit, Feed, GatewayMetrics, StreamFormat } from '../feed.ts';
import { parseFromPush, type ToPush } from './messages.ts';

const PUSH_PROCESS = new URL('./process.js', import.meta.url);
const WATCH_MS = 1_000;

interface PushState {
  /** Where to, fit to be shown. */
  target: string;
  state: 'waiting' | 'connecting' | 'sending' | 'stopped';
  /** Why the last connection ended, credentials removed; empty while all is well. */
  lastError: string;
  reconnects: number;
  /** Since the start: units left out because the target was too slow. */
  unitsDropped: number;
}

export interface Push {
  readonly state: Readonly<PushState>;
  /** Ends the stream properly; resolves within CHILD_STOP_MS_MAX and a second. */
  close(): Promise<void>;
}

export interface PushOptions {
  feed: Feed;
  /** With its credentials. */
  url: string;
  /** File with the certificates, PEM, by which a target over rtsps:// is known; without it any certificate is taken. */
  ca?: string | undefined;
  metrics: Pick<GatewayMetrics, 'unitSent' | 'viewerDropped'>;
  log: Log;
  clock?: Clock;
}

export function startPush(options: PushOptions): Push {
  return new FeedPush(options);
}

/** One process and what it has been given. */
interface Connection {
  child: Child;
  format: StreamFormat;
  /** Given and not yet `sent`, oldest first. */
  waiting: { ptsUs: number; capturedMs: number; bytes: number }[];
  waitingBytes: number;
  progressMs: number;
  connectedMs: number | undefined;
  skipsToKey: boolean;
  /** Its stream is being ended because the feed changed its format; it gets nothing more. */
  isEnding: boolean;
}

class FeedPush implements Push {
  readonly state: PushState;
  readonly #options: PushOptions;
  readonly #clock: Clock;
  readonly #watch: NodeJS.Timeout;
  #subscription: Disposable | undefined;
  #connection: Connection | undefined;
  #retry: NodeJS.Timeout | undefined;
  #backoffMs = RECONNECT_BACKOFF_MS_MIN;
  #isClosing = false;

  constructor(options: PushOptions) {
    registerUrlSecrets(options.url);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.state = { target: redactUrl(options.url), state: 'waiting', lastError: '', reconnects: 0, unitsDropped: 0 };
    this.#watch = setInterval(() => this.#killIfStalled(), WATCH_MS);
    this.#connect();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#retry);
    clearInterval(this.#watch);
    this.#subscription?.[Symbol.dispose]();
    const isGone = (): boolean => this.#connection === undefined;
    this.#tell({ type: 'stop' });
    if (!(await waitUntil(isGone, CHILD_STOP_MS_MAX))) {
      this.#connection?.child.kill();
      await waitUntil(isGone, 1000);
    }
    this.state.state = 'stopped';
  }

  /** Subscribes anew, so that a connection begins with format and key frame; the process is forked with the first format. */
  #connect(): void {
    this.state.state = 'connecting';
    this.#subscription = this.#options.feed.subscribe({
      onFormat: (format) => this.#onFormat(format),
      onAccessUnit: (unit) => this.#onUnit(unit),
    });
  }

  #onFormat(format: StreamFormat): void {
    const connection = this.#connection;
    if (connection === undefined) {
      this.#fork(format);
    } else if (!connection.isEnding && !sameCoding(connection.format, format)) {
      // No protocol here lets a stream change its coding midway: a new connection says it.
      connection.isEnding = true;
      this.#tell({ type: 'stop' });
    }
  }

  #fork(format: StreamFormat): void {
    const { log, url, ca } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const connection: Connection = {
      child: forkChild({
        entry: PUSH_PROCESS,
        log,
        onMessage: (message) => this.#heard(connection, message),
        onExit: (why) => this.#ended(connection, why),
      }),
      format,
      waiting: [],
      waitingBytes: 0,
      progressMs: nowMs,
      connectedMs: undefined,
      skipsToKey: false,
      isEnding: false,
    };
    this.#connection = connection;
    this.#tell({ type: 'start', url, ca, format });
  }

  #onUnit(unit: AccessUnit): void {
    const connection = this.#connection;
    if (connection === undefined || connection.isEnding) return;
    const bytes = unit.data.byteLength;
    const hasRoom = connection.waitingBytes + bytes <= PUSH_BACKLOG_BYTES_MAX;
    if (!hasRoom || (connection.skipsToKey && !unit.isKey)) {
      if (!connection.skipsToKey) this.#options.metrics.viewerDropped('push', this.#options.feed.name, 'slow');
      connection.skipsToKey = true;
      this.state.unitsDropped++;
      return;
    }
    connection.skipsToKey = false;
    if (connection.waiting.length === 0) connection.progressMs = this.#clock.monotonicMs();
    connection.waiting.push({ ptsUs: unit.ptsUs, capturedMs: unit.capturedMs, bytes });
    connection.waitingBytes += bytes;
    this.#tell({ type: 'unit', unit });
  }

  #heard(connection: Connection, raw: unknown): void {
    const message = parseFromPush(raw);
    const nowMs = this.#clock.monotonicMs();
    switch (message?.type) {
      case 'connected':
        connection.connectedMs = nowMs;
        connection.progressMs = nowMs;
        this.state.state = 'sending';
        this.state.lastError = '';
        this.#options.log.info({ target: this.state.target }, 'pushing');
        return;
      case 'sent':
        this.#sent(connection, message.ptsUs, nowMs);
        return;
      case 'failed':
        this.state.lastError = scrub(message.message);
        return;
      case undefined:
        this.#options.log.warn('message of the push process refused');
    }
  }

  #sent(connection: Connection, ptsUs: number, nowMs: number): void {
    connection.progressMs = nowMs;
    while (connection.waiting[0] !== undefined && connection.waiting[0].ptsUs <= ptsUs) {
      const { bytes, capturedMs } = connection.waiting.shift()!;
      connection.waitingBytes -= bytes;
      this.#options.metrics.unitSent('push', this.#options.feed.name, nowMs - capturedMs, bytes);
    }
  }

  #ended(connection: Connection, why: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#subscription?.[Symbol.dispose]();
    if (this.#isClosing) return;
    if (connection.isEnding) {
      this.#connect();
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    const wasHealthy = connection.connectedMs !== undefined && nowMs - connection.connectedMs >= RESTART_HEALTHY_MS;
    if (wasHealthy) this.#backoffMs = RECONNECT_BACKOFF_MS_MIN;
    const pauseMs = this.#backoffMs * (0.5 + Math.random() / 2);
    this.#backoffMs = Math.min(RECONNECT_BACKOFF_MS_MAX, this.#backoffMs * 2);
    this.state.state = 'waiting';
    this.state.reconnects++;
    const { target, lastError } = this.state;
    this.#options.log.warn({ target, error: lastError || why }, 'push ended; it is tried again');
    this.#retry = setTimeout(() => this.#connect(), pauseMs);
  }

  /** Connecting may take as long as sending nothing may. */
  #killIfStalled(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const isWaiting = connection.connectedMs === undefined || connection.waiting.length > 0 || connection.isEnding;
    if (!isWaiting || this.#clock.monotonicMs() - connection.progressMs <= PUSH_STALL_MS) return;
    this.state.lastError = `${this.state.target} took nothing for ${PUSH_STALL_MS / 1000} s`;
    connection.child.kill();
  }

  #tell(message: ToPush): void {
    this.#connection?.child.send(message);
  }
}

function sameCoding(a: StreamFormat, b: StreamFormat): boolean {
  const same = (x: Uint8Array, y: Uint8Array): boolean => Buffer.compare(x, y) === 0;
  return a.widthPx === b.widthPx && a.heightPx === b.heightPx && same(a.sps, b.sps) && same(a.pps, b.pps);
}

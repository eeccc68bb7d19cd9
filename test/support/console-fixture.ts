/** A real HTTP server with a real credential store on a free port of loopback, and feeds that look like a camera's. */
import { pino } from 'pino';
import sharp from 'sharp';
import { type Clock, systemClock } from '../../edge/base/clock.ts';
import { FailureDamper } from '../../edge/gateway/auth/damper.ts';
import { openCredentialStore } from '../../edge/gateway/auth/store.ts';
import type { CameraHealth, Feed, FeedSubscriber, GatewayMetrics, StreamFormat } from '../../edge/gateway/feed.ts';
import type { PublicRecord } from '../../edge/gateway/http/record.ts';
import { type HttpServerOptions, startHttpServer } from '../../edge/gateway/http/server.ts';
import type { SetupPort } from '../../edge/gateway/http/setup.ts';
import type { AgentHealth, RecordHealth } from '../../edge/gateway/http/status.ts';
import type { Inquiries } from '../../edge/gateway/public/port.ts';
import type { UseDesk } from '../../edge/gateway/use/desk.ts';
import { ViewerSlots } from '../../edge/gateway/viewer-slots.ts';
import { ManualDirectory } from './manual-feed.ts';
import { openTestDesk } from './use.ts';

export const USER = 'operator';
export const PASSWORD = 'correct-horse';
export const BASIC = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;

const HEALTHY: CameraHealth = {
  state: 'live',
  advice: '',
  source: { state: 'connected', description: 'h264 1920x1080 25 fps', lastError: '', reconnects: 1 },
  detector: {
    state: 'ready',
    models: ['garim-street-v2'],
    digests: ['7d47'.repeat(16)],
    inferenceMsP50: 10.4,
    cadenceFrames: 3,
  },
  encoder: 'libx264',
  coveredNow: { face: 3, plate: 1 },
  delayLineFrames: 5,
  uncounted: [],
};

export const RECORD: RecordHealth = {
  state: 'kept',
  origin: 'garim.local/box/7f3a',
  vkey: 'garim.local/box/7f3a+00000000+AQ==',
  size: 12,
  signed: 12,
  witnesses: [],
};

/** A feed with health and snapshots, around one that has only pictures. */
export class DressedFeed implements Feed {
  health: CameraHealth | undefined;
  readonly #feed: Feed;

  constructor(feed: Feed, health: CameraHealth | undefined = HEALTHY) {
    this.#feed = feed;
    this.health = health;
  }

  get name(): string {
    return this.#feed.name;
  }

  get format(): StreamFormat | undefined {
    return this.#feed.format;
  }

  subscribe(subscriber: FeedSubscriber): Disposable {
    return this.#feed.subscribe(subscriber);
  }

  snapshot(): Promise<Uint8Array> {
    return sharp({ create: { width: 64, height: 36, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
  }
}

class RecordedMetrics implements GatewayMetrics {
  readonly sent: { kind: string; feed: string; latencyMs: number; bytes: number }[] = [];
  readonly dropped: string[] = [];
  readonly counts = new Map<string, number>();

  unitSent(kind: string, feed: string, latencyMs: number, bytes: number): void {
    this.sent.push({ kind, feed, latencyMs, bytes });
  }

  viewers(kind: string, feed: string, count: number): void {
    this.counts.set(`${kind} ${feed}`, count);
  }

  viewerDropped(kind: string, feed: string, reason: string): void {
    this.dropped.push(`${kind} ${feed} ${reason}`);
  }
}

export async function startConsole(
  feeds: Feed[],
  options: {
    clock?: Clock;
    notices?: string[];
    damper?: FailureDamper;
    slots?: ViewerSlots;
    desk?: UseDesk;
    record?: PublicRecord;
    inquiries?: Inquiries;
    choices?: HttpServerOptions['choices'];
    log?: HttpServerOptions['log'];
    tls?: { cert: string; key: string };
    setup?: SetupPort;
  } = {},
) {
  const { clock = systemClock, damper = new FailureDamper(clock), slots = new ViewerSlots() } = options;
  const { credentials } = await openCredentialStore({
    stateDir: '/nonexistent',
    env: { GARIM_USER: USER, GARIM_PASSWORD: PASSWORD },
    showFirstUser: () => {},
  });
  const metrics = new RecordedMetrics();
  const agent: AgentHealth = {
    state: 'running',
    version: '0.1.0',
    startedWallMs: Date.now() - 3_600_000,
    rtspPort: 8554,
    totals: Object.fromEntries(
      feeds.map((feed) => [
        feed.name,
        {
          framesIn: 1234,
          framesOut: 1229,
          framesSlate: 0,
          framesCoveredWhole: { 'verdict-late': 12 },
          framesDropped: { overload: 5 },
        },
      ]),
    ),
    notices: options.notices ?? [],
    record: RECORD,
  };
  const serverOptions = {
    listen: '127.0.0.1:0',
    ...(options.tls !== undefined && { tls: options.tls }),
    ...(options.setup !== undefined && { setup: options.setup }),
    feeds: new ManualDirectory(...feeds),
    credentials,
    damper,
    slots,
    desk: options.desk ?? (await openTestDesk()).desk,
    ...(options.inquiries === undefined ? {} : { inquiries: options.inquiries }),
    metrics,
    health: () => agent,
    record: options.record ?? { publicFile: async () => undefined },
    renderMetrics: async () => 'garim_up 1\n',
    log: options.log ?? pino({ level: 'silent' }),
    clock,
    ...(options.choices === undefined ? {} : { choices: options.choices }),
  };
  const server = await startHttpServer(serverOptions);
  const host = `127.0.0.1:${server.address.port}`;
  return {
    server,
    options: serverOptions,
    metrics,
    agent,
    host,
    url: `http://${host}`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

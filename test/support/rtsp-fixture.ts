/** A running RTSP server on a free port with one user, and metrics that a test can read. */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { type Clock, systemClock } from '../../edge/base/clock.ts';
import { FailureDamper } from '../../edge/gateway/auth/damper.ts';
import { type Credentials, REALM } from '../../edge/gateway/auth/port.ts';
import type { FeedDirectory, GatewayMetrics } from '../../edge/gateway/feed.ts';
import { type RtspServer, startRtspServer } from '../../edge/gateway/rtsp/server.ts';
import type { UseDesk } from '../../edge/gateway/use/desk.ts';
import { ViewerSlots } from '../../edge/gateway/viewer-slots.ts';
import { openTestDesk } from './use.ts';

export const USER = 'operator';
export const PASSWORD = 'correct horse';

/** One user whose password is known to the test. */
export class OneUser implements Credentials {
  verifyPassword(user: string, password: string): Promise<boolean> {
    return Promise.resolve(user === USER && password === PASSWORD);
  }

  digestHa1(user: string, algorithm: 'MD5' | 'SHA-256'): string | undefined {
    if (user !== USER) return undefined;
    return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(`${USER}:${REALM}:${PASSWORD}`)
      .digest('hex');
  }
}

export class RecordingMetrics implements GatewayMetrics {
  readonly sent: { feed: string; latencyMs: number; bytes: number }[] = [];
  readonly viewerCounts = new Map<string, number>();
  readonly drops: string[] = [];

  unitSent(kind: string, feed: string, latencyMs: number, bytes: number): void {
    if (kind === 'rtsp') this.sent.push({ feed, latencyMs, bytes });
  }

  viewers(kind: string, feed: string, count: number): void {
    if (kind === 'rtsp') this.viewerCounts.set(feed, count);
  }

  viewerDropped(kind: string, feed: string, reason: string): void {
    if (kind === 'rtsp') this.drops.push(`${feed}:${reason}`);
  }
}

export interface RtspFixture extends AsyncDisposable {
  server: RtspServer;
  metrics: RecordingMetrics;
  damper: FailureDamper;
  slots: ViewerSlots;
  /** `rtsp://127.0.0.1:PORT`, with TLS `rtsps://...` */
  base: string;
}

export async function startRtspFixture(
  feeds: FeedDirectory,
  clock: Clock = systemClock,
  desk?: UseDesk,
  tls?: { cert: string; key: string },
): Promise<RtspFixture> {
  const metrics = new RecordingMetrics();
  const damper = new FailureDamper(clock);
  const slots = new ViewerSlots();
  const server = await startRtspServer({
    listen: '127.0.0.1:0',
    ...(tls !== undefined && { tls }),
    feeds,
    credentials: new OneUser(),
    damper,
    slots,
    desk: desk ?? (await openTestDesk()).desk,
    metrics,
    log: pino({ level: 'silent' }),
    clock,
  });
  return {
    server,
    metrics,
    damper,
    slots,
    base: `${tls === undefined ? 'rtsp' : 'rtsps'}://127.0.0.1:${server.address.port}`,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

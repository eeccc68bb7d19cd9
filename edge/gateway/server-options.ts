/** What every server of the gateway is given. `damper`, `slots` and `desk` are the same objects for all of them. */
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { FailureDamper } from './auth/damper.ts';
import type { Credentials } from './auth/port.ts';
import type { FeedDirectory, GatewayMetrics } from './feed.ts';
import type { Transport } from './transport.ts';
import type { UseDesk } from './use/desk.ts';
import type { ViewerSlots } from './viewer-slots.ts';

export interface ServerOptions {
  /** `HOST:PORT`; an IPv6 host in brackets; port 0 takes a free one. */
  listen: string;
  /** Serves over TLS only. PEM texts. */
  tls?: { cert: string; key: string };
  feeds: FeedDirectory;
  credentials: Credentials;
  /** Guesses over all protocols count together. */
  damper: FailureDamper;
  /** Viewers of all kinds share their places. */
  slots: ViewerSlots;
  /** Nothing of a feed leaves that it has not admitted. */
  desk: UseDesk;
  metrics: GatewayMetrics;
  log: Log;
  clock?: Clock;
  /** Told of each connection of another machine. */
  onConnection?: (transport: Transport) => void;
}

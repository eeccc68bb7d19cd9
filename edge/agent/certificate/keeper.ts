/**
 * The certificates that the box's servers show, over months without a restart. Each minute the box's own one is renewed when it is due, and all
 * files are read again: what changed is served to whoever connects next, connections that are there stay. Files that do not fit together (half
 * of a renewal has been copied) change nothing: the pair that was read before is served, and a notice says so.
 *
 * Keys are held here and by the servers, and told to nobody.
 */
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors.ts';
import { type Log, RepeatLog } from '../../base/log.ts';
import { readTls, type TlsPair, type TlsSettings } from '../../config/tls.ts';
import { boxCertificate, ownFilesIn, replaceByOwn, replaceOwn } from './own.ts';

const CHECK_EVERY_MS = 60_000;
/** Somebody has to get a new one from an authority. */
const WARN_DAYS = 30;
const DAY_MS = 86_400_000;
/**
 * A certificate that begins in the future was made under a clock that was ahead, or the clock is behind now. So long is waited for network time,
 * which usually mends the second.
 */
const AHEAD_MS_MAX = 3_600_000;

const SERVERS = ['http', 'rtsp'] as const;
type Server = (typeof SERVERS)[number];

interface Served {
  server: Server;
  settings: TlsSettings;
  isOwn: boolean;
  pair: TlsPair;
  /** Why the files are not what is served; empty while they are. */
  fault: string;
  use: ((pair: TlsPair) => void) | undefined;
}

export interface CertificateKeeperOptions {
  settings: Readonly<Record<Server, { tls?: TlsSettings | undefined }>>;
  stateDir: string;
  clock: Clock;
  log: Log;
}

export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  readonly #faults: RepeatLog;
  readonly #served: Served[] = [];
  readonly #timer: NodeJS.Timeout;
  #aheadSinceMs: number | undefined;
  #checking: Promise<void> | undefined;

  private constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#faults = new RepeatLog(options.log, 'a certificate can not be renewed or read');
    this.#timer = setInterval(() => void this.check(), CHECK_EVERY_MS);
    this.#timer.unref();
  }

  /** Renews what is due, and reads all. Throws a UserError that names the setting at fault. */
  static async open(options: CertificateKeeperOptions): Promise<CertificateKeeper> {
    const keeper = new CertificateKeeper(options);
    try {
      for (const server of SERVERS) await keeper.#add(server, options.settings[server].tls);
    } catch (error) {
      await keeper.close();
      throw error;
    }
    return keeper;
  }

  async #add(server: Server, settings: TlsSettings | undefined): Promise<void> {
    if (settings === undefined) return;
    const isOwn = path.resolve(settings.cert) === path.resolve(ownFilesIn(this.#options.stateDir).cert);
    if (isOwn) await this.#renewOwn().catch((error: unknown) => this.#faults.add(error));
    const pair = await readTls(settings, `${server}.tls`);
    this.#served.push({ server, settings, isOwn, pair, fault: '', use: undefined });
  }

  /** What a server begins with; undefined for one that does not speak TLS. */
  pairOf(server: Server): TlsPair | undefined {
    return this.#served.find((each) => each.server === server)?.pair;
  }

  /** Called with the present pair, since it may have changed while the server started, and with each later one. */
  onRenewed(server: Server, use: (pair: TlsPair) => void): void {
    const served = this.#served.find((each) => each.server === server);
    if (served === undefined) return;
    served.use = use;
    use(served.pair);
  }

  /** When what is served runs out, wall clock. */
  get ends(): { server: Server; endMs: number }[] {
    return this.#served.map(({ server, pair }) => ({ server, endMs: endOf(pair) }));
  }

  notices(): string[] {
    const nowMs = this.#options.clock.wallMs();
    return this.#served.flatMap(({ server, settings, isOwn, pair, fault }) => {
      if (fault !== '') return [`${fault} What was read before is served meanwhile.`];
      const days = Math.floor((endOf(pair) - nowMs) / DAY_MS);
      if (days >= WARN_DAYS) return [];
      const when = days < 0 ? 'has run out' : `runs out in ${days} days`;
      const what = isOwn
        ? 'It could not be renewed: see the log.'
        : 'Put a new one in its place; it is taken up by itself.';
      return [`${server}.tls: the certificate ${settings.cert} ${when}. ${what}`];
    });
  }

  /** One look at all files; one at a time. Never rejects. */
  check(): Promise<void> {
    this.#checking ??= this.#checkAll()
      .catch((error: unknown) => this.#faults.add(error))
      .finally(() => {
        this.#checking = undefined;
      });
    return this.#checking;
  }

  /**
   * Puts this pair, or without one a new one of the box's own, in the place of the box's own, and serves it where that is served. Rejects with a
   * WorldError when it can't be written.
   */
  async replaceOwn(pair: TlsPair | undefined): Promise<void> {
    while (this.#checking !== undefined) await this.#checking;
    const { stateDir, clock } = this.#options;
    const replacing = pair === undefined ? replaceByOwn(stateDir, clock) : replaceOwn(stateDir, pair);
    // No look at the files meanwhile.
    this.#checking = replacing
      .catch(() => {})
      .finally(() => {
        this.#checking = undefined;
      });
    await replacing;
    await this.#checking;
    await this.check();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  async #checkAll(): Promise<void> {
    if (this.#served.some(({ isOwn }) => isOwn)) {
      // Its own fault must not keep a certificate that somebody put there from being read.
      await this.#renewOwn().catch((error: unknown) => this.#faults.add(error));
    }
    for (const served of this.#served) await this.#readAgain(served);
  }

  async #renewOwn(): Promise<void> {
    const { stateDir, clock, log } = this.#options;
    const { state, fingerprint, validTo } = await boxCertificate(stateDir, [], clock, {
      isAhead: this.#isAheadForLong(),
    });
    if (state === 'renewed') log.info({ fingerprint, validTo }, 'the certificate of the box was renewed, with its key');
  }

  #isAheadForLong(): boolean {
    const { clock } = this.#options;
    const own = this.#served.find(({ isOwn }) => isOwn)?.pair;
    const isAhead = own !== undefined && Date.parse(new X509Certificate(own.cert).validFrom) > clock.wallMs();
    this.#aheadSinceMs = isAhead ? (this.#aheadSinceMs ?? clock.monotonicMs()) : undefined;
    return this.#aheadSinceMs !== undefined && clock.monotonicMs() - this.#aheadSinceMs >= AHEAD_MS_MAX;
  }

  async #readAgain(served: Served): Promise<void> {
    const { server, settings, pair: old } = served;
    try {
      const pair = await readTls(settings, `${server}.tls`);
      if (pair.cert !== old.cert || pair.key !== old.key) {
        served.use?.(pair);
        served.pair = pair;
        const fingerprint = new X509Certificate(pair.cert).fingerprint256;
        this.#options.log.info({ server, fingerprint }, 'a new certificate is served');
      }
      served.fault = '';
    } catch (error) {
      const fault = messageOf(error);
      if (served.fault !== fault) this.#faults.add(error);
      served.fault = fault;
    }
  }
}

function endOf({ cert }: TlsPair): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

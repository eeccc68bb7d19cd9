/**
 * The parts of a box that live by the clock, as the agent and the sensor process put them together, on simulated time: record with its keys,
 * presence codes, sensors, people's choices, uses, sessions, segments, certificates with their two servers. Made-up cameras and phones keep them busy.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { CertificateKeeper } from '../../edge/agent/certificate/keeper.ts';
import { boxCertificate, ownFilesIn } from '../../edge/agent/certificate/own.ts';
import { cameraStream, sensorStream } from '../../edge/agent/record/about.ts';
import { Recorder } from '../../edge/agent/record/recorder.ts';
import { useRecordOver } from '../../edge/agent/use.ts';
import { rootLog } from '../../edge/base/log.ts';
import { configSchema } from '../../edge/config/schema.ts';
import type { TlsSettings } from '../../edge/config/tls.ts';
import { BUILT_IN_AGREEMENT } from '../../edge/config/use.ts';
import { Sessions, sessionId } from '../../edge/gateway/http/sessions.ts';
import { startSegments } from '../../edge/gateway/segments/recorder.ts';
import { UseDesk } from '../../edge/gateway/use/desk.ts';
import { holdUse } from '../../edge/gateway/use/held.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { DurableFolder } from '../../edge/ledger/durable.ts';
import { entriesOf } from '../../edge/ledger/entries.ts';
import { decodeLeaf, type Kind, type Leaf } from '../../edge/ledger/leaf.ts';
import { PresenceCodes } from '../../edge/ledger/presence.ts';
import { ChoiceBook } from '../../edge/policy/choices/choice-book.ts';
import { optInMessage, pauseMessage } from '../../edge/policy/choices/requests.ts';
import type { TokenKind } from '../../edge/policy/choices/token-keys.ts';
import type { Issued, Token } from '../../edge/policy/choices/tokens.ts';
import type { LegalOrder } from '../../edge/policy/schema.ts';
import type { FromSensors, Release } from '../../edge/sensor/messages.ts';
import { Station } from '../../edge/sensor/station.ts';
import { startConsole } from './console-fixture.ts';
import { FORMAT, unit } from './h264.ts';
import { ManualDirectory, ManualFeed } from './manual-feed.ts';
import { policyWith, sensorWith } from './policies.ts';
import { startRtspFixture } from './rtsp-fixture.ts';
import { SimulatedTime, settled } from './simulated-time.ts';
import { newHolderKey, spendFor, TokenHolder } from './token-holder.ts';
import { testCounts } from './units.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
export const WINDOW_MS = 15 * MINUTE_MS;
const DETAIL_DAYS = 1;
export const SEGMENTS_MB_MAX = 1;
export const SEGMENT_BYTES = 50_000;
/** What happens between is in order, but is read and written at the end of a step only. */
export const STEP_MS = 5 * MINUTE_MS;
/** Devices that pass the scanner in a step, each once and never again. */
export const DEVICES_PER_STEP = 15;
export const DEVICES_PER_WINDOW = (DEVICES_PER_STEP * WINDOW_MS) / STEP_MS;
/** And such as say by their network's name that they are to be left out. */
export const REFUSING_PER_STEP = 4;
const BOX = 'box-1';
const CARD = { sensor: 'bus', category: 'transit-card', value: '1040-2200-7719' } as const;
const log = rootLog.child({}, { level: 'silent' });

/** What may lie in memory only: a flush costs nothing there, and none of these tests is about flushes. */
const SCRATCH = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

interface SimulatedBoxOptions {
  wallStartMs: number;
  /** How long ago the box's own certificate was made, by the wall clock. */
  madeMsAgo: number;
  /** A certificate that somebody gave the box. */
  rtspTls: TlsSettings;
  legalOrders?: LegalOrder[];
}

export class SimulatedBox implements AsyncDisposable {
  readonly time: SimulatedTime;
  readonly dir: string;
  readonly fed = new ManualFeed('gate', FORMAT);
  readonly releases: (Release & { atMs: number })[] = [];
  readonly withheld: Record<string, number> = {};
  readonly dropped: Record<string, number> = {};
  readonly lapses: string[] = [];
  /** What the sensor process logs at the level of a user's interest. */
  readonly logged: { msg: string; atMs: number }[] = [];
  sessions!: Sessions;
  recorder!: Recorder;
  presence!: PresenceCodes;
  choices!: ChoiceBook;
  desk!: UseDesk;
  certificates!: CertificateKeeper;
  ports = { http: 0, rtsp: 0 };
  readonly #parts: (() => Promise<void> | void)[] = [];
  #station!: Station;
  #devices = 0;
  #steps = 0;

  private constructor(wallStartMs: number) {
    this.dir = mkdtempSync(path.join(SCRATCH, 'garim-day-'));
    this.time = new SimulatedTime(wallStartMs);
  }

  static async open(options: SimulatedBoxOptions): Promise<SimulatedBox> {
    const box = new SimulatedBox(options.wallStartMs);
    try {
      await box.#open(options);
    } catch (error) {
      await box[Symbol.asyncDispose]();
      throw error;
    }
    return box;
  }

  async #open({ madeMsAgo, rtspTls, legalOrders = [] }: SimulatedBoxOptions): Promise<void> {
    const { time: clock, dir: stateDir } = this;
    const past = { wallMs: () => clock.wallMs() - madeMsAgo, monotonicMs: () => 0 };
    await boxCertificate(stateDir, ['pole-7.example'], past);
    const { cert, key } = ownFilesIn(stateDir);
    const config = configSchema.parse({
      cameras: { gate: { source: 'simulated' } },
      ledger: { windowMinutes: WINDOW_MS / MINUTE_MS, detailDays: DETAIL_DAYS },
      http: { tls: { cert, key } },
      rtsp: { tls: rtspTls },
    });
    this.certificates = await CertificateKeeper.open({ settings: config, stateDir, clock, log });
    this.#parts.push(() => this.certificates.close());

    const corner = sensorWith(
      { mac: { category: 'mac-address', transform: { kind: 'contributor' } } },
      { adapter: 'wifi-probes', windowMs: WINDOW_MS, k: 10, release: 'crowd-flow' },
    );
    const bus = sensorWith(
      {
        card: { category: 'transit-card', transform: { kind: 'contributor' } },
        at: { category: 'location-trace', transform: { kind: 'group-cell', resolution: 7 } },
      },
      { adapter: 'transit-card', zone: 'square' },
    );
    const policy = policyWith({ corner, bus }, { legalOrders });

    this.presence = await PresenceCodes.open({ stateDir, clock, windowMinutes: config.ledger.windowMinutes });
    this.recorder = new Recorder({
      settings: config.ledger,
      stateDir,
      box: '00c0ffee00c0ffee',
      software: '0.1.0',
      streams: [
        cameraStream('gate', config.cameras['gate']!),
        sensorStream('corner', corner, { digest: 'ab'.repeat(32), version: 1 }),
      ],
      presenceOf: (window) => this.presence.hashOf(window),
      clock,
      log,
    });
    await this.recorder.start();
    this.#parts.push(() => this.recorder.close());

    this.choices = await ChoiceBook.open({ stateDir, box: BOX, policy, clock });
    const expiry = setInterval(() => void this.choices.expire(), HOUR_MS); // as the sensor process does
    this.#parts.push(() => clearInterval(expiry));
    this.#station = await Station.open({
      start: {
        type: 'start',
        box: BOX,
        stateDir,
        policy,
        policyDigest: 'ab'.repeat(32),
        intakes: { corner: { kind: 'camera', camera: 'gate' } },
      },
      clock,
      choices: this.choices,
      log: pino(
        { level: 'info' },
        { write: (line: string) => void this.logged.push({ msg: JSON.parse(line).msg, atMs: this.time.wallMs() }) },
      ),
      send: (message) => this.#fromSensors(message),
    });
    this.#parts.push(() => this.#station.close());

    this.desk = await UseDesk.open({
      agreements: [BUILT_IN_AGREEMENT],
      roles: new Map(),
      record: useRecordOver(this.recorder, clock),
      metrics: { usePermitted: () => {}, useRefused: () => {} },
      clock,
      log,
    });
    this.sessions = new Sessions(clock);
    const segments = startSegments({
      feed: this.fed,
      dir: path.join(stateDir, 'segments'),
      secondsEach: 60,
      totalMbMax: SEGMENTS_MB_MAX,
      log,
      clock,
    });
    this.#parts.push(() => segments.close());

    const https = await startConsole([], { clock, tls: this.certificates.pairOf('http')! });
    this.#parts.push(() => https.server.close());
    this.certificates.onRenewed('http', https.server.useCertificate);
    const rtsps = await startRtspFixture(new ManualDirectory(), clock, this.desk, this.certificates.pairOf('rtsp')!);
    this.#parts.push(() => rtsps.server.close());
    this.certificates.onRenewed('rtsp', rtsps.server.useCertificate);
    this.ports = { http: https.server.address.port, rtsp: rtsps.server.address.port };
  }

  /** A busy street; every part of the box does what is due meanwhile. Whole steps of five minutes. */
  async pass(ms: number): Promise<void> {
    for (const endMs = this.time.monotonicMs() + ms; this.time.monotonicMs() < endMs; ) {
      this.recorder.counted('gate', { ...testCounts(), framesIn: 1500, framesOut: 1500 });
      for (let i = 0; i < DEVICES_PER_STEP; i++) this.#probe({});
      for (let i = 0; i < REFUSING_PER_STEP; i++) this.#probe({ ssid: 'home_optout' });
      this.fed.pushUnit(unit(this.#steps++ * STEP_MS * 1000, true, SEGMENT_BYTES));
      await this.time.pass(STEP_MS);
    }
  }

  #probe(more: { ssid?: string }): void {
    const hex = (0x020000000000 + this.#devices++).toString(16).padStart(12, '0');
    const mac = hex.replaceAll(/(..)(?=.)/g, '$1:');
    const time = new Date(this.time.wallMs()).toISOString();
    this.#station.take('corner', Buffer.from(JSON.stringify({ mac, time, rssi: -60, ...more })));
  }

  #fromSensors(message: FromSensors): void {
    if (message.type === 'release') this.releases.push({ ...message.release, atMs: this.time.wallMs() });
    if (message.type !== 'status') return;
    const report = message.sensors['corner']!;
    this.recorder.sensorReport('corner', report);
    const { counts } = report;
    for (const [reason, times] of Object.entries(counts.withheld))
      this.withheld[reason] = (this.withheld[reason] ?? 0) + (times ?? 0);
    for (const [reason, times] of Object.entries(counts.dropped))
      this.dropped[reason] = (this.dropped[reason] ?? 0) + (times ?? 0);
  }

  /** Somebody watches from now on. */
  async watch(): Promise<void> {
    const request = { puller: 'user:operator', feed: 'gate', kind: 'camera', way: 'rtsp', asked: {} } as const;
    const admission = await this.desk.pull(request);
    if (!admission.admitted) throw new Error(admission.reason);
    const held = holdUse(this.desk, request, admission.untilMs, (reason) => void this.lapses.push(reason));
    this.#parts.push(() => held[Symbol.dispose]());
  }

  snapshot() {
    return this.desk.pullInWindow({
      puller: 'user:desk',
      feed: 'gate',
      kind: 'camera',
      way: 'snapshot',
      asked: {},
    });
  }

  /** A phone agrees for its card; gives what would prove it again. */
  async optIn(): Promise<{ again: () => ReturnType<ChoiceBook['optIn']> }> {
    const request = { ...CARD, holderKey: newHolderKey().publicKey };
    const again = { ...request, token: await this.token('opt-in', optInMessage(request)) };
    const answer = await this.choices.optIn(again);
    if ('refused' in answer) throw new Error(answer.refused);
    return { again: () => this.choices.optIn(again) };
  }

  get hasOptedIn(): boolean {
    return this.choices.hasOptedIn(CARD.sensor, CARD.category, CARD.value);
  }

  async pause() {
    return this.choices.pauseZone({ zone: 'square', token: await this.token('pause', pauseMessage('square')) });
  }

  async token(kind: TokenKind, message: string): Promise<Token> {
    const holder = new TokenHolder(BOX);
    const issued = (await this.choices.issueTokens(kind, holder.blind(1))) as Issued;
    const [unspent] = holder.finish(issued, (await this.choices.tokenKeys())[kind].publicKey);
    return spendFor(unspent!, message);
  }

  login(): { id: string } {
    return { id: sessionId(this.sessions.start('operator')) };
  }

  async leaves<K extends Kind>(kind: K): Promise<Leaf<K>[]> {
    const found: Leaf<K>[] = [];
    for await (const { entry } of entriesOf(new DurableFolder(nodeDisk, path.join(this.dir, 'ledger')), 0)) {
      const decoded = decodeLeaf(entry);
      if ('leaf' in decoded && decoded.leaf.kind === kind) found.push(decoded.leaf as Leaf<K>);
    }
    return found;
  }

  /** Names of the windows whose keys are on the disk, with the time at which they must be gone. */
  detailKeys(): { window: string; expires: string }[] {
    return readdirSync(path.join(this.dir, 'ledger', 'detail-key')).map((name) => {
      const [window = '', , expires = ''] = name.split('_');
      return { window, expires };
    });
  }

  tokenEpochs(): number[] {
    const { keys } = JSON.parse(readFileSync(path.join(this.dir, 'choices', 'token-keys.json'), 'utf8'));
    return (keys as { epoch: number }[]).map(({ epoch }) => epoch);
  }

  segments(): string[] {
    return readdirSync(path.join(this.dir, 'segments', 'gate')).filter((name) => name.endsWith('.mp4'));
  }

  /** What a server shows to whoever connects now. */
  async shown(server: 'http' | 'rtsp'): Promise<string> {
    const socket = connect({ port: this.ports[server], host: '127.0.0.1', rejectUnauthorized: false });
    try {
      await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      return socket.getPeerX509Certificate()!.fingerprint256;
    } finally {
      socket.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#parts.splice(0).reverse()) await close();
    await settled();
    this.time[Symbol.dispose]();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/**
 * Puts on record what the agent takes in, lets out and hands over: one `collect` leaf per camera or sensor and window, `failclosed` where a
 * feed was covered whole, `policy` and `model` where they change, `release` before a release leaves, `pull` and `refusal` before the first byte.
 * Owns the ledger; whether there is evidence is judged by what it answers (judge.ts).
 *
 * Nothing here is on the way of a frame: counts are added up in memory as camera processes tell them, once a second, and written by a turn of
 * their own. What is waited for is asked for by whoever must not go on without it: `release` and `append`.
 *
 * When the ledger falls behind or refuses, windows wait (windows.ts says how many) and everything is covered. Each turn, every second, tries
 * again; every KEEP_EVERY_MS (writer.ts) it writes to the disk even if nothing is due, so that a disk that died is found out within that time.
 */
import type { Clock } from '../../base/clock.ts';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { CameraCounts, CameraHealth } from '../../camera/messages.ts';
import type { LedgerSettings } from '../../config/ledger.ts';
import type { RecordHealth } from '../../gateway/http/status.ts';
import { type LeafBody, Ledger } from '../../ledger/ledger.ts';
import type { Answer, Query } from '../../ledger/lookup.ts';
import type { PublicFile } from '../../ledger/reader.ts';
import { instantOf, type Window as LedgerWindow } from '../../ledger/window.ts';
import type { EffectTime, OptOutListInForce } from '../../policy/choices/port.ts';
import type { SensorPolicy } from '../../policy/schema.ts';
import type { Release, SensorReport } from '../../sensor/messages.ts';
import { CHOICES, type Stream } from './about.ts';
import { RoundBook } from './canary-rounds.ts';
import { EvidenceGate } from './evidence.ts';
import { InForce } from './in-force.ts';
import { EvidenceJudge } from './judge.ts';
import { parseKept, settle } from './kept.ts';
import { type CanaryFigures, figuresOfCamera, figuresOfSensor, releaseLeaf } from './leaves.ts';
import { LiveMeasures } from './measures.ts';
import { Objections } from './objections.ts';
import { WindowBook } from './windows.ts';
import { RecordWriter } from './writer.ts';

const TURN_EVERY_MS = 1_000;
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/;

export interface RecorderOptions {
  settings: LedgerSettings;
  stateDir: string;
  /** Public name of the box, 16 hex digits. */
  box: string;
  /** Version of this software. */
  software: string;
  streams: readonly Stream[];
  /** Hash of the code that the sign shows in a window; it stands in the leaves of the window. */
  presenceOf?: (window: LedgerWindow) => string;
  clock: Clock;
  log: Log;
}

/** A leaf about somebody who takes something, or was refused. */
export type UseLeaf = Extract<LeafBody, { kind: 'pull' | 'refusal' }>;

export class Recorder {
  readonly evidence = new EvidenceGate();
  readonly measures: LiveMeasures;
  readonly #options: RecorderOptions;
  readonly #origin: string;
  readonly #book: WindowBook;
  readonly #judge: EvidenceJudge;
  readonly #rounds = new RoundBook();
  readonly #objections = new Objections();
  readonly #writer: RecordWriter;
  #starting: Promise<void> | undefined;
  #ledger: Ledger | undefined;
  #turning: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Without evidence until `start` has said otherwise. */
  constructor(options: RecorderOptions) {
    const { settings, box, streams, clock, log } = options;
    this.#options = options;
    this.measures = new LiveMeasures(options.software);
    this.#origin = settings.origin ?? `garim.local/box/${box}`;
    this.#book = new WindowBook(settings.windowMinutes * 60_000, streams);
    const witnessUrls = settings.witnesses.map(({ url }) => url);
    this.#judge = new EvidenceJudge({ evidence: this.evidence, witnessUrls, clock, log });
    const sums = {
      book: this.#book,
      rounds: this.#rounds,
      measures: this.measures,
      inForce: new InForce(streams),
      objections: this.#objections,
    };
    this.#writer = new RecordWriter({ ...options, sums, judge: this.#judge });
  }

  /**
   * Opens the ledger, or begins one, and says what is in force. A ledger that is damaged, or a disk that fails, does not keep the agent from
   * starting: then there is no evidence. Throws UserError when a setting is at fault, WorldError `ledger-busy` when another process writes it.
   */
  start(): Promise<void> {
    this.#starting ??= this.#begin();
    return this.#starting;
  }

  async #begin(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (error instanceof UserError || (error instanceof WorldError && error.code === 'ledger-busy')) throw error;
      this.#judge.failed(error instanceof WorldError ? error : new WorldError('ledger-failed', messageOf(error)));
    }
    await this.#turn();
    this.#timer = setInterval(() => void this.#turn(), TURN_EVERY_MS);
  }

  async #open(): Promise<void> {
    const { settings, stateDir, box, software, clock, log } = this.#options;
    const ledger = await Ledger.start({
      stateDir,
      box: `urn:box:${box}`,
      origin: this.#origin,
      software,
      witnesses: settings.witnesses,
      clock,
      log,
      onFailed: (error) => this.#judge.failed(error),
    });
    this.#ledger = ledger;
    const found = await ledger.kept();
    const kept = parseKept(found);
    if (kept !== undefined) {
      await this.#writer.restore(ledger, await settle(kept, ledger.leavesFrom(kept.size)));
    } else if (found !== undefined) log.warn('windows that were open when Garim ended can not be read, and are lost');
    const { origin, vkey } = ledger.state();
    log.info({ origin, vkey }, 'the record is open');
  }

  /** A camera process's counts since its last message. */
  counted(camera: string, counts: CameraCounts): void {
    const nowMs = this.#options.clock.wallMs();
    this.#book.add({ kind: 'camera', name: camera }, figuresOfCamera(counts), nowMs);
  }

  cameraHealth(camera: string, { detector }: CameraHealth): void {
    const nowMs = this.#options.clock.wallMs();
    for (const [at, hex] of detector.digests.entries()) {
      const name = detector.models[at] ?? '';
      if (MODEL_NAME.test(name))
        this.#book.sawModel({ kind: 'camera', name: camera }, { name, model: `sha256:${hex}` }, nowMs);
    }
  }

  /** Somebody agreed, withdrew or paused, and it took so long until it was in force. Who, stands nowhere. */
  choice({ choice, tookMs }: EffectTime): void {
    if (choice !== 'opt-in') this.measures.optOutTook(tookMs);
    this.#book.add({ kind: 'choices', name: CHOICES }, { [choice]: 1 }, this.#options.clock.wallMs());
  }

  /** From now on this list is in force. */
  optOutList(list: OptOutListInForce): void {
    this.#writer.optOutList(list);
  }

  sensorReport(sensor: string, report: SensorReport): void {
    const nowMs = this.#options.clock.wallMs();
    this.#book.add({ kind: 'sensor', name: sensor }, figuresOfSensor(report), nowMs);
  }

  /** What a round of canaries that began then has found since the last call. */
  canaries(camera: string, startedMs: number, { set, digests, tallies }: CanaryFigures): void {
    this.#rounds.add({ camera, startedMs, set, digests, tallies }, this.#options.clock.wallMs());
  }

  /** The camera's round is over: a leaf for each stratum of it. */
  canariesOver(camera: string): void {
    this.#rounds.over(camera);
  }

  /** Resolves when it is on record that this leaves. After a rejection, a WorldError, it must not. */
  async release(release: Release, policy: SensorPolicy): Promise<void> {
    if (!this.evidence.isThere) throw new WorldError('ledger-failed', this.evidence.advice);
    await this.#append(releaseLeaf(release, policy));
  }

  /**
   * Somebody who was there objects to the use of what was taken in this window. Resolves when that is durable. The exact values of the window are
   * destroyed then, of a window that is not over as soon as it is; rejects with a WorldError when it is not on record.
   */
  async object(window: LedgerWindow, presence: string): Promise<void> {
    await this.#append({ kind: 'object', at: instantOf(this.#options.clock.wallMs()), window, presence });
    this.#objections.add(window);
    await this.#turning; // one that began before
    await this.#turn();
  }

  /** Resolves when the leaf is durable. After a rejection, a WorldError, nothing may be served. */
  append(leaf: UseLeaf): Promise<void> {
    return this.#append(leaf);
  }

  async #append(leaf: LeafBody): Promise<void> {
    if (this.#ledger === undefined) throw new WorldError('ledger-failed', this.evidence.advice);
    try {
      await this.#ledger.append(leaf);
    } catch (error) {
      this.#judge.refused(error);
      throw error;
    }
  }

  /** What is served to the public: the answer to a GET of `/checkpoint` or `/tile/...`, or undefined. */
  async publicFile(urlPath: string): Promise<PublicFile | undefined> {
    return this.#ledger?.publicFile(urlPath);
  }

  /** Signed leaves about a place and a time. Rejects with a WorldError when the log can't be read. */
  async lookUp(query: Query): Promise<Answer> {
    return this.#ledger?.lookUp(query) ?? { size: 0, found: [], isCut: false };
  }

  /** A `.tlog-proof`, or undefined for a leaf that is not signed yet. */
  async proof(index: number): Promise<string | undefined> {
    return this.#ledger?.proofNow(index);
  }

  /** A log that could not be opened has no key and no leaves; a witness that did not cosign since the start has size 0. */
  status(): RecordHealth {
    const { state } = this.evidence;
    if (this.#ledger === undefined) return { state, origin: this.#origin, vkey: '', size: 0, signed: 0, witnesses: [] };
    const { origin, vkey, size, signed, cosigned } = this.#ledger.state();
    const names = this.#options.settings.witnesses.map((witness) => witness.vkey.replace(/\+.*/, ''));
    const witnesses = names.map((name) => ({ name, size: cosigned.get(name)?.size ?? 0 }));
    return { state, origin, vkey, size, signed, witnesses };
  }

  /** How often something could not be recorded, by code. */
  get failures(): ReadonlyMap<string, number> {
    return this.#judge.failures;
  }

  /** Windows, and rounds of canaries, that will never be on record. */
  get windowsLost(): number {
    return this.#book.lost + this.#rounds.lost;
  }

  notices(): string[] {
    return this.evidence.isThere ? [] : [this.evidence.advice];
  }

  /** Records what is over, keeps the present windows for the next start, signs what is durable, and lets go of the ledger. */
  async close(): Promise<void> {
    await this.#starting?.catch(() => undefined); // told to whoever started it
    clearInterval(this.#timer);
    await this.#turning;
    await this.#turn();
    if (this.#ledger === undefined) return;
    await this.#writer.end(this.#ledger);
    await this.#ledger.close();
  }

  /** One at a time, so that what is kept never holds a window whose leaf is under way. Never rejects. */
  #turn(): Promise<void> {
    this.#turning ??= this.#record()
      .catch((error: unknown) => this.#judge.refused(error))
      .finally(() => {
        this.#turning = undefined;
      });
    return this.#turning;
  }

  async #record(): Promise<void> {
    this.#book.turn(this.#options.clock.wallMs());
    const ledger = this.#ledger;
    if (ledger === undefined || ledger.state().failure !== undefined) return;
    await this.#writer.turn(ledger);
    const { isHeld, failure } = ledger.state();
    if (failure === undefined) this.#judge.recorded(isHeld);
  }
}

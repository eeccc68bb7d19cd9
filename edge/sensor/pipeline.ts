/**
 * Life of a sensor's message, from its bytes to releases, without input and output: size limit, strict parsing, category and decision per
 * field, people's choices, window, k or noise. The clock is injected. Live and replay take this very path; they differ in what closes
 * windows: the clock, or the end of the input.
 *
 * Always holds: a message is parsed, counted into its window and forgotten before `take` returns; nothing else keeps any part of it. A
 * closed window is never opened again. A window that began before the process did is never released (`window-incomplete`): its first part
 * may have been counted by a process that is gone, under a key that is gone with it.
 */
import { createHash } from 'node:crypto';
import { MESSAGE_BYTES_MAX } from '../base/limits.ts';
import type { Choices } from '../policy/choices/port.ts';
import { deciderOf } from '../policy/decide.ts';
import type { LegalOrder, SensorPolicy } from '../policy/schema.ts';
import { countDrop, noCounts, type SensorCounts, type SensorDropReason } from './counts.ts';
import { isThinnedByList } from './decoys.ts';
import { Vocabulary } from './guard/tokens.ts';
import type { Release } from './messages.ts';
import { compilePlan, type SensorPlan } from './plan.ts';
import { Publisher } from './publish.ts';
import type { Adapter, IntakeDropReason, ParseResult, Reading } from './reading.ts';
import { AHEAD_MS_MAX } from './transform/aggregate.ts';
import { type PrivacyBudget, UNIT_OF_PRIVACY } from './transform/budget.ts';
import { timeBucketStart } from './transform/generalise.ts';
import type { UniformSource } from './transform/noise/random.ts';
import { Unseen, withoutUnseen } from './unseen.ts';
import { openSensorWindow, type SensorWindow } from './window.ts';

/** How long after its end a window waits for readings that are under way; gateways gather for some seconds. */
export const LATENESS_MS_MAX = 30_000;

/** Live: the last window, the present and the next one, and one to spare. */
const OPEN_WINDOWS_LIVE_MAX = 4;

/** Replay: files are not always in the order of time. Ten days of five minutes, and what fits into memory; beyond it the oldest is closed. */
const OPEN_WINDOWS_REPLAY_MAX = 2_880;
const OPEN_READINGS_REPLAY_MAX = 2_000_000;

export interface PipelineOptions {
  box: string;
  sensor: string;
  adapter: Adapter;
  policy: SensorPolicy;
  policyDigest: string;
  choices: Choices;
  /** Legal orders that hold for the sensor. */
  orders(nowMs: number): readonly LegalOrder[];
  /** Called with the number of each order that was used, for the log. */
  onOrder(reference: string): void;
  budget: PrivacyBudget;
  uniform: UniformSource;
  /** `run` tells processes apart: a clock that was set back between two of them must not give two windows one id. */
  mode: { kind: 'live'; startedMs: number; run: string } | { kind: 'replay' };
}

export class SensorPipeline {
  readonly #options: PipelineOptions;
  readonly #plan: SensorPlan;
  readonly #publisher: Publisher;
  readonly #decide: ReturnType<typeof deciderOf>;
  readonly #latenessMs: number;
  /** By start. */
  readonly #windows = new Map<number, SensorWindow>();
  readonly #vocabulary: Vocabulary;
  /** Starts of windows in which an identifier was seen that reads like a word of the policy. */
  readonly #tainted = new Set<number>();
  /** Starts of windows in which a legal order held: the list left out some of the time only. */
  readonly #ordered = new Set<number>();
  readonly #unseen = new Unseen();
  /** As long as somebody holds the release. */
  readonly #decoyShares = new WeakMap<Release, number>();
  readonly #isThinned: boolean;
  /** Windows that start before this are over, or nobody saw them whole. */
  #closedBeforeMs: number;
  #completeFromMs: number;
  #epoch = 0;
  #counts = noCounts();
  /** Replay: of windows that were closed to make room. */
  #ready: Release[] = [];
  #readingsOpen = 0;

  /** Throws a UserError when the policy asks for what can't be made. */
  constructor(options: PipelineOptions) {
    const { sensor, adapter, policy, mode } = options;
    this.#options = options;
    this.#plan = compilePlan(sensor, adapter, policy);
    this.#publisher = new Publisher(sensor, this.#plan, policy, options);
    this.#decide = deciderOf(policy);
    this.#vocabulary = new Vocabulary(policy);
    this.#isThinned = isThinnedByList(policy);
    this.#latenessMs = Math.min(LATENESS_MS_MAX, policy.windowMs);
    this.#closedBeforeMs = Number.NEGATIVE_INFINITY;
    this.#completeFromMs = mode.kind === 'live' ? mode.startedMs : Number.NEGATIVE_INFINITY;
  }

  /** Readings that wait in open windows. */
  get openReadings(): number {
    let readings = 0;
    for (const window of this.#windows.values()) readings += window.readings;
    return readings;
  }

  get openWindows(): number {
    return this.#windows.size;
  }

  /** Counts since the last call. */
  takeCounts(): SensorCounts {
    const counts = this.#counts;
    this.#counts = noCounts();
    return counts;
  }

  count(reason: SensorDropReason, times = 1): void {
    countDrop(this.#counts, reason, times);
  }

  /** One message as it came. Never throws for what it holds. */
  take(message: Uint8Array, receivedMs: number): 'taken' | IntakeDropReason {
    this.#counts.messages++;
    const result = message.byteLength > MESSAGE_BYTES_MAX ? 'too-large' : this.#parse(message, receivedMs);
    if (typeof result === 'string') {
      this.count(result);
      return result;
    }
    for (const [reason, times] of Object.entries(result.dropped)) this.count(reason as IntakeDropReason, times);
    const orders = this.#options.orders(receivedMs);
    for (const reading of result.readings) this.#takeReading(reading, receivedMs, orders);
    return 'taken';
  }

  /** Values of a field that can't be seen from now on, until this is called again: where that lasts, no figure about them leaves. */
  cannotSee(field: string, values: readonly string[], nowMs: number): void {
    const window = this.#windowAt(nowMs, nowMs);
    this.#unseen.set(field, values, nowMs, typeof window === 'string' ? undefined : window.startMs);
  }

  /** Windows that are due at `nowMs`, oldest first. In replay all, at the end of the input. */
  close(nowMs: number): Release[] {
    const isReplay = this.#options.mode.kind === 'replay';
    if (!isReplay) this.#openPresent(nowMs);
    const { windowMs } = this.#options.policy;
    const due = [...this.#windows.values()]
      .filter(({ startMs }) => isReplay || nowMs >= startMs + windowMs + this.#latenessMs)
      .sort((a, b) => a.startMs - b.startMs);
    const releases = [...this.#ready, ...due.flatMap((window) => this.#closeWindow(window))];
    this.#ready = [];
    return releases;
  }

  /** Share of contributors by which a release of this path is too low; it is corrected once the guard has seen the exact figures. */
  decoyShareOf(release: Release): number {
    return this.#decoyShares.get(release) ?? 0;
  }

  /** Replay: what left the memory so far. */
  takeReady(): Release[] {
    return this.#ready.splice(0);
  }

  /** Forgets open windows and their keys; what waited in them is counted. */
  discard(reason: 'stopped' | 'clock-jump', nowMs: number): void {
    for (const window of this.#windows.values()) {
      if (window.readings > 0) this.count(reason, window.readings);
      window[Symbol.dispose]();
    }
    this.#windows.clear();
    this.#tainted.clear();
    this.#ordered.clear();
    this.#unseen.clear();
    this.#closedBeforeMs = Number.NEGATIVE_INFINITY;
    this.#completeFromMs = nowMs;
    this.#epoch++;
  }

  #parse(message: Uint8Array, receivedMs: number): Extract<ParseResult, { readings: unknown }> | IntakeDropReason {
    const result = this.#options.adapter.parse(message, receivedMs);
    return 'refused' in result ? result.refused : result;
  }

  #takeReading(reading: Reading, nowMs: number, orders: readonly LegalOrder[]): void {
    this.#counts.readings++;
    const drop = this.#dropOf(reading, nowMs, orders);
    if (drop !== undefined) this.count(drop);
  }

  #dropOf(reading: Reading, nowMs: number, orders: readonly LegalOrder[]): SensorDropReason | undefined {
    const window = this.#windowAt(reading.atMs, nowMs);
    if (typeof window === 'string') return window;
    const { choices, sensor, onOrder } = this.#options;
    let isRefused = reading.isRefusal === true;
    let hasOptedIn = false;
    for (const { field, category } of this.#plan.identifiers) {
      const value = reading.fields[field];
      if (typeof value !== 'string') continue;
      if (this.#vocabulary.gives(field, value)) this.#tainted.add(window.startMs);
      isRefused ||= choices.isRefused(sensor, category, value);
      hasOptedIn ||= choices.hasOptedIn(sensor, category, value);
    }
    if (orders.length > 0) this.#ordered.add(window.startMs);
    const isPaused = choices.isPaused(sensor, nowMs);
    const decision = this.#decide({ isRefused, hasOptedIn, isPaused, orders: [...orders] });
    for (const order of decision.orders) onOrder(order);
    if (decision.isLeftOut) {
      if (isRefused) window.leaveOut(reading);
      return 'choice';
    }
    if (this.#plan.kind === 'people' && this.#isShort(decision.fields)) return 'choice';
    const drop = window.add(reading);
    if (drop === undefined && this.#options.mode.kind === 'replay') this.#makeRoom();
    return drop;
  }

  #makeRoom(): void {
    this.#readingsOpen++;
    while (this.#windows.size > OPEN_WINDOWS_REPLAY_MAX || this.#readingsOpen > OPEN_READINGS_REPLAY_MAX) {
      const oldest = this.#windows.get(Math.min(...this.#windows.keys()));
      if (oldest === undefined) return;
      this.#readingsOpen -= oldest.readings;
      this.#ready.push(...this.#closeWindow(oldest));
    }
  }

  /** Whether the decision took away a field that says who or where: what is left would count as something that it is not. */
  #isShort(fields: ReturnType<ReturnType<typeof deciderOf>>['fields']): boolean {
    const { contributor, groups, measures } = this.#plan;
    const needed = [...contributor, ...groups.map(({ field }) => field), ...measures.map(({ field }) => field)];
    return needed.some((field) => fields[field]?.transform.kind === 'drop');
  }

  #windowAt(atMs: number, nowMs: number): SensorWindow | SensorDropReason {
    const { policy, mode } = this.#options;
    const { windowMs, contributionsMax } = policy;
    if (mode.kind === 'live' && atMs > nowMs + AHEAD_MS_MAX) return 'ahead';
    const startMs = timeBucketStart(atMs, windowMs);
    const known = this.#windows.get(startMs);
    if (known !== undefined) return known;
    if (startMs < this.#closedBeforeMs) return 'late';
    if (mode.kind === 'live' && startMs + windowMs + this.#latenessMs <= nowMs) return 'late';
    if (startMs < this.#completeFromMs) return 'window-incomplete';
    if (mode.kind === 'live' && this.#windows.size >= OPEN_WINDOWS_LIVE_MAX) return 'windows-full';
    const opened = openSensorWindow(this.#plan, startMs, contributionsMax);
    this.#windows.set(startMs, opened);
    return opened;
  }

  /** A window is released whether or not anybody was there: that none is would tell. */
  #openPresent(nowMs: number): void {
    this.#windowAt(nowMs, nowMs);
  }

  #closeWindow(window: SensorWindow): Release[] {
    const { startMs, readings } = window;
    this.#windows.delete(startMs);
    this.#closedBeforeMs = Math.max(this.#closedBeforeMs, startMs + this.#options.policy.windowMs);
    const tables = window.close();
    const isOrdered = this.#ordered.delete(startMs);
    const unseen = this.#unseen.take(startMs, this.#options.policy.windowMs);
    if (this.#tainted.delete(startMs)) {
      this.withheld('guard-identifier', readings);
      return [];
    }
    const published = this.#publisher.publish(tables, startMs);
    if ('withheld' in published) {
      this.withheld(published.withheld, readings);
      return [];
    }
    const { suppressedCells } = published;
    const cells = withoutUnseen(published.cells, this.#plan, unseen);
    if (cells === undefined) {
      this.withheld('unseen', readings);
      return [];
    }
    this.#counts.releases++;
    this.#counts.suppressedCells += suppressedCells;
    const release = this.#releaseOf(startMs, cells, suppressedCells);
    if (this.#isThinned && !isOrdered) this.#decoyShares.set(release, this.#options.choices.decoyShare('plate'));
    return [release];
  }

  /** A window gave no release. */
  withheld(reason: string, readings: number): void {
    this.#counts.withheld[reason] = (this.#counts.withheld[reason] ?? 0) + 1;
    if (readings > 0) this.count('withheld', readings);
  }

  #releaseOf(startMs: number, cells: Release['cells'], suppressedCells: number): Release {
    const { box, sensor, policy, policyDigest, mode } = this.#options;
    const { windowMs, k, contributionsMax, epsilonPerDay, place } = policy;
    const endMs = startMs + windowMs;
    const scope = JSON.stringify([
      box,
      sensor,
      startMs,
      endMs,
      policyDigest,
      mode.kind === 'live' ? mode.run : '',
      this.#epoch,
    ]);
    // Each suppressed cell holds somebody: in steps of k cells the number says nothing about fewer than k. With noise it is not told.
    const step = k * contributionsMax;
    return {
      v: 1,
      id: createHash('sha256').update(scope).digest('hex'),
      sensor,
      kind: policy.release,
      purpose: policy.purpose,
      ...(place === undefined ? {} : { place }),
      window: { startMs, endMs },
      cells,
      suppressedCells: this.#publisher.isNoisy ? 0 : Math.floor(suppressedCells / step) * step,
      privacy: {
        k,
        contributionsMax,
        ...(epsilonPerDay === undefined ? {} : { epsilon: epsilonPerDay }),
        unit: this.#plan.kind === 'people' ? UNIT_OF_PRIVACY : 'one thing or passage that was counted',
      },
      policyDigest,
    };
  }
}

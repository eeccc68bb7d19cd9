/**
 * All sensors of the box: owns their intakes, pipelines, the releases that wait for their time, and the privacy budget. One process holds them
 * all, so that the linkage guard sees all streams together.
 *
 * A release waits until its window is over for as long again (a delay of one window), so that its time tells nothing about when the
 * last reading came. What waits lives in memory: when the process dies, open and waiting windows are lost and never made up for; the
 * agent counts them by the last status.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Clock } from '../base/clock.ts';
import { messageOf, WorldError } from '../base/errors.ts';
import { SENSOR_MESSAGES_PER_S_MAX } from '../base/limits.ts';
import { type Log, RepeatLog } from '../base/log.ts';
import { RateLimit } from '../base/rate.ts';
import type { Choices } from '../policy/choices/port.ts';
import { ordersInForce } from '../policy/decide.ts';
import type { Policy } from '../policy/schema.ts';
import { adapterNamed } from './adapters/index.ts';
import { type BudgetStore, openBudgetStore } from './budget-store.ts';
import { corrected } from './decoys.ts';
import { BoxGuard } from './guard/box-guard.ts';
import type { LinkageGuard } from './guard.ts';
import { CameraMessages } from './intake/camera.ts';
import { openIntake } from './intake/open.ts';
import type { Intake, IntakeSink } from './intake/port.ts';
import { Webhooks } from './intake/webhook.ts';
import type { FromSensors, Release, SensorReport, ToSensors } from './messages.ts';
import { SensorPipeline } from './pipeline.ts';
import { dueMsOf } from './release-time.ts';
import { UniformSource } from './transform/noise/random.ts';

/** How often windows are looked at and the agent is told. */
const TICK_MS = 1_000;

/** Releases that wait: two windows of each sensor, with room. The oldest goes first, and is counted. */
const HELD_RELEASES_MAX = 4_096;

export interface StationOptions {
  start: Extract<ToSensors, { type: 'start' }>;
  clock: Clock;
  choices: Choices;
  log: Log;
  send(message: FromSensors): void;
}

interface Sensor {
  name: string;
  pipeline: SensorPipeline;
  intake: Intake;
}

interface Held {
  release: Release;
  sensor: Sensor;
  dueMs: number;
  /** Of the list that held when the window was closed. */
  decoyShare: number;
}

export class Station {
  readonly #options: StationOptions;
  readonly #budget: BudgetStore;
  readonly #webhooks = new Webhooks();
  readonly #cameras = new CameraMessages();
  readonly #sensors: Sensor[] = [];
  readonly #faults: RepeatLog;
  readonly #guard: LinkageGuard;
  readonly #guarded: RepeatLog;
  readonly #run = randomBytes(8).toString('hex');
  #held: Held[] = [];
  #wallAheadMs: number;
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();

  private constructor(options: StationOptions, budget: BudgetStore) {
    this.#options = options;
    this.#budget = budget;
    this.#guard = new BoxGuard(options.start.policy);
    this.#guarded = new RepeatLog(options.log, 'held back by the linkage guard');
    this.#faults = new RepeatLog(options.log, 'fault in the sensor process');
    this.#wallAheadMs = options.clock.wallMs() - options.clock.monotonicMs();
  }

  /** Throws UserError for a policy that asks for what can't be made, and WorldError for a disk that does not hold the budget. */
  static async open(options: StationOptions): Promise<Station> {
    const { start, clock } = options;
    const budget = await openBudgetStore(path.join(start.stateDir, 'sensors'), clock.wallMs());
    const station = new Station(options, budget);
    try {
      for (const name of Object.keys(start.intakes)) await station.#add(name, start.policy);
    } catch (error) {
      await station.close();
      throw error;
    }
    station.#timer = setInterval(() => station.#tick(), TICK_MS);
    station.#tick();
    return station;
  }

  /** Intakes first, so that nothing is acknowledged that would be discarded. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#sensors.map(({ intake }) => intake.close()));
    await this.#ticking;
    for (const { pipeline } of this.#sensors) pipeline.discard('stopped', this.#options.clock.wallMs());
    for (const { sensor } of this.#held) sensor.pipeline.withheld('stopped', 0);
    this.#held = [];
    this.#report();
  }

  /** A message that the agent brought, for a sensor that a camera of this box feeds. */
  take(sensor: string, message: Uint8Array): void {
    this.#cameras.take(sensor, message);
  }

  /** What a camera that feeds this sensor does not see at present. */
  unseen(sensor: string, field: string, values: readonly string[]): void {
    const fed = this.#sensors.find(({ name }) => name === sensor);
    fed?.pipeline.cannotSee(field, values, this.#options.clock.wallMs());
  }

  async #add(name: string, policy: Policy): Promise<void> {
    const { start, clock, choices, log } = this.#options;
    const sensorPolicy = policy.sensors[name];
    if (sensorPolicy === undefined) return; // the agent said so
    const pipeline = new SensorPipeline({
      box: start.box,
      sensor: name,
      adapter: adapterNamed(sensorPolicy.adapter),
      policy: sensorPolicy,
      policyDigest: start.policyDigest,
      choices,
      orders: (nowMs) => ordersInForce(policy, name, nowMs),
      onOrder: ordersLoggedBy(log, name),
      budget: this.#budget.budget,
      uniform: new UniformSource(),
      mode: { kind: 'live', startedMs: clock.wallMs(), run: this.#run },
    });
    const rate = new RateLimit(clock, SENSOR_MESSAGES_PER_S_MAX);
    const sink: IntakeSink = {
      waitMs: () => rate.waitMs(),
      take: (message) => {
        rate.took();
        return pipeline.take(message, clock.wallMs());
      },
      dropped: (reason) => pipeline.count(reason),
    };
    const intake = await openIntake(
      start.intakes[name]!,
      { box: start.box, sensor: name, webhooks: this.#webhooks, cameras: this.#cameras },
      sink,
    );
    this.#sensors.push({ name, pipeline, intake });
  }

  #tick(): void {
    this.#ticking = this.#ticking.then(() => this.#turn()).catch((error: unknown) => this.#faults.add(error));
  }

  async #turn(): Promise<void> {
    const nowMs = this.#options.clock.wallMs();
    this.#watchClock(nowMs);
    for (const sensor of this.#sensors) {
      for (const release of sensor.pipeline.close(nowMs)) {
        const decoyShare = sensor.pipeline.decoyShareOf(release);
        this.#held.push({ release, sensor, dueMs: dueMsOf(release), decoyShare });
      }
    }
    for (const { sensor } of this.#held.splice(0, Math.max(0, this.#held.length - HELD_RELEASES_MAX))) {
      sensor.pipeline.withheld('held-full', 0);
    }
    await this.#letGo(nowMs);
    this.#report();
  }

  /** What was charged is durable before anything that it paid for leaves. */
  async #letGo(nowMs: number): Promise<void> {
    const due = this.#held.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return;
    try {
      await this.#budget.save();
    } catch (error) {
      // They wait: a budget that a power cut forgets would be spent twice.
      this.#faults.add(error instanceof WorldError ? error : new Error(messageOf(error)));
      return;
    }
    this.#held = this.#held.filter((each) => !due.includes(each));
    const { send, start } = this.#options;
    const { released, withheld } = this.#guard.pass(due.map(({ release }) => release));
    for (const { release, reason } of withheld) {
      due.find((each) => each.release.id === release.id)?.sensor.pipeline.withheld(reason, 0);
    }
    for (const [reason, times] of Object.entries(this.#guard.takeCounts()))
      this.#guarded.add(`${reason}, ${times} cells or releases`);
    for (const release of released) {
      const { sensor, decoyShare } = due.find((each) => each.release.id === release.id)!;
      send({ type: 'release', release: corrected(release, start.policy.sensors[sensor.name]!, decoyShare) });
    }
  }

  /** Network time arrives, or the battery of the clock is dead: the times of what waits are wrong. */
  #watchClock(nowMs: number): void {
    const wallAheadMs = nowMs - this.#options.clock.monotonicMs();
    const jumpMs = Math.abs(wallAheadMs - this.#wallAheadMs);
    this.#wallAheadMs = wallAheadMs;
    const { policy } = this.#options.start;
    for (const sensor of this.#sensors) {
      if (jumpMs <= policy.sensors[sensor.name]!.windowMs) continue;
      sensor.pipeline.discard('clock-jump', nowMs);
      // What is due by the old clock would leave at once, or years too late.
      const held = this.#held.filter((each) => each.sensor === sensor);
      this.#held = this.#held.filter((each) => each.sensor !== sensor);
      for (let times = 0; times < held.length; times++) sensor.pipeline.withheld('clock-jump', 0);
    }
  }

  #report(): void {
    const held = new Map<Sensor, number>();
    for (const { sensor } of this.#held) held.set(sensor, (held.get(sensor) ?? 0) + 1);
    const reports = this.#sensors.map((sensor): [string, SensorReport] => {
      const { name, pipeline, intake } = sensor;
      return [
        name,
        {
          intake: { ...intake.state },
          counts: pipeline.takeCounts(),
          openWindows: pipeline.openReadings > 0 ? pipeline.openWindows : 0,
          heldReleases: held.get(sensor) ?? 0,
        },
      ];
    });
    this.#options.send({ type: 'status', sensors: Object.fromEntries(reports) });
  }
}

/** Each use of a legal order is on record, thinned to one line a minute. */
function ordersLoggedBy(log: Log, sensor: string): (reference: string) => void {
  const uses = new Map<string, RepeatLog>();
  return (reference) => {
    let repeat = uses.get(reference);
    if (repeat === undefined) {
      repeat = new RepeatLog(log, `use of a legal order at sensor ${sensor}`, 60_000);
      uses.set(reference, repeat);
    }
    repeat.add(reference);
  };
}

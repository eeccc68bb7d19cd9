/**
 * Owns the sensor process: forks it, takes its releases and reports, and starts it again with backoff. Its messages are checked one by one
 * (`sensor-message.ts`, `release-check.ts`); what does not fit is dropped and counted.
 *
 * When the process dies, what its last report said it held is lost for good and counted: open windows are never made up for, since
 * their keys died with it.
 */
import { Backoff } from '../base/backoff.ts';
import { type Child, forkChild, waitUntil } from '../base/child.ts';
import type { Clock } from '../base/clock.ts';
import { CHILD_STOP_MS_MAX, RESTART_HEALTHY_MS } from '../base/limits.ts';
import { type Log, RepeatLog } from '../base/log.ts';
import { scrub } from '../base/secrets.ts';
import type { CountedClass, CountedCrossing } from '../camera/messages.ts';
import type { ResolvedIntake } from '../config/intake.ts';
import type { ChoiceAnswer, ChoiceRequest } from '../policy/choices/exchange.ts';
import type { EffectTime, OptOutListInForce } from '../policy/choices/port.ts';
import type { Policy, SensorPolicy } from '../policy/schema.ts';
import type { FromSensors, Release, SensorReport, ToSensors } from '../sensor/messages.ts';
import { ChoiceQuestions } from './choices.ts';
import { isWithinPolicy } from './release-check.ts';
import { parseFromSensors } from './sensor-message.ts';

/** The process reports every second. On a starved box it starts slowly. */
const SILENCE_MS_MAX = 15_000;
const START_MS_MAX = 30_000;
const WATCH_EVERY_MS = 500;

/** Messages with crossings that the sensor process has not read yet: a flooded process must not fill the agent's memory. */
const CROSSING_MESSAGES_UNSENT_MAX = 64;

/** Shown to people until the uplink has taken them; also what is left when there is no uplink. */
const RELEASES_KEPT = 16;

/** Of `camera-counts` (sensor/adapters/camera-counts.ts). */
const CLASS_FIELD = 'class';

/** Releases that wait to be put on record and taken over: one of each sensor, with room. Beyond it they are dropped, and counted. */
const RELEASES_WAITING_MAX = 1_024;

export interface SensorMetrics {
  sensorReport(sensor: string, report: SensorReport): void;
  sensorWindowsLost(sensor: string, windows: number): void;
  sensorReleaseRefused(sensor: string): void;
  /** A release that the policy allows did not leave: `no-evidence` or `overload`. */
  sensorReleaseWithheld(sensor: string, reason: 'no-evidence' | 'overload'): void;
  sensorProcessRestarted(): void;
  sensorMessageRefused(): void;
  choiceEffect(effect: EffectTime): void;
}

export interface SensorSupervisorOptions {
  box: string;
  stateDir: string;
  policy: Policy;
  policyDigest: string;
  intakes: Readonly<Record<string, ResolvedIntake>>;
  sensorProcess: URL;
  clock: Clock;
  log: Log;
  metrics: SensorMetrics;
  /** Resolves when it is on record that the release leaves; after a rejection it does not leave. */
  record(release: Release, policy: SensorPolicy): Promise<void>;
  /** Takes a release over: durable when it resolves. Called one after the other for each sensor. */
  onRelease(release: Release): Promise<void>;
  /** This list is in force from now on. */
  onOptOutList(list: OptOutListInForce): void;
}

/** One sensor as people see it. */
export interface SensorView {
  readonly name: string;
  /** Undefined until the process spoke of it. */
  readonly report: SensorReport | undefined;
  readonly releases: readonly Release[];
}

interface Known {
  name: string;
  report: SensorReport | undefined;
  releases: Release[];
}

export class SensorSupervisor {
  readonly #options: SensorSupervisorOptions;
  readonly #sensors = new Map<string, Known>();
  readonly #refused: RepeatLog;
  readonly #faults: RepeatLog;
  readonly #backoff = new Backoff();
  readonly #questions = new ChoiceQuestions();
  #child: Child | undefined;
  #startedMs = 0;
  #heardMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isClosing = false;
  #taking: Promise<void> = Promise.resolve();
  #waiting = 0;
  #restarts = 0;
  /** Of the present process. */
  #unsent = { messages: 0 };

  constructor(options: SensorSupervisorOptions) {
    this.#options = options;
    this.#refused = new RepeatLog(options.log, 'message of the sensor process refused');
    this.#faults = new RepeatLog(options.log, 'release not taken over');
    for (const name of Object.keys(options.policy.sensors)) {
      this.#sensors.set(name, { name, report: undefined, releases: [] });
    }
  }

  start(): void {
    this.#fork();
    this.#timer = setInterval(() => this.#watch(), WATCH_EVERY_MS);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get restarts(): number {
    return this.#restarts;
  }

  list(): readonly SensorView[] {
    return [...this.#sensors.values()];
  }

  get(name: string): SensorView | undefined {
    return this.#sensors.get(name);
  }

  /**
   * Who went over the lines of a camera, for the sensors that it feeds. False when they are not, or not all, taken: no sensor is fed by this
   * camera, or the process is away or does not keep up. They are not kept for later.
   */
  takeCrossings(camera: string, crossings: readonly CountedCrossing[]): boolean {
    const fed = this.#fedBy(camera);
    // Before the process said anything it has no sensors yet.
    if (fed.length === 0 || this.#child === undefined || this.#heardMs === undefined) return false;
    const data = Buffer.from(JSON.stringify(crossings));
    const unsent = this.#unsent;
    let isTaken = true;
    for (const sensor of fed) {
      const message: ToSensors = { type: 'message', sensor, data };
      const isSent =
        unsent.messages < CROSSING_MESSAGES_UNSENT_MAX && this.#child.send(message, () => unsent.messages--);
      if (isSent) unsent.messages++;
      isTaken &&= isSent;
    }
    return isTaken;
  }

  /** What a camera can't count at present, which may be nothing: no figure of it leaves. Told once a second, so one that is lost does no harm. */
  takeUncounted(camera: string, classes: readonly CountedClass[]): void {
    if (this.#heardMs === undefined) return;
    for (const sensor of this.#fedBy(camera)) {
      const message: ToSensors = { type: 'unseen', sensor, field: CLASS_FIELD, values: classes };
      if (this.#unsent.messages >= CROSSING_MESSAGES_UNSENT_MAX) return;
      if (this.#child?.send(message, () => this.#unsent.messages--) === true) this.#unsent.messages++;
    }
  }

  /** Sensors that a camera feeds. */
  #fedBy(camera: string): string[] {
    return Object.entries(this.#options.intakes).flatMap(([sensor, intake]) =>
      intake.kind === 'camera' && intake.camera === camera && this.#sensors.has(sensor) ? [sensor] : [],
    );
  }

  /** Brings a request of a person to the process. Undefined when there is no answer. */
  ask(request: ChoiceRequest): Promise<ChoiceAnswer | undefined> {
    return this.#questions.ask((id) => this.#child?.send({ type: 'choice', id, request } satisfies ToSensors) ?? false);
  }

  /** What is wrong, one line a sensor, for the console and the health page. */
  notices(): string[] {
    if (this.#child === undefined) return ['The sensor process ended and is being started again.'];
    return this.list().flatMap(({ name, report }) =>
      report?.intake.state === 'lost'
        ? [`sensor ${name}: ${report.intake.lastError}. It is tried again by itself.`]
        : [],
    );
  }

  /** Asks the process to stop, kills it after CHILD_STOP_MS_MAX, and resolves when it is gone and its releases are taken over. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    clearTimeout(this.#restart);
    this.#child?.send({ type: 'stop' } satisfies ToSensors);
    if (!(await waitUntil(() => this.#child === undefined, CHILD_STOP_MS_MAX))) {
      this.#child?.kill();
      await waitUntil(() => this.#child === undefined);
    }
    await this.#taking;
  }

  #fork(): void {
    const { box, stateDir, policy, policyDigest, intakes, sensorProcess, log, clock } = this.#options;
    this.#startedMs = clock.monotonicMs();
    this.#heardMs = undefined;
    this.#unsent = { messages: 0 };
    const child = forkChild({
      entry: sensorProcess,
      inheritsInput: Object.values(intakes).some(({ kind }) => kind === 'stdin'),
      log,
      onMessage: (message) => this.#heard(message),
      onExit: (why) => this.#exited(why),
    });
    this.#child = child;
    const used = Object.fromEntries(Object.entries(intakes).filter(([name]) => this.#sensors.has(name)));
    child.send({ type: 'start', box, stateDir, policy, policyDigest, intakes: used } satisfies ToSensors);
  }

  #watch(): void {
    if (this.#child === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    const isSilent =
      this.#heardMs === undefined ? nowMs - this.#startedMs > START_MS_MAX : nowMs - this.#heardMs > SILENCE_MS_MAX;
    if (!isSilent) return;
    this.#options.log.error('the sensor process does not answer; it is killed');
    this.#heardMs = nowMs; // once
    this.#child.kill();
  }

  #exited(why: string): void {
    const { clock, log, metrics } = this.#options;
    this.#child = undefined;
    this.#questions.lost();
    if (this.#isClosing) return;
    for (const sensor of this.#sensors.values()) {
      const { report } = sensor;
      if (report === undefined) continue;
      metrics.sensorWindowsLost(sensor.name, report.openWindows + report.heldReleases);
      sensor.report = {
        ...report,
        intake: { state: 'lost', lastError: 'the sensor process ended' },
        openWindows: 0,
        heldReleases: 0,
      };
    }
    if (clock.monotonicMs() - this.#startedMs >= RESTART_HEALTHY_MS) this.#backoff.reset();
    log.error(`the sensor process ended (${why}); what its windows held is lost and not made up for`);
    this.#restart = setTimeout(() => {
      this.#restarts++;
      metrics.sensorProcessRestarted();
      this.#fork();
    }, this.#backoff.nextMs());
  }

  #heard(raw: unknown): void {
    const message = parseFromSensors(raw);
    if (message === undefined) {
      this.#options.metrics.sensorMessageRefused();
      this.#refused.add('it does not fit the protocol');
      return;
    }
    this.#heardMs = this.#options.clock.monotonicMs();
    this.#take(message);
  }

  #take(message: FromSensors): void {
    switch (message.type) {
      case 'status':
        for (const [name, report] of Object.entries(message.sensors)) {
          const sensor = this.#sensors.get(name);
          if (sensor === undefined) continue;
          sensor.report = { ...report, intake: { ...report.intake, lastError: scrub(report.intake.lastError) } };
          this.#options.metrics.sensorReport(name, report);
        }
        return;
      case 'release':
        this.#takeRelease(message.release);
        return;
      case 'choice-answer':
        this.#questions.answered(message.id, message.answer);
        return;
      case 'choice-effect':
        this.#options.metrics.choiceEffect(message);
        return;
      case 'opt-out-list': {
        const { type: _, ...list } = message;
        this.#options.onOptOutList(list);
        return;
      }
      case 'stopped':
        return;
    }
  }

  #takeRelease(release: Release): void {
    const { policy, policyDigest, metrics } = this.#options;
    const sensor = this.#sensors.get(release.sensor);
    const sensorPolicy = policy.sensors[release.sensor];
    if (sensor === undefined || sensorPolicy === undefined || !isWithinPolicy(release, sensorPolicy, policyDigest)) {
      metrics.sensorReleaseRefused(release.sensor);
      this.#refused.add('a release is not what the policy allows');
      return;
    }
    if (this.#waiting === RELEASES_WAITING_MAX) {
      metrics.sensorReleaseWithheld(sensor.name, 'overload');
      return;
    }
    this.#waiting++;
    this.#taking = this.#taking
      .then(() => this.#letOut(release, sensor, sensorPolicy))
      .catch((error: unknown) => this.#faults.add(error))
      .finally(() => this.#waiting--);
  }

  /** On record first; nobody sees it before. */
  async #letOut(release: Release, sensor: Known, policy: SensorPolicy): Promise<void> {
    const { record, onRelease, metrics } = this.#options;
    try {
      await record(release, policy);
    } catch (error) {
      metrics.sensorReleaseWithheld(sensor.name, 'no-evidence');
      throw error;
    }
    sensor.releases.push(release);
    sensor.releases.splice(0, sensor.releases.length - RELEASES_KEPT);
    await onRelease(release);
  }
}

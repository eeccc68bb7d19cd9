/**
 * Owns the processes of one camera and its feed: forks, overhears and ends them as `supervision.ts` decides.
 *
 * The camera process decodes what a camera on the network sends, so it is taken as hostile: its messages are checked one by one
 * (`camera-message.ts`), what does not fit is dropped and counted, and nothing it says can keep its slate or its restart from
 * coming. While it is down a slate process fills the feed, with the reason in words.
 */

import { type Child, type ChildOptions, connectChild, forkChild, waitUntil } from '../base/child.ts';
import type { Clock } from '../base/clock.ts';
import { type Log, RepeatLog } from '../base/log.ts';
import { registerUrlSecrets } from '../base/secrets.ts';
import type {
  AccessUnit,
  CameraCounts,
  CameraHealth,
  CountedClass,
  CountedCrossing,
  FromCamera,
  SlateReason,
  ToCamera,
} from '../camera/messages.ts';
import type { CameraSettings } from '../config/schema.ts';
import { CameraFeed, type FeedDropReason, type FeedSource } from './camera-feed.ts';
import { parseFromCamera } from './camera-message.ts';
import type { CanaryAnswer } from './canary-rota.ts';
import type { Evidence } from './record/evidence.ts';
import { scrubbed, slateHealth, slateReason } from './slate-health.ts';
import type { SlateSpare } from './slate-spare.ts';
import { initialState, isClosed, nextStep, type SupervisionAction, type SupervisionEvent } from './supervision.ts';

const TICK_MS = 200;

/**
 * Of the camera process. What it makes is mostly memory outside the heap (motion vectors, pictures), and V8 answers that by collecting a
 * heap that hardly changes, twice a second and on several threads: 6 % of the process's CPU. A roomy old generation and a small young one
 * end that; `camera/process.ts` then collects from time to time by itself.
 */
export const CAMERA_NODE_FLAGS = ['--initial-heap-size=64', '--max-semi-space-size=2', '--expose-gc'] as const;

/** Size of slates until the camera's own is known. */
const SLATE_WIDTH_PX = 1280;
const SLATE_HEIGHT_PX = 720;

interface SupervisorMetrics {
  cameraProcessRestarted(camera: string): void;
  messageRefused(camera: string): void;
  unitDropped(camera: string, reason: FeedDropReason): void;
  counted(camera: string, counts: CameraCounts): void;
  health(camera: string, health: CameraHealth): void;
  /** Of crossings only those that were dropped are told: a count of people goes nowhere but through the sensor process. */
  crossingsDropped(camera: string, reason: 'no-room' | 'unknown-line', count: number): void;
}

export interface SupervisorOptions {
  name: string;
  settings: CameraSettings;
  /** With its credentials; it reaches the camera process in the first message and nothing else. */
  sourceUrl: string;
  stateDir: string;
  cameraProcess: URL;
  /** Where the camera process is reached when it is not forked. */
  socket?: string;
  slates: SlateSpare;
  evidence: Evidence;
  clock: Clock;
  log: Log;
  metrics: SupervisorMetrics;
  /** Who went over the camera's counting lines; for the sensor process and nobody else. */
  onCrossings(crossings: readonly CountedCrossing[]): void;
  /** Once a second: what the camera process can't count. */
  onUncounted(classes: readonly CountedClass[]): void;
  /** A round of canaries is over. */
  onCanaries(answer: CanaryAnswer): void;
}

type Role = 'camera' | 'slate';

export class CameraSupervisor {
  readonly feed: CameraFeed;
  readonly #options: SupervisorOptions;
  readonly #refused: RepeatLog;
  readonly #children: Record<Role, { child: Child; source: FeedSource } | undefined> = {
    camera: undefined,
    slate: undefined,
  };
  #timer: NodeJS.Timeout | undefined;
  #state;
  #restarts = 0;
  #lastExit = '';
  #hasSourceEnded = false;

  constructor(options: SupervisorOptions) {
    registerUrlSecrets(options.sourceUrl);
    this.#options = options;
    this.#refused = new RepeatLog(options.log, 'message of the camera process refused');
    this.feed = new CameraFeed({
      name: options.name,
      clock: options.clock,
      log: options.log,
      requestKeyFrame: () => {
        this.#children[this.#state.showing === 'slate' ? 'slate' : 'camera']?.child.send({ type: 'request-key-frame' });
      },
      requestSnapshot: (requestId) =>
        this.#children.camera?.child.send({ type: 'request-snapshot', requestId }) ?? false,
      unitDropped: (reason) => options.metrics.unitDropped(options.name, reason),
      evidence: options.evidence,
    });
    options.evidence.onChange((isThere) => this.#children.camera?.child.send({ type: 'cover-whole', isOn: !isThere }));
    this.#state = initialState(options.clock.monotonicMs());
  }

  /** Starts the camera process and watches over it. Before, the feed is there and silent. Call once. */
  start(): void {
    this.#timer = setInterval(() => this.#step({ type: 'tick', nowMs: this.#nowMs() }), TICK_MS);
    this.#step({ type: 'tick', nowMs: this.#nowMs() });
  }

  /** Process id of the camera process, for the health page and for fault tests. */
  get cameraPid(): number | undefined {
    return this.#children.camera?.child.pid;
  }

  get slatePid(): number | undefined {
    return this.#children.slate?.child.pid;
  }

  /** Camera processes started after the first one. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Asks the camera process for a round of canaries. False when it shows no picture that could be missed on. */
  plantCanaries(round: { seed: number; seconds: number }): boolean {
    if (this.#state.showing !== 'camera' || this.feed.health?.state !== 'live') return false;
    return this.#children.camera?.child.send({ type: 'plant-canaries', ...round }) ?? false;
  }

  /** Asks the processes to stop, kills them after CHILD_STOP_MS_MAX, and resolves when they are gone, or a second later. */
  async close(): Promise<void> {
    this.#step({ type: 'close', nowMs: this.#nowMs() });
    if (!(await waitUntil(() => isClosed(this.#state)))) {
      this.#options.log.error('a process of the camera could not be ended; it may hang in a driver');
    }
    clearInterval(this.#timer);
    this.feed.close();
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #step(event: SupervisionEvent): void {
    const { state, actions } = nextStep(this.#state, event, Math.random());
    this.#state = state;
    for (const action of actions) this.#execute(action);
  }

  #execute(action: SupervisionAction): void {
    switch (action) {
      case 'start-camera':
        this.#startCamera();
        return;
      case 'start-slate':
        this.#startSlate();
        return;
      case 'stop-camera':
        this.#children.camera?.child.send({ type: 'stop' });
        return;
      case 'kill-camera':
        this.#options.log.error('the camera process does not answer; it is killed');
        this.#children.camera?.child.kill();
        return;
      case 'kill-slate':
        this.#children.slate?.child.kill();
    }
  }

  #startCamera(): void {
    const { name, settings, sourceUrl, stateDir, cameraProcess, socket, evidence, metrics, log } = this.#options;
    if (this.#state.cameraLost) {
      this.#restarts++;
      metrics.cameraProcessRestarted(name);
      log.info({ restarts: this.#restarts }, 'restarting the camera process');
    }
    this.#adopt('camera', (handlers) =>
      socket === undefined
        ? forkChild({ entry: cameraProcess, nodeFlags: CAMERA_NODE_FLAGS, log, ...handlers })
        : connectChild({ socket, log, ...handlers }),
    );
    this.#children.camera?.child.send({
      type: 'start',
      name,
      settings,
      sourceUrl,
      stateDir,
      coversWhole: !evidence.isThere,
    });
  }

  #startSlate(): void {
    const { name, slates } = this.#options;
    const reason = slateReason(this.#state);
    const start: ToCamera = {
      type: 'start-slate',
      name,
      reason,
      widthPx: this.feed.format?.widthPx ?? SLATE_WIDTH_PX,
      heightPx: this.feed.format?.heightPx ?? SLATE_HEIGHT_PX,
      ptsUs: this.feed.nextPtsUs,
    };
    this.#adopt('slate', (handlers) => slates.take(start, handlers));
    this.#setHealth(this.#slateHealth(reason));
  }

  #adopt(role: Role, start: (handlers: Pick<ChildOptions, 'onMessage' | 'onExit'>) => Child): void {
    const source: FeedSource = { format: undefined };
    const child = start({
      onMessage: (message) => this.#heard(role, source, message),
      onExit: (why) => this.#exited(role, why),
    });
    this.#children[role] = { child, source };
  }

  #exited(role: Role, why: string): void {
    this.#children[role] = undefined;
    if (role === 'camera' && this.#hasSourceEnded && !this.#state.closing) {
      this.#options.log.info('the source ended; it is started again');
    } else if (!this.#state.closing && (role === 'camera' || this.#state.slate.phase === 'running')) {
      this.#options.log.error({ why }, `the ${role} process ended`);
    }
    if (role === 'camera') {
      this.#lastExit = this.#hasSourceEnded ? 'its source ended' : why;
      this.#hasSourceEnded = false;
      this.feed.failSnapshots();
    }
    this.#step({ type: 'exited', from: role, nowMs: this.#nowMs() });
    if (role === 'camera') this.#setHealth(this.#slateHealth('camera-process-lost'));
  }

  #heard(role: Role, source: FeedSource, raw: unknown): void {
    const message = parseFromCamera(raw);
    if (message === undefined) {
      this.#options.metrics.messageRefused(this.#options.name);
      this.#refused.add(`from the ${role} process`);
      return;
    }
    if (message.type !== 'access-unit') this.#step({ type: 'heard', from: role, nowMs: this.#nowMs() });
    this.#take(role, source, message);
  }

  #take(role: Role, source: FeedSource, message: FromCamera): void {
    const { name, metrics } = this.#options;
    switch (message.type) {
      case 'format':
        source.format = message.format;
        return;
      case 'access-unit':
        this.#takeUnit(role, source, message.unit);
        return;
      case 'health':
        metrics.counted(name, message.counts);
        if (role === 'camera') this.#options.onUncounted(message.health.uncounted);
        if (role === 'camera' && this.#state.showing !== 'slate')
          this.#setHealth(this.#advised(scrubbed(message.health)));
        return;
      case 'counts':
        if (role === 'camera') this.#takeCrossings(message.crossings, message.dropped);
        return;
      case 'canaries': {
        const { type: _, ...answer } = message;
        if (role === 'camera') this.#options.onCanaries(answer);
        return;
      }
      case 'snapshot':
        if (role === 'camera') this.feed.answerSnapshot(message.requestId, message.jpeg);
        return;
      case 'stopped':
        if (role === 'camera') this.#hasSourceEnded = true;
        return;
    }
  }

  #takeCrossings(crossings: readonly CountedCrossing[], dropped: number): void {
    const { name, settings, metrics, onCrossings } = this.#options;
    const lines = new Set(settings.count?.lines.map((line) => line.name));
    const known = crossings.filter(({ line }) => lines.has(line));
    metrics.crossingsDropped(name, 'no-room', dropped);
    metrics.crossingsDropped(name, 'unknown-line', crossings.length - known.length);
    if (known.length > 0) onCrossings(known);
  }

  #takeUnit(role: Role, source: FeedSource, unit: AccessUnit): void {
    // Without a format a unit shows nothing: it must not count as a picture.
    if (source.format === undefined) {
      this.#options.metrics.unitDropped(this.#options.name, 'no-format');
      return;
    }
    // A process that goes on showing pictures that must be covered counts as one without a picture: it gets a slate beside it, and is restarted.
    if (this.feed.mayShow(unit)) this.#step({ type: 'picture', from: role, isKey: unit.isKey, nowMs: this.#nowMs() });
    if (this.#state.showing === role) this.feed.push(source, unit);
  }

  #setHealth(health: CameraHealth): void {
    this.feed.setHealth(health);
    this.#options.metrics.health(this.#options.name, health);
  }

  /** Only the agent knows why there is no evidence. */
  #advised(health: CameraHealth): CameraHealth {
    return health.reason === 'no-evidence' ? { ...health, advice: this.#options.evidence.advice } : health;
  }

  #slateHealth(reason: SlateReason): CameraHealth {
    return slateHealth(reason, this.#lastExit, this.feed.health);
  }
}

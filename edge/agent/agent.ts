/**
 * Composition root: the one place that knows every part. Its boot order is written out in `boot()`, from top to bottom; shutdown is the
 * same list from bottom to top, each step bounded in time, so that nothing that hangs can keep the agent from ending.
 */

import { systemClock } from '../base/clock.ts';
import { CHILD_STOP_MS_MAX } from '../base/limits.ts';
import { type Log, RepeatLog } from '../base/log.ts';
import { requireUserForPublicListen } from '../config/listen.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { FailureDamper } from '../gateway/auth/damper.ts';
import { openCredentialStore } from '../gateway/auth/store.ts';
import type { FeedDirectory } from '../gateway/feed.ts';
import { startHttpServer } from '../gateway/http/server.ts';
import { startRtspServer } from '../gateway/rtsp/server.ts';
import type { Transport } from '../gateway/transport.ts';
import { ViewerSlots } from '../gateway/viewer-slots.ts';
import { PresenceCodes } from '../ledger/presence.ts';
import { type SensorSetup, sensorSetup } from '../sensor/setup.ts';
import { startUplink, type Uplink } from '../uplink/uplink.ts';
import { boxId } from './box-id.ts';
import type { CameraSupervisor } from './camera-supervisor.ts';
import { camerasOf } from './cameras.ts';
import { CertificateKeeper } from './certificate/keeper.ts';
import { ChoiceCarrier } from './choices.ts';
import { AgentHealthBook, softwareVersion } from './health.ts';
import { HeatWatch } from './heat.ts';
import { inquiriesInto } from './inquiries.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { cameraStream, choicesStream, type Stream, sensorStream } from './record/about.ts';
import { Recorder } from './record/recorder.ts';
import { SensorSupervisor } from './sensor-supervisor.ts';
import { SetupDesk } from './setup/desk.ts';
import { SlateSpare } from './slate-spare.ts';
import { UncountedNotices } from './uncounted.ts';
import { openUseDesk } from './use.ts';
import { startWaysOut } from './ways-out.ts';

const CAMERA_PROCESS = new URL('../camera/process.js', import.meta.url);
const SENSOR_PROCESS = new URL('../sensor/process.js', import.meta.url);
const SLATE_PROCESS = new URL('../camera/slate-process.js', import.meta.url);

/** A step of the shutdown that takes longer is left behind; children had CHILD_STOP_MS_MAX and a kill by then. */
const CLOSE_STEP_MS_MAX = CHILD_STOP_MS_MAX + 2_000;

export interface AgentOptions {
  loaded: LoadedConfig;
  log: Log;
  /**
   * Shows the box's first user to whoever starts the agent, and keeps it nowhere. Called before the password is stored, so that no
   * fault of a later step can lose it.
   */
  showFirstUser(created: { user: string; password: string }): void;
  /** Entry of the camera process; tests bring their own. */
  cameraProcess?: URL;
  /**
   * Folder with a socket for each camera, behind which its process is started in a fence of its own. Undefined: the agent forks them. With it
   * none is ever forked: a camera without its fence stays dark.
   */
  cameraSockets?: string;
  /** Entry of the sensor process; tests bring their own. */
  sensorProcess?: URL;
  /** Where a service of the box looks for the name of a time server. */
  timeServerFile?: string | undefined;
}

export interface Agent {
  /** Addresses actually bound: with port 0 in the configuration, the port that the system chose. */
  readonly http: { host: string; port: number };
  readonly rtsp: { host: string; port: number };
  /** Stops everything in reverse boot order; resolves within seconds, whatever hangs. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts the agent and resolves once it serves. Cameras that can't be reached do not fail the start: their feeds show a slate.
 * Rejects with a UserError (a setting is at fault) or a WorldError; whatever had started by then is stopped again.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const running = new Running(options.log);
  try {
    return await boot(options, running);
  } catch (error) {
    await running.close();
    throw error;
  }
}

async function boot(options: AgentOptions, running: Running): Promise<Agent> {
  const { loaded, log, showFirstUser, cameraProcess = CAMERA_PROCESS, cameraSockets } = options;
  const { config } = loaded;

  const store = await openCredentialStore({ stateDir: config.state, env: process.env, showFirstUser });
  // Whatever else inherits this environment has no use for it.
  delete process.env['GARIM_PASSWORD'];
  requireUserForPublicListen(config, store.hasUser);
  const certificates = await CertificateKeeper.open({
    settings: config,
    stateDir: config.state,
    clock: systemClock,
    log,
  });
  running.add('certificates', () => certificates.close());
  const tlsOf = (server: 'http' | 'rtsp') => {
    const tls = certificates.pairOf(server);
    return tls === undefined ? {} : { tls };
  };

  const metrics = createMetrics();
  const box = await boxId(config.state);
  const sensorPolicy = await sensorPolicyOf(loaded, log);
  const { windowMinutes } = config.ledger;
  const presence = await PresenceCodes.open({ stateDir: config.state, clock: systemClock, windowMinutes });
  const streams = streamsOf(config, sensorPolicy);
  const places = streams.flatMap(({ kind, name }) => (kind === 'choices' ? [] : [name]));
  const record = new Recorder({
    settings: config.ledger,
    stateDir: config.state,
    box,
    software: softwareVersion(),
    streams,
    presenceOf: (window) => presence.hashOf(window),
    clock: systemClock,
    log,
  });
  running.add('record', () => record.close());
  // Its disk is waited for beside the servers' start.
  const recording = record.start();
  recording.catch(() => {}); // thrown below
  const health = new AgentHealthBook(record);
  health.watchNotices(record);
  health.watchNotices(certificates);
  const heat = new HeatWatch();
  running.add('heat', async () => heat[Symbol.dispose]());
  health.watchNotices(heat);
  metrics.watchBox({ heat, certificates });
  metrics.watchRecord(record);

  const slates = new SlateSpare(SLATE_PROCESS, log);
  running.add('spare slate process', () => slates.close());
  const uncounted = new UncountedNotices(Object.keys(config.cameras));
  health.watchNotices(uncounted);
  const { supervisors, rota } = camerasOf({
    loaded,
    cameraProcess,
    cameraSockets,
    slates,
    record,
    metrics,
    onCounts: (camera, counts) => health.counted(camera, counts),
    onCrossings: (camera, crossings) => sensors?.supervisor.takeCrossings(camera, crossings) === true,
    onUncounted: (camera, classes) => {
      uncounted.set(camera, classes);
      sensors?.supervisor.takeUncounted(camera, classes);
    },
    log,
  });
  for (const supervisor of supervisors) running.add(`camera ${supervisor.feed.name}`, () => supervisor.close());
  const feeds = directoryOf(supervisors);
  const uplink = await startUplink({ hubs: loaded.hubs, box, stateDir: config.state, metrics, log });
  running.add('hubs', () => uplink.close());
  health.watchNotices(uplink);
  metrics.watchUplink(uplink);
  const sensors = sensorPolicy && sensorsOf(options, sensorPolicy, { box, uplink, metrics, record });

  const desk = await openUseDesk({ settings: config.use, record, metrics, clock: systemClock, log });
  const shared = {
    feeds,
    desk,
    credentials: store.credentials,
    damper: new FailureDamper(systemClock),
    slots: new ViewerSlots(),
    onConnection: (transport: Transport) => record.measures.connected(transport),
    metrics,
    log,
  };
  const rtsp = await startRtspServer({ ...shared, ...tlsOf('rtsp'), listen: config.rtsp.listen });
  certificates.onRenewed('rtsp', rtsp.useCertificate);
  running.add('RTSP server', () => rtsp.close());
  health.rtspPort = rtsp.address.port;

  const http = await startHttpServer({
    ...shared,
    ...tlsOf('http'),
    listen: config.http.listen,
    record,
    inquiries: inquiriesInto({ record, presence, places, clock: systemClock, log }),
    health: () => health.now(),
    setup: new SetupDesk({
      loaded,
      env: process.env,
      log,
      checklist: { config, policy: sensorPolicy ?? (await sensorSetup(config)), certificates, record },
      time: { clock: systemClock, requestFile: options.timeServerFile },
      certificates,
      users: store,
      cameraProcess: options.cameraProcess,
    }),
    ...(sensors === undefined
      ? {}
      : { sensors: sensors.supervisor, choices: { keeper: sensors.choices, deskToken: loaded.deskToken } }),
    renderMetrics: () => metrics.render(),
  });
  certificates.onRenewed('http', http.useCertificate);
  running.add('HTTP server', () => http.close());

  await recording;
  // Only now: with a port that is taken, or the log of another box, the reason is the first thing that the installer reads, and no camera was bothered.
  for (const supervisor of supervisors) supervisor.start();
  rota.start();
  running.add('canaries', async () => rota.close());
  if (sensors !== undefined) {
    running.add('sensors', () => sensors.supervisor.close());
    health.watchNotices(sensors.supervisor);
    sensors.supervisor.start();
  }

  for (const { feed } of supervisors) {
    const settings = config.cameras[feed.name]!;
    for (const [what, use] of startWaysOut({ feed, settings, desk, health, metrics, log }))
      running.add(what, () => use.close());
  }

  return {
    http: http.address,
    rtsp: rtsp.address,
    close: () => {
      health.stopping();
      return running.close();
    },
  };
}

/** Undefined when no sensor is configured. Throws a UserError when their policy does not fit. */
async function sensorPolicyOf({ config }: LoadedConfig, log: Log): Promise<SensorSetup | undefined> {
  if (Object.keys(config.sensors).length === 0) return undefined;
  const setup = await sensorSetup(config);
  for (const remark of setup.remarks) log.warn(remark);
  return setup;
}

/** All that has windows on record. */
function streamsOf(config: Config, sensors: SensorSetup | undefined): Stream[] {
  const cameras = Object.entries(config.cameras).map(([name, settings]) => cameraStream(name, settings));
  if (sensors === undefined) return cameras;
  const { policy, digest } = sensors;
  const of = { digest, version: policy.version };
  const choices = choicesStream(policy, of);
  return [
    ...cameras,
    ...Object.entries(policy.sensors).map(([name, each]) => sensorStream(name, each, of)),
    ...(choices === undefined ? [] : [choices]),
  ];
}

function sensorsOf(
  { loaded, log, sensorProcess = SENSOR_PROCESS }: AgentOptions,
  { policy, digest }: SensorSetup,
  { box, uplink, metrics, record }: { box: string; uplink: Uplink; metrics: Metrics; record: Recorder },
): { supervisor: SensorSupervisor; choices: ChoiceCarrier } {
  const supervisor = new SensorSupervisor({
    box,
    stateDir: loaded.config.state,
    policy,
    policyDigest: digest,
    intakes: loaded.intakes,
    sensorProcess,
    clock: systemClock,
    log,
    metrics: {
      ...metrics,
      sensorReport: (sensor, report) => {
        metrics.sensorReport(sensor, report);
        record.sensorReport(sensor, report);
      },
    },
    record: (release, sensorPolicy) => record.release(release, sensorPolicy),
    onRelease: (release) => uplink.accept(release),
    onOptOutList: (list) => record.optOutList(list),
  });
  const choices = new ChoiceCarrier({
    policy,
    box,
    clock: systemClock,
    ask: (request) => supervisor.ask(request),
    onEffect: (effect) => {
      metrics.choiceEffect(effect);
      record.choice(effect);
    },
  });
  return { supervisor, choices };
}

function directoryOf(supervisors: readonly CameraSupervisor[]): FeedDirectory {
  const feeds = new Map(supervisors.map(({ feed }) => [feed.name, feed]));
  return { get: (name) => feeds.get(name), list: () => [...feeds.values()] };
}

/** What has been started, in order. */
class Running {
  readonly #log: Log;
  readonly #faults: RepeatLog;
  readonly #steps: { what: string; close: () => Promise<void> }[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
    this.#faults = new RepeatLog(log, 'fault while stopping');
  }

  add(what: string, close: () => Promise<void>): void {
    this.#steps.push({ what, close });
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  /** Cameras end side by side: one that hangs must not delay the others' farewell. */
  async #closeAll(): Promise<void> {
    const isCamera = ({ what }: { what: string }): boolean => what.startsWith('camera ');
    const firstCamera = this.#steps.findIndex(isCamera);
    const before = this.#steps.filter((step, index) => !isCamera(step) && index < firstCamera);
    const after = this.#steps.filter((step, index) => !isCamera(step) && index >= firstCamera);
    for (const step of after.reverse()) await this.#closeOne(step);
    await Promise.all(this.#steps.filter(isCamera).map((step) => this.#closeOne(step)));
    for (const step of before.reverse()) await this.#closeOne(step);
  }

  async #closeOne({ what, close }: { what: string; close: () => Promise<void> }): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), CLOSE_STEP_MS_MAX);
    });
    try {
      if ((await Promise.race([close(), late])) === 'late')
        this.#log.error(`${what}: did not end in time; left behind`);
    } catch (error) {
      this.#faults.add(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

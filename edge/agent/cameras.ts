/** The cameras of a box: a supervisor each, what they say to whom, and whose turn it is to be measured. */
import path from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { CameraCounts, CountedClass, CountedCrossing } from '../camera/messages.ts';
import type { LoadedConfig } from '../config/load.ts';
import { CameraSupervisor } from './camera-supervisor.ts';
import { CanaryRota } from './canary-rota.ts';
import type { Metrics } from './metrics.ts';
import type { Recorder } from './record/recorder.ts';
import type { SlateSpare } from './slate-spare.ts';

export interface CamerasOptions {
  loaded: LoadedConfig;
  cameraProcess: URL;
  /** Folder with a socket for each camera; undefined: they are forked. */
  cameraSockets: string | undefined;
  slates: SlateSpare;
  record: Recorder;
  metrics: Metrics;
  onCounts(camera: string, counts: CameraCounts): void;
  /** Gives whether they were taken. */
  onCrossings(camera: string, crossings: readonly CountedCrossing[]): boolean;
  onUncounted(camera: string, classes: readonly CountedClass[]): void;
  log: Log;
}

/** Nothing is started yet. */
export function camerasOf(options: CamerasOptions): { supervisors: CameraSupervisor[]; rota: CanaryRota } {
  const { loaded, log, record } = options;
  const supervisors = Object.keys(loaded.config.cameras).map((name) =>
    supervisorOf(name, options, (...answer) => rota.answered(name, ...answer)),
  );
  const rota = new CanaryRota({
    cameras: supervisors.flatMap((supervisor) => {
      const { name } = supervisor.feed;
      const isMeasured = loaded.config.cameras[name]?.canaries === 'auto';
      return isMeasured ? [{ name, plant: (round) => supervisor.plantCanaries(round) }] : [];
    }),
    clock: systemClock,
    log,
    onMeasured: (camera, startedMs, answer) => record.canaries(camera, startedMs, answer),
    onOver: (camera) => record.canariesOver(camera),
  });
  return { supervisors, rota };
}

function supervisorOf(
  name: string,
  {
    loaded,
    cameraProcess,
    cameraSockets,
    slates,
    record,
    metrics,
    onCounts,
    onCrossings,
    onUncounted,
    log,
  }: CamerasOptions,
  onCanaries: ConstructorParameters<typeof CameraSupervisor>[0]['onCanaries'],
): CameraSupervisor {
  return new CameraSupervisor({
    name,
    // Push targets hold credentials and are no business of a process that decodes what a camera sends.
    settings: { ...loaded.config.cameras[name]!, push: [] },
    sourceUrl: loaded.sources[name] ?? '',
    stateDir: loaded.config.state,
    cameraProcess,
    ...(cameraSockets !== undefined && { socket: path.join(cameraSockets, name) }),
    slates,
    evidence: record.evidence,
    clock: systemClock,
    log: log.child({ camera: name }),
    metrics: {
      ...metrics,
      counted: (camera, counts) => {
        metrics.counted(camera, counts);
        onCounts(camera, counts);
        record.counted(camera, counts);
      },
      health: (camera, state) => {
        metrics.health(camera, state);
        record.cameraHealth(camera, state);
      },
    },
    onCrossings: (crossings) => {
      if (!onCrossings(name, crossings)) metrics.crossingsDropped(name, 'not-taken', crossings.length);
    },
    onUncounted: (classes) => onUncounted(name, classes),
    onCanaries,
  });
}

/**
 * Tries one camera: a camera process of its own connects, filters, and gives one filtered picture; then it ends. What it says is checked as in
 * normal running, and nothing but that picture and a description comes back.
 */
import { forkChild } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { CAMERA_START_MS_MAX, CHILD_STOP_MS_MAX } from '../base/limits.ts';
import type { Log } from '../base/log.ts';
import { registerUrlSecrets, scrub } from '../base/secrets.ts';
import type { CameraHealth, FromCamera, SlateReason } from '../camera/messages.ts';
import type { CameraSettings } from '../config/schema.ts';
import { parseFromCamera } from './camera-message.ts';

const CAMERA_PROCESS = new URL('../camera/process.js', import.meta.url);

/** From a camera's first sign to its picture: key frames come up to ten seconds apart. */
const PICTURE_MS_MAX = 20_000;
/** A camera whose frames are still covered whole after this long gives a covered picture: it is what viewers would see. */
const COVERED_MS_MAX = 12_000;
const SNAPSHOT_ID = 1;

export interface TrialOptions {
  name: string;
  settings: CameraSettings;
  /** With its credentials; it reaches the camera process in a message and nothing else. */
  sourceUrl: string;
  stateDir: string;
  log: Log;
  /** Entry of the camera process; tests bring their own. */
  cameraProcess?: URL;
}

export type Trial =
  | {
      outcome: 'picture';
      /** e.g. `h264 1920x1080 25 fps` */
      description: string;
      widthPx: number;
      heightPx: number;
      frameRate: number;
      /** `covered`: the whole picture is, and `advice` says why. */
      state: 'live' | 'covered';
      advice: string;
      jpeg: Uint8Array;
    }
  | { outcome: 'failed'; reason: SlateReason; why: string };

/** Never rejects for what the camera does. The camera process is gone when it resolves. */
export function tryCamera(options: TrialOptions): Promise<Trial> {
  registerUrlSecrets(options.sourceUrl);
  return new Promise((resolve) => {
    const trial = new RunningTrial();
    const timer = setTimeout(() => end(trial.timedOut()), CAMERA_START_MS_MAX + PICTURE_MS_MAX);
    let result: Trial | undefined;
    let kill: NodeJS.Timeout | undefined;
    const end = (with_: Trial): void => {
      if (result !== undefined) return;
      result = with_;
      clearTimeout(timer);
      child.send({ type: 'stop' });
      kill = setTimeout(() => child.kill(), CHILD_STOP_MS_MAX);
    };
    const child = forkChild({
      entry: options.cameraProcess ?? CAMERA_PROCESS,
      log: options.log,
      onMessage: (raw) => {
        const message = parseFromCamera(raw);
        if (message === undefined || result !== undefined) return;
        const step = trial.heard(message);
        if (step === 'ask') child.send({ type: 'request-snapshot', requestId: SNAPSHOT_ID });
        else if (step !== undefined) end(step);
      },
      onExit: (why) => {
        clearTimeout(timer);
        clearTimeout(kill);
        resolve(result ?? { outcome: 'failed', reason: 'camera-process-lost', why: `its process ended: ${why}` });
      },
    });
    const { name, settings, sourceUrl, stateDir } = options;
    child.send({ type: 'start', name, settings: { ...settings, push: [] }, sourceUrl, stateDir });
  });
}

/** Decides by what the camera process says. */
class RunningTrial {
  #size: { widthPx: number; heightPx: number; frameRate: number } | undefined;
  #health: CameraHealth | undefined;
  #connectedMs: number | undefined;
  #hasAsked = false;

  heard(message: FromCamera): Trial | 'ask' | undefined {
    switch (message.type) {
      case 'format':
        this.#size = message.format;
        return undefined;
      case 'health':
        return this.#step(message.health);
      case 'snapshot':
        return this.#picture(message.jpeg);
      case 'stopped':
        return { outcome: 'failed', reason: 'source-lost', why: 'its stream ended before there was a picture' };
      default:
        return undefined;
    }
  }

  timedOut(): Trial {
    const { lastError = '' } = this.#health?.source ?? {};
    const reason = this.#health?.reason;
    return {
      outcome: 'failed',
      reason: reason?.startsWith('source-') ? (reason as SlateReason) : 'source-lost',
      why: scrub(lastError) || 'no picture in time',
    };
  }

  #step(health: CameraHealth): Trial | 'ask' | undefined {
    this.#health = health;
    const { state, lastError } = health.source;
    if (state === 'lost') {
      const reason = health.reason?.startsWith('source-') ? (health.reason as SlateReason) : 'source-lost';
      return { outcome: 'failed', reason, why: scrub(lastError) };
    }
    if (state !== 'connected' || health.state === 'slate' || this.#hasAsked) return undefined;
    const nowMs = systemClock.monotonicMs();
    this.#connectedMs ??= nowMs;
    if (health.state === 'covered' && nowMs - this.#connectedMs < COVERED_MS_MAX) return undefined;
    this.#hasAsked = true;
    return 'ask';
  }

  #picture(jpeg: Uint8Array): Trial | undefined {
    // A picture that came before the format, or while a slate was on, is asked for again with the next health.
    this.#hasAsked = false;
    if (this.#health === undefined || this.#size === undefined || this.#health.state === 'slate') return undefined;
    const { source, state, advice } = this.#health;
    const { widthPx, heightPx, frameRate } = this.#size;
    const description = scrub(source.description);
    return { outcome: 'picture', description, widthPx, heightPx, frameRate, state, advice: scrub(advice), jpeg };
  }
}

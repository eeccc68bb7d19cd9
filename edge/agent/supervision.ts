/**
 * What to do about one camera's processes, decided purely: state and event in, state and actions out. `camera-supervisor.ts` executes.
 *
 * Always holds, whatever the order of events:
 * - at most one camera process and one slate process exist; a new one starts only after the old one's exit was seen;
 * - while the camera delivers no picture, a slate is running or its next try is at most SLATE_RETRY_MS away;
 * - a camera process that is lost is started again after a jittered pause of at most RECONNECT_BACKOFF_MS_MAX, until `close`.
 */
import {
  CAMERA_SILENCE_MS_MAX,
  CAMERA_START_MS_LONGEST,
  CAMERA_START_MS_MAX,
  CHILD_STOP_MS_MAX,
  FIRST_PICTURE_MS_MAX,
  PICTURE_GAP_MS_MAX,
  PICTURE_SILENCE_MS_MAX,
  RECONNECT_BACKOFF_MS_MAX,
  RECONNECT_BACKOFF_MS_MIN,
  RESTART_HEALTHY_MS,
} from '../base/limits.ts';

/** A slate process that failed is tried again after this long. */
export const SLATE_RETRY_MS = 1_000;

/** One child process as the decisions see it. Times are `Clock.monotonicMs()`. */
type ProcessState =
  | { phase: 'down'; startAtMs: number }
  | { phase: 'running'; startedMs: number; heardMs: number; pictureMs: number | undefined }
  | { phase: 'stopping'; sinceMs: number }
  | { phase: 'killing' };

export interface SupervisionState {
  camera: ProcessState;
  slate: ProcessState;
  /** Whose pictures the feed takes. */
  showing: 'none' | 'camera' | 'slate';
  /** Upper end of the next pause before a restart. */
  backoffMs: number;
  /** How long a camera process may take to say something, and PICTURE_SILENCE_MS_MAX longer to send a picture. */
  cameraStartMs: number;
  /** True from the first loss of a camera process until the next one delivers: tells the slate's reason. */
  cameraLost: boolean;
  closing: boolean;
}

export type SupervisionEvent = { nowMs: number } & (
  | { type: 'tick' }
  | { type: 'heard'; from: 'camera' | 'slate' }
  | { type: 'picture'; from: 'camera' | 'slate'; isKey: boolean }
  | { type: 'exited'; from: 'camera' | 'slate' }
  | { type: 'close' }
);

export type SupervisionAction =
  | 'start-camera'
  | 'stop-camera' // ask it to end
  | 'kill-camera'
  | 'start-slate'
  | 'kill-slate'; // it holds nothing worth a farewell

export interface Step {
  state: SupervisionState;
  actions: SupervisionAction[];
}

export function initialState(nowMs: number): SupervisionState {
  return {
    camera: { phase: 'down', startAtMs: nowMs },
    slate: { phase: 'down', startAtMs: nowMs },
    showing: 'none',
    backoffMs: RECONNECT_BACKOFF_MS_MIN,
    cameraStartMs: CAMERA_START_MS_MAX,
    cameraLost: false,
    closing: false,
  };
}

/** `random` is a draw from [0, 1) for the jitter. The state given is not changed. */
export function nextStep(before: SupervisionState, event: SupervisionEvent, random: number): Step {
  const state = structuredClone(before);
  applyEvent(state, event, random);
  const actions = state.closing ? closingActions(state, event.nowMs) : runningActions(state, event.nowMs);
  return { state, actions };
}

/** True when nothing is left to wait for after `close`. */
export function isClosed(state: SupervisionState): boolean {
  return state.closing && state.camera.phase === 'down' && state.slate.phase === 'down';
}

function applyEvent(state: SupervisionState, event: SupervisionEvent, random: number): void {
  const { nowMs } = event;
  switch (event.type) {
    case 'tick':
      return;
    case 'close':
      state.closing = true;
      return;
    case 'heard':
    case 'picture': {
      const speaker = state[event.from];
      if (speaker.phase !== 'running') return; // words of a process that is being ended count no more
      speaker.heardMs = nowMs;
      if (event.type === 'picture' && (event.isKey || speaker.pictureMs !== undefined)) {
        speaker.pictureMs = nowMs;
        if (event.from === 'camera') state.cameraStartMs = CAMERA_START_MS_MAX;
        chooseShowing(state, event.from, event.isKey);
      }
      return;
    }
    case 'exited':
      if (event.from === 'slate') {
        state.slate = { phase: 'down', startAtMs: nowMs + SLATE_RETRY_MS };
        if (state.showing === 'slate') state.showing = 'none';
        return;
      }
      cameraExited(state, nowMs, random);
  }
}

/** The camera's key frame always wins; a slate's only while no camera is delivering. A camera that goes on after a gap needs no key frame. */
function chooseShowing(state: SupervisionState, from: 'camera' | 'slate', isKey: boolean): void {
  const goesOn = from === 'camera' && state.showing === 'none';
  if (state.showing === from || !(isKey || goesOn)) return;
  if (from === 'slate' && state.showing === 'camera') return;
  state.showing = from;
  if (from === 'camera') state.cameraLost = false;
}

function cameraExited(state: SupervisionState, nowMs: number, random: number): void {
  if (state.camera.phase === 'running' && nowMs - state.camera.startedMs >= RESTART_HEALTHY_MS) {
    state.backoffMs = RECONNECT_BACKOFF_MS_MIN;
  }
  state.camera = { phase: 'down', startAtMs: nowMs + state.backoffMs * (0.5 + random / 2) };
  state.backoffMs = Math.min(RECONNECT_BACKOFF_MS_MAX, state.backoffMs * 2);
  state.cameraLost = true;
  if (state.showing === 'camera') state.showing = 'none';
  // Whatever the slate's retry pause says: the picture is gone now.
  if (state.slate.phase === 'down') state.slate.startAtMs = Math.min(state.slate.startAtMs, nowMs);
}

function runningActions(state: SupervisionState, nowMs: number): SupervisionAction[] {
  const actions: SupervisionAction[] = [];
  const { camera, slate } = state;
  if (camera.phase === 'down' && nowMs >= camera.startAtMs) {
    state.camera = { phase: 'running', startedMs: nowMs, heardMs: nowMs, pictureMs: undefined };
    actions.push('start-camera');
  } else if (camera.phase === 'running' && isHung(camera, state.cameraStartMs, nowMs)) {
    // A hung process has had its chance: it does not earn a fresh backoff either, unless it ran well before.
    if (camera.pictureMs === undefined)
      state.cameraStartMs = Math.min(CAMERA_START_MS_LONGEST, 2 * state.cameraStartMs);
    else if (nowMs - camera.startedMs >= RESTART_HEALTHY_MS) state.backoffMs = RECONNECT_BACKOFF_MS_MIN;
    state.camera = { phase: 'killing' };
    state.cameraLost = true;
    actions.push('kill-camera');
  }

  if (needsSlate(state, nowMs)) {
    if (state.showing === 'camera') state.showing = 'none';
    if (slate.phase === 'down' && nowMs >= slate.startAtMs) {
      state.slate = { phase: 'running', startedMs: nowMs, heardMs: nowMs, pictureMs: undefined };
      actions.push('start-slate');
    } else if (slate.phase === 'running' && isSilent(slate, CAMERA_START_MS_MAX, nowMs)) {
      state.slate = { phase: 'killing' };
      if (state.showing === 'slate') state.showing = 'none';
      actions.push('kill-slate');
    }
  } else if (state.showing === 'camera' && slate.phase === 'running') {
    state.slate = { phase: 'killing' };
    actions.push('kill-slate');
  }
  return actions;
}

type Running = Extract<ProcessState, { phase: 'running' }>;

function isSilent({ startedMs, heardMs }: Running, startMsMax: number, nowMs: number): boolean {
  return nowMs - heardMs > (heardMs > startedMs ? CAMERA_SILENCE_MS_MAX : startMsMax);
}

function isHung(camera: Running, startMsMax: number, nowMs: number): boolean {
  const pictureDueMs = camera.pictureMs ?? camera.startedMs + startMsMax;
  return isSilent(camera, startMsMax, nowMs) || nowMs - pictureDueMs > PICTURE_SILENCE_MS_MAX;
}

function needsSlate(state: SupervisionState, nowMs: number): boolean {
  const { camera } = state;
  if (camera.phase !== 'running') return true;
  if (camera.pictureMs !== undefined) return nowMs - camera.pictureMs > PICTURE_GAP_MS_MAX;
  return state.cameraLost || nowMs - camera.startedMs > FIRST_PICTURE_MS_MAX;
}

function closingActions(state: SupervisionState, nowMs: number): SupervisionAction[] {
  const actions: SupervisionAction[] = [];
  const { camera, slate } = state;
  if (camera.phase === 'running') {
    state.camera = { phase: 'stopping', sinceMs: nowMs };
    actions.push('stop-camera');
  } else if (camera.phase === 'stopping' && nowMs - camera.sinceMs >= CHILD_STOP_MS_MAX) {
    state.camera = { phase: 'killing' };
    actions.push('kill-camera');
  }
  if (slate.phase === 'running') {
    state.slate = { phase: 'killing' };
    actions.push('kill-slate');
  }
  return actions;
}

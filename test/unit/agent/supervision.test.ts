import assert from 'node:assert/strict';
import test from 'node:test';
import { initialState, nextStep, type Step, type SupervisionState } from '../../../edge/agent/supervision.ts';
import {
  CAMERA_SILENCE_MS_MAX,
  CAMERA_START_MS_LONGEST,
  CAMERA_START_MS_MAX,
  FIRST_PICTURE_MS_MAX,
  PICTURE_SILENCE_MS_MAX,
  RECONNECT_BACKOFF_MS_MAX,
  RECONNECT_BACKOFF_MS_MIN,
  RESTART_HEALTHY_MS,
} from '../../../edge/base/limits.ts';

const boot = (): SupervisionState => nextStep(initialState(0), { type: 'tick', nowMs: 0 }, 0).state;
const picture = (state: SupervisionState, nowMs: number, from: 'camera' | 'slate' = 'camera', isKey = true): Step =>
  nextStep(state, { type: 'picture', from, isKey, nowMs }, 0);

test('boots with the camera alone; a slow one gets a slate after a while', () => {
  const first = nextStep(initialState(0), { type: 'tick', nowMs: 0 }, 0);
  assert.deepEqual(first.actions, ['start-camera']);
  assert.deepEqual(nextStep(first.state, { type: 'tick', nowMs: FIRST_PICTURE_MS_MAX }, 0).actions, []);
  assert.deepEqual(nextStep(first.state, { type: 'tick', nowMs: FIRST_PICTURE_MS_MAX + 1 }, 0).actions, [
    'start-slate',
  ]);
});

test('a lost camera process is replaced by a slate in the same step', () => {
  const live = picture(boot(), 500).state;
  const lost = nextStep(live, { type: 'exited', from: 'camera', nowMs: 5_000 }, 0);
  assert.deepEqual(lost.actions, ['start-slate']);
  assert.equal(lost.state.showing, 'none');
  assert.equal(lost.state.cameraLost, true);
  assert.equal(picture(lost.state, 5_300, 'slate').state.showing, 'slate');
});

test('the restarted camera ends the slate with its key frame, not before', () => {
  let state = nextStep(picture(boot(), 500).state, { type: 'exited', from: 'camera', nowMs: 1_000 }, 0).state;
  state = picture(state, 1_200, 'slate').state;
  const restart = nextStep(state, { type: 'tick', nowMs: 2_000 }, 0);
  assert.deepEqual(restart.actions, ['start-camera']);
  const notYet = picture(restart.state, 2_100, 'camera', false);
  assert.equal(notYet.state.showing, 'slate');
  assert.deepEqual(notYet.actions, []);
  const back = picture(notYet.state, 2_200, 'camera', true);
  assert.equal(back.state.showing, 'camera');
  assert.deepEqual(back.actions, ['kill-slate']);
  assert.equal(
    picture(back.state, 2_250, 'slate').state.showing,
    'camera',
    'a slate still in flight must not come back',
  );
});

test('silence kills the camera process, and so does health without pictures', () => {
  const live = picture(boot(), 500).state;
  const silent = nextStep(live, { type: 'tick', nowMs: 501 + CAMERA_SILENCE_MS_MAX }, 0);
  assert.ok(silent.actions.includes('kill-camera'));
  let state = live;
  let nowMs = 500;
  while (nowMs < 500 + PICTURE_SILENCE_MS_MAX) {
    nowMs += 1_000;
    const step = nextStep(state, { type: 'heard', from: 'camera', nowMs }, 0);
    assert.ok(!step.actions.includes('kill-camera'));
    state = step.state;
  }
  assert.ok(nextStep(state, { type: 'heard', from: 'camera', nowMs: nowMs + 1 }, 0).actions.includes('kill-camera'));
});

test('the pause before a restart doubles to its bound and starts anew after a healthy minute', () => {
  let state = boot();
  let nowMs = 0;
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    state = nextStep(state, { type: 'exited', from: 'camera', nowMs }, 0.999999).state;
    assert.equal(state.camera.phase, 'down');
    if (state.camera.phase !== 'down') return;
    pauses.push(Math.round(state.camera.startAtMs - nowMs));
    nowMs = state.camera.startAtMs;
    state = nextStep(state, { type: 'tick', nowMs }, 0).state;
    assert.equal(state.camera.phase, 'running');
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(pauses[0], RECONNECT_BACKOFF_MS_MIN);
  assert.equal(pauses.at(-1), RECONNECT_BACKOFF_MS_MAX);
  state = nextStep(state, { type: 'exited', from: 'camera', nowMs: nowMs + RESTART_HEALTHY_MS }, 0).state;
  assert.equal(
    state.camera.phase === 'down' && state.camera.startAtMs - nowMs - RESTART_HEALTHY_MS,
    RECONNECT_BACKOFF_MS_MIN / 2,
  );
});

test('each camera process that was killed while it started gives the next one twice the time, until one delivers', () => {
  let state = boot();
  let startedMs = 0;
  const given: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    let nowMs = startedMs;
    let step: Step;
    do {
      nowMs += 1_000;
      step = nextStep(state, { type: 'tick', nowMs }, 0);
      state = step.state;
    } while (!step.actions.includes('kill-camera'));
    given.push(nowMs - startedMs - 1_000);
    state = nextStep(state, { type: 'exited', from: 'camera', nowMs }, 0).state;
    startedMs = nowMs + RECONNECT_BACKOFF_MS_MAX;
    state = nextStep(state, { type: 'tick', nowMs: startedMs }, 0).state;
    assert.equal(state.camera.phase, 'running');
  }
  const first = CAMERA_START_MS_MAX;
  assert.deepEqual(given, [first, 2 * first, 4 * first, CAMERA_START_MS_LONGEST, CAMERA_START_MS_LONGEST]);

  const delivering = picture(state, startedMs + 200_000).state;
  const lost = nextStep(delivering, { type: 'exited', from: 'camera', nowMs: startedMs + 201_000 }, 0).state;
  const next = nextStep(lost, { type: 'tick', nowMs: startedMs + 300_000 }, 0).state;
  const late = nextStep(next, { type: 'tick', nowMs: startedMs + 300_001 + CAMERA_START_MS_MAX }, 0);
  assert.ok(late.actions.includes('kill-camera'));
});

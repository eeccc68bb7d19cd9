/**
 * Goal: whatever happens to the processes, there is never a second camera process, never nothing for longer than a bound, and always a
 * next try. Method: a simulated pair of processes that starts, delivers, hangs, garbles and dies as fast-check draws it, on simulated
 * time with a tick every 200 ms as in production.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  initialState,
  isClosed,
  nextStep,
  SLATE_RETRY_MS,
  type SupervisionAction,
  type SupervisionEvent,
} from '../../../edge/agent/supervision.ts';
import { CHILD_STOP_MS_MAX, PICTURE_GAP_MS_MAX, RECONNECT_BACKOFF_MS_MAX } from '../../../edge/base/limits.ts';

const TICK_MS = 200;

type Role = 'camera' | 'slate';
interface Simulated {
  alive: boolean;
  hung: boolean;
  delivered: boolean;
}

class World {
  nowMs = 1_000;
  state = initialState(this.nowMs);
  readonly processes: Record<Role, Simulated | undefined> = { camera: undefined, slate: undefined };
  cameraDownSinceMs: number | undefined = this.nowMs;
  nothingSinceMs: number | undefined = this.nowMs;
  worstNothingMs = 0;
  worstDownMs = 0;

  step(
    event:
      | { type: 'tick' | 'close' }
      | { type: 'heard' | 'exited'; from: Role }
      | { type: 'picture'; from: Role; isKey: boolean },
    random = 0.5,
  ): void {
    const { state, actions } = nextStep(this.state, { ...event, nowMs: this.nowMs } as SupervisionEvent, random);
    this.state = state;
    for (const action of actions) this.#execute(action);
  }

  #execute(action: SupervisionAction): void {
    const [verb, role] = action.split('-') as ['start' | 'stop' | 'kill', Role];
    if (verb === 'start') {
      assert.equal(this.processes[role], undefined, `a second ${role} process`);
      assert.ok(!this.state.closing, 'nothing starts while closing');
      this.processes[role] = { alive: true, hung: false, delivered: false };
    } else {
      assert.ok(this.processes[role], `${action} without a process`);
      if (verb === 'kill') this.processes[role].alive = false; // its exit is reported later
    }
  }

  /** One tick of time: exits of killed processes are seen, hung ones stay silent, the others speak as told. */
  advance(cameraSpeaks: boolean, random: number): void {
    this.nowMs += TICK_MS;
    for (const role of ['camera', 'slate'] as const) {
      const process = this.processes[role];
      if (process === undefined) continue;
      if (!process.alive) {
        this.processes[role] = undefined;
        this.step({ type: 'exited', from: role }, random);
      } else if (!process.hung && (role === 'slate' || cameraSpeaks)) {
        this.step({ type: 'picture', from: role, isKey: !process.delivered });
        process.delivered = true;
      }
    }
    this.step({ type: 'tick' }, random);
    this.#measure();
  }

  #measure(): void {
    this.cameraDownSinceMs = this.processes.camera === undefined ? (this.cameraDownSinceMs ?? this.nowMs) : undefined;
    if (this.cameraDownSinceMs !== undefined) {
      this.worstDownMs = Math.max(this.worstDownMs, this.nowMs - this.cameraDownSinceMs);
    }
    const isAnythingThere = this.processes.camera !== undefined || this.processes.slate !== undefined;
    this.nothingSinceMs = isAnythingThere ? undefined : (this.nothingSinceMs ?? this.nowMs);
    if (this.nothingSinceMs !== undefined)
      this.worstNothingMs = Math.max(this.worstNothingMs, this.nowMs - this.nothingSinceMs);
  }
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('quiet' as const), ticks: fc.integer({ min: 1, max: 400 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), ticks: fc.integer({ min: 1, max: 400 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), role: fc.constantFrom<Role>('camera', 'slate') }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('hang' as const), role: fc.constantFrom<Role>('camera', 'slate') }),
  },
);

function play(
  world: World,
  happenings: readonly (typeof happening extends fc.Arbitrary<infer T> ? T : never)[],
  random: number,
): void {
  for (const what of happenings) {
    if (what.kind === 'crash' || what.kind === 'hang') {
      const process = world.processes[what.role];
      if (process === undefined) continue;
      if (what.kind === 'crash') process.alive = false;
      else process.hung = true;
    } else {
      for (let tick = 0; tick < what.ticks; tick++) world.advance(what.kind === 'deliver', random);
    }
  }
}

test('never two processes of a kind, never nothing for long, always another try', () => {
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 40 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (happenings, random) => {
        const world = new World();
        world.step({ type: 'tick' });
        play(world, happenings, random);
        assert.ok(world.worstNothingMs <= SLATE_RETRY_MS + TICK_MS, `nothing at all for ${world.worstNothingMs} ms`);
        assert.ok(world.worstDownMs <= RECONNECT_BACKOFF_MS_MAX + TICK_MS, `no camera for ${world.worstDownMs} ms`);
      },
    ),
    { numRuns: 300 },
  );
});

test('a camera that delivers ends up shown, and its slate ended, after any history', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
      const world = new World();
      world.step({ type: 'tick' });
      play(world, happenings, 0.3);
      if (world.processes.camera) world.processes.camera.alive = false; // also out of a hang
      for (let tick = 0; tick < 400; tick++) world.advance(true, 0.3);
      assert.equal(world.state.showing, 'camera');
      assert.equal(world.processes.slate, undefined);
    }),
    { numRuns: 200 },
  );
});

test('a camera that falls silent has a slate beside it soon', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (happenings) => {
      const world = new World();
      world.step({ type: 'tick' });
      play(world, happenings, 0.7);
      const ticks = Math.ceil((PICTURE_GAP_MS_MAX + SLATE_RETRY_MS) / TICK_MS) + 3;
      if (world.processes.slate?.hung) world.processes.slate.alive = false;
      for (let tick = 0; tick < ticks; tick++) world.advance(false, 0.7);
      assert.ok(world.processes.slate, 'no slate process');
      assert.equal(world.state.showing, 'slate');
    }),
    { numRuns: 200 },
  );
});

test('close ends everything in bounded time, also a process that does not listen', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 20 }), (happenings) => {
      const world = new World();
      world.step({ type: 'tick' });
      play(world, happenings, 0.5);
      world.step({ type: 'close' });
      for (let ms = 0; ms <= CHILD_STOP_MS_MAX + 3 * TICK_MS; ms += TICK_MS) world.advance(true, 0.5);
      assert.ok(isClosed(world.state));
      assert.deepEqual(world.processes, { camera: undefined, slate: undefined });
    }),
    { numRuns: 200 },
  );
});

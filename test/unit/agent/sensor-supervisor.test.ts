/**
 * Goal: whatever the sensor process does, the agent takes from it only what fits, asks it for no more than it answers, counts what died with it,
 * and starts it again. Method: the real supervisor with a stub process that misbehaves, and a clock that the test moves.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SensorSupervisor } from '../../../edge/agent/sensor-supervisor.ts';
import { rootLog } from '../../../edge/base/log.ts';
import type { ChoiceRequest } from '../../../edge/policy/choices/exchange.ts';
import type { EffectTime } from '../../../edge/policy/choices/port.ts';
import type { Release } from '../../../edge/sensor/messages.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { DIGEST } from '../../support/pipelines.ts';
import { policyWith, sensorWith } from '../../support/policies.ts';
import { SENSOR_GARBAGE } from '../../support/sensor-garbage.ts';
import { until } from '../../support/wait.ts';

const POLICY = policyWith({
  gate: sensorWith({ mac: { category: 'mac-address', transform: { kind: 'contributor' } } }),
});
const WITHDRAWAL: ChoiceRequest = { kind: 'withdrawal', request: { record: '', signature: '' } };

function supervise(
  context: TestContext,
  kind: string,
  onRelease = async (_: Release): Promise<void> => {},
  record = async (): Promise<void> => {},
) {
  const counted = { withheld: [] as string[], reports: 0, lost: 0, refusedReleases: 0, restarts: 0, refused: 0 };
  const effects: EffectTime[] = [];
  const taken: Release[] = [];
  const clock = manualClock();
  const supervisor = new SensorSupervisor({
    box: kind,
    stateDir: '/nonexistent',
    policy: POLICY,
    policyDigest: DIGEST,
    intakes: {},
    sensorProcess: new URL('../../support/stub-sensor-process.js', import.meta.url),
    clock,
    log: rootLog.child({}, { level: 'silent' }),
    metrics: {
      sensorReport: () => counted.reports++,
      sensorWindowsLost: (_, windows) => {
        counted.lost += windows;
      },
      sensorReleaseRefused: () => counted.refusedReleases++,
      sensorReleaseWithheld: (sensor, reason) => counted.withheld.push(`${sensor} ${reason}`),
      sensorProcessRestarted: () => counted.restarts++,
      sensorMessageRefused: () => counted.refused++,
      choiceEffect: ({ choice, tookMs }) => effects.push({ choice, tookMs }),
    },
    record,
    onOptOutList: () => {},
    onRelease: async (release) => {
      await onRelease(release);
      taken.push(release);
    },
  });
  context.after(() => supervisor.close());
  supervisor.start();
  return { supervisor, counted, effects, taken, clock };
}

const heard = (supervisor: SensorSupervisor): boolean => supervisor.get('gate')?.report !== undefined;

test('reports, effects and releases that their policy allows come through; others are counted', async (context) => {
  const { supervisor, counted, effects, taken } = supervise(context, 'good');
  await until('an effect', () => effects.length === 1);
  assert.deepEqual(effects, [{ choice: 'opt-out-list', tookMs: 1_500 }]);
  assert.equal(taken.length, 1);
  assert.deepEqual(supervisor.get('gate')?.releases, taken);
  assert.equal(counted.refusedReleases, 1);
  assert.deepEqual(supervisor.notices(), []);
});

test('a release that can not be put on record is neither shown nor handed on, and counted', async (context) => {
  const fail = async (): Promise<void> => {
    throw new Error('the disk is full');
  };
  const { supervisor, counted, taken } = supervise(context, 'good', undefined, fail);
  await until('it is withheld', () => counted.withheld.length > 0);
  assert.deepEqual(counted.withheld, ['gate no-evidence']);
  assert.deepEqual([taken, supervisor.get('gate')?.releases], [[], []]);
});

test('malformed messages are dropped and counted one by one, and harm nothing', async (context) => {
  const { supervisor, counted, taken } = supervise(context, 'garbage');
  await until('a release', () => taken.length === 1);
  assert.equal(counted.refused, SENSOR_GARBAGE.length);
  assert.ok(heard(supervisor));
});

test('a release that a full disk does not take does not hold up the next', async (context) => {
  let tries = 0;
  const { supervisor } = supervise(context, 'good', async () => {
    tries++;
    throw new Error('no space');
  });
  await until('it was tried', () => tries === 1);
  await until('reports go on', () => heard(supervisor));
});

test('a request is answered; one that the process dies of, or never answers, is not, and others can ask again', async (context) => {
  const good = supervise(context, 'good');
  await until('it runs', () => heard(good.supervisor));
  assert.deepEqual(await good.supervisor.ask(WITHDRAWAL), { kind: 'withdrawal' });

  const crash = supervise(context, 'crash-on-request');
  await until('it runs', () => heard(crash.supervisor));
  const first = crash.supervisor.pid;
  const asked = [crash.supervisor.ask(WITHDRAWAL), crash.supervisor.ask(WITHDRAWAL)];
  assert.deepEqual(await Promise.all(asked), [undefined, undefined]);
  assert.equal(crash.counted.lost, 3, 'two open windows and a release that waited');
  assert.match(crash.supervisor.notices()[0] ?? '', /is being started again/);
  assert.equal(await crash.supervisor.ask(WITHDRAWAL), undefined, 'while it is down');
  await until('another one runs', () => crash.supervisor.pid !== undefined && crash.supervisor.pid !== first);
  assert.deepEqual([crash.supervisor.restarts, crash.counted.restarts], [1, 1]);
});

test('requests that wait are bounded', async (context) => {
  const { supervisor } = supervise(context, 'no-answer');
  await until('it runs', () => heard(supervisor));
  const open = Array.from({ length: 64 }, () => supervisor.ask(WITHDRAWAL));
  assert.equal(await supervisor.ask(WITHDRAWAL), undefined, 'the one too many is not kept waiting');
  await supervisor.close();
  assert.deepEqual(new Set(await Promise.all(open)), new Set([undefined]));
});

test('a process that says nothing is killed and started again', async (context) => {
  const { supervisor, clock, counted } = supervise(context, 'mute');
  const first = supervisor.pid;
  clock.advance(30_001);
  await until('another one runs', () => supervisor.pid !== undefined && supervisor.pid !== first);
  assert.equal(counted.restarts, 1);
  assert.equal(counted.lost, 0, 'it held nothing that was known');
});

test('one that fell silent is killed too, and one that does not stop when asked', async (context) => {
  const { supervisor, clock } = supervise(context, 'deaf');
  await until('it runs', () => heard(supervisor));
  const { pid } = supervisor;
  process.kill(pid!, 'SIGSTOP');
  await until('another one runs', () => {
    // Again and again: what it said before it fell silent may be heard only after the clock went on.
    if (supervisor.pid === pid) clock.advance(15_001);
    return supervisor.pid !== undefined && supervisor.pid !== pid;
  });
  await supervisor.close();
  assert.equal(supervisor.pid, undefined);
});

/**
 * Goal: what a viewer sees when a camera process dies, hangs or talks nonsense. Method: the real supervisor and slate process with a stub
 * camera process, hit by real signals.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { CameraSupervisor } from '../../edge/agent/camera-supervisor.ts';
import { EvidenceGate } from '../../edge/agent/record/evidence.ts';
import { SlateSpare } from '../../edge/agent/slate-spare.ts';
import { systemClock } from '../../edge/base/clock.ts';
import { rootLog } from '../../edge/base/log.ts';
import type { AccessUnit, CountedCrossing } from '../../edge/camera/messages.ts';
import { cameraSchema } from '../../edge/config/schema.ts';
import { GARBAGE_COUNT } from '../support/garbage-count.ts';
import { isAlive, titleOf } from '../support/garim.ts';
import { until } from '../support/wait.ts';

/** A picture as it came, and what was said of the camera at that moment. */
interface Seen {
  atMs: number;
  unit: AccessUnit;
  reason: string | undefined;
  lastError: string | undefined;
  cameraPid: number | undefined;
}

function supervise(context: TestContext, sourceUrl: string) {
  const evidence = new EvidenceGate();
  evidence.become('kept');
  const counted = { refused: 0, restarts: 0, dropped: [] as string[], uncounted: {} as Record<string, number> };
  const crossings: CountedCrossing[] = [];
  const log = rootLog.child({}, { level: 'silent' });
  const slates = new SlateSpare(new URL('../../edge/camera/slate-process.js', import.meta.url), log);
  const supervisor = new CameraSupervisor({
    name: 'gate',
    settings: cameraSchema.parse({
      source: 'simulated',
      count: { lines: [{ name: 'gate', from: [0, 0.5], to: [1, 0.5] }] },
    }),
    sourceUrl,
    stateDir: '/nonexistent',
    cameraProcess: new URL('../support/stub-camera-process.js', import.meta.url),
    slates,
    evidence,
    clock: systemClock,
    log,
    metrics: {
      cameraProcessRestarted: () => counted.restarts++,
      messageRefused: () => counted.refused++,
      unitDropped: (_, reason) => counted.dropped.push(reason),
      counted: () => {},
      health: () => {},
      crossingsDropped: (_, reason, count) => {
        counted.uncounted[reason] = (counted.uncounted[reason] ?? 0) + count;
      },
    },
    onCrossings: (some) => crossings.push(...some),
    onUncounted: () => {},
    onCanaries: () => {},
  });
  supervisor.start();
  context.after(async () => {
    await supervisor.close();
    await slates.close();
  });
  const seen: Seen[] = [];
  supervisor.feed.subscribe({
    onFormat: () => {},
    onAccessUnit: (unit) => {
      const { health } = supervisor.feed;
      const { lastError } = health?.source ?? {};
      const { cameraPid } = supervisor;
      seen.push({ atMs: systemClock.monotonicMs(), unit, reason: health?.reason, lastError, cameraPid });
    },
  });
  return { supervisor, slates, seen, counted, crossings, evidence };
}

/** The first slate from that picture on: the camera may be back before anybody looks. */
async function slateSince(seen: Seen[], from: number): Promise<Seen> {
  const slate = (): Seen | undefined => seen.slice(from).find(({ unit }) => unit.cover === 'slate');
  await until('slate is shown', () => slate() !== undefined);
  return slate()!;
}

/** Started, with all its code loaded: it names itself last. */
const isWarm = (slates: SlateSpare): boolean => slates.pid !== undefined && titleOf(slates.pid) === 'garim-slate';

const last = (seen: Seen[]): AccessUnit['cover'] | undefined => seen.at(-1)?.unit.cover;

function assertRising(seen: Seen[]): void {
  for (const [index, { unit }] of seen.entries()) {
    assert.ok(index === 0 || unit.ptsUs > seen[index - 1]!.unit.ptsUs, `time does not rise at unit ${index}`);
  }
}

test('SIGKILL of the camera process: a slate, then the camera again, on one timeline', async (context) => {
  const { supervisor, slates, seen, counted } = supervise(context, 'stub:good');
  await until('camera delivers and a slate process is warm', () => last(seen) === 'regions' && isWarm(slates));
  const victim = supervisor.cameraPid!;
  const atKill = seen.length;
  const killedMs = systemClock.monotonicMs();
  process.kill(victim, 'SIGKILL');
  const slate = await slateSince(seen, atKill);
  const slateMs = slate.atMs - killedMs;
  context.diagnostic(`slate after ${Math.round(slateMs)} ms`);
  assert.ok(slateMs < 5_000, 'about 0.1 s on an idle machine');
  assert.equal(slate.unit.isKey, true);
  assert.equal(slate.reason, 'camera-process-lost');
  assert.match(slate.lastError ?? '', /SIGKILL/);
  const backMs = await until('camera is back', () => last(seen) === 'regions');
  context.diagnostic(`camera back ${Math.round(backMs)} ms after the slate`);
  assert.notEqual(supervisor.cameraPid, victim);
  assert.equal(counted.restarts, 1);
  await until('slate process is gone', () => supervisor.slatePid === undefined);
  await until('health is the camera’s again', () => supervisor.feed.health?.state === 'live');
  assertRising(seen);
});

test('a hung camera process (SIGSTOP) gets a slate, is killed and replaced', async (context) => {
  const { supervisor, slates, seen, counted } = supervise(context, 'stub:good');
  await until('camera delivers and a slate process is warm', () => last(seen) === 'regions' && isWarm(slates));
  const victim = supervisor.cameraPid!;
  const atStop = seen.length;
  const stoppedMs = systemClock.monotonicMs();
  process.kill(victim, 'SIGSTOP');
  const slate = await slateSince(seen, atStop);
  assert.equal(slate.cameraPid, victim, 'the slate came before the kill');
  assert.equal(slate.reason, 'camera-process-lost');
  await until('hung process is gone', () => !isAlive(victim));
  context.diagnostic(`slate after ${Math.round(slate.atMs - stoppedMs)} ms`);
  await until('camera is back', () => last(seen) === 'regions');
  assert.equal(counted.restarts, 1);
  assertRising(seen);
});

test('a camera process that says nothing at all: slate first, then another try', async (context) => {
  const { seen, counted } = supervise(context, 'stub:mute');
  const startedMs = systemClock.monotonicMs();
  const slate = await slateSince(seen, 0);
  context.diagnostic(`slate after ${Math.round(slate.atMs - startedMs)} ms`);
  assert.equal(slate.reason, 'source-connecting');
  await until('restarted', () => counted.restarts >= 1);
  assert.equal(last(seen), 'slate');
});

test('malformed messages are counted and dropped; the camera goes on', async (context) => {
  const { supervisor, seen, counted } = supervise(context, 'stub:garbage-messages');
  await until('camera delivers', () => seen.filter(({ unit }) => unit.cover === 'regions').length > 5);
  assert.equal(counted.refused, GARBAGE_COUNT);
  assert.equal(counted.restarts, 0);
  assert.ok(supervisor.cameraPid);
});

test('the slate process dies too: another one comes while the camera is away', async (context) => {
  const { supervisor, seen } = supervise(context, 'stub:mute');
  await until('slate is shown', () => last(seen) === 'slate');
  const victim = supervisor.slatePid!;
  process.kill(victim, 'SIGKILL');
  await until('another slate process', () => supervisor.slatePid !== undefined && supervisor.slatePid !== victim);
  const count = seen.length;
  await until('slates go on', () => seen.length > count + 2);
  assertRising(seen);
});

test('close ends a process that does not listen, in bounded time', async (context) => {
  const { supervisor, seen } = supervise(context, 'stub:deaf');
  await until('camera delivers', () => last(seen) === 'regions');
  const victim = supervisor.cameraPid!;
  const startMs = systemClock.monotonicMs();
  await supervisor.close();
  assert.ok(systemClock.monotonicMs() - startMs < 6_000);
  assert.ok(!isAlive(victim));
});

test('snapshots: answered by the process, and failed with it', async (context) => {
  const { supervisor, seen } = supervise(context, 'stub:good');
  await until('camera delivers', () => last(seen) === 'regions');
  assert.deepEqual(Buffer.from(await supervisor.feed.snapshot()).toString('hex'), 'ffd8ffd9');
  process.kill(supervisor.cameraPid!, 'SIGSTOP');
  const pending = supervisor.feed.snapshot();
  process.kill(supervisor.cameraPid!, 'SIGKILL');
  await assert.rejects(pending, { code: 'process-lost' });
});

test('without evidence a camera process that does not cover gets a slate beside it, and is shown again later', async (context) => {
  const { supervisor, seen, counted, evidence } = supervise(context, 'stub:good');
  await until('camera delivers', () => last(seen) === 'regions');
  evidence.become('refused', 'Make room on the disk.');
  const atRefusal = seen.length;
  await assert.rejects(supervisor.feed.snapshot(), { code: 'ledger-failed' });
  await slateSince(seen, atRefusal);
  await until('a picture is dropped', () => counted.dropped.includes('no-evidence'));
  assert.ok(!seen.slice(atRefusal).some(({ unit }) => unit.cover === 'regions'));
  evidence.become('kept');
  await until('camera is back', () => last(seen) === 'regions');
  assert.equal(counted.restarts, 0);
  assertRising(seen);
});

test('crossings are passed on with lines of the configuration only; others are counted as dropped', async (context) => {
  const { counted, crossings } = supervise(context, 'stub:counts');
  await until('crossings came', () => crossings.length > 0);
  assert.deepEqual(
    crossings.map(({ line }) => line),
    ['gate'],
  );
  assert.deepEqual(counted.uncounted, { 'no-room': 3, 'unknown-line': 1 });
});

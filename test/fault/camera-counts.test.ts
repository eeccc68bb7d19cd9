/**
 * Goal: what a camera counts leaves the box as figures of its sensor's policy and in no other way, not at all where it says that it can't count it,
 * and is counted as dropped while the sensor process is away. Method: the real agent and the real sensor process with a faster clock, and a camera process whose tracks, of persons, riders,
 * cars and buses, go through the real counter.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Status } from '../../edge/gateway/http/status.ts';
import { adapterNamed } from '../../edge/sensor/adapters/index.ts';
import type { Release } from '../../edge/sensor/messages.ts';
import { CROSSINGS_PER_HOUR, TRACK_PREFIX, UNCOUNTED } from '../support/crossings.ts';
import { childrenOf, startGarim, titleOf, until } from '../support/garim.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

/** As much of a budget as the guard lets one camera have. */
const EPSILON_PER_DAY = 1.25;
/** Six deviations of an hour's noise at this budget of a day, where somebody may be in two cells. */
const NOISE_MAX = 255;

test('crossings become figures by class and direction, and nothing of a track leaves', {
  skip: needs(process.platform === 'linux', '/proc'),
  timeout: 600_000,
}, async (context) => {
  using temp = new TempDir();
  const policy = path.join(temp.path, 'policy.yaml');
  const passers = {
    ...adapterNamed('camera-counts').defaultPolicy,
    adapter: 'camera-counts',
    epsilonPerDay: EPSILON_PER_DAY,
  };
  writeFileSync(policy, JSON.stringify({ version: 1, sensors: { passers } }));
  const line = { name: 'gate', from: [0, 0.5], to: [1, 0.5] };
  await using garim = await startGarim({
    entry: 'dist/test/support/sensor-host.js',
    config: {
      cameras: { yard: { source: 'simulated', count: { lines: [line] } } },
      sensors: { passers: { adapter: 'camera-counts', intake: { camera: 'yard' } } },
      policy,
      log: { level: 'debug' },
    },
    env: { COUNTING_CAMERAS: '1' },
  });
  const latest = async (): Promise<Release[]> =>
    ((await (await garim.get('/sensors/passers/latest.json')).json()) as { releases: Release[] }).releases;
  const dropped = async (): Promise<number> => {
    const text = await (await garim.get('/metrics')).text();
    return Number(/^garim_crossings_dropped_total\{camera="yard",reason="not-taken"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  let release: Release | undefined;
  await until(
    () => `a whole hour was released\n${garim.output().slice(-2000)}`,
    async () => {
      release = (await latest()).find(({ cells }) => cells.some(({ figures }) => (figures['contributors'] ?? 0) > 560));
      return release !== undefined;
    },
  );
  const figureOf = (label: string, direction: string): number =>
    release?.cells.find(({ group }) => group['class'] === label && group['direction'] === direction)?.figures[
      'contributors'
    ] ?? 0;
  context.diagnostic(JSON.stringify(release?.cells));
  for (const [kind, crossings] of Object.entries(CROSSINGS_PER_HOUR))
    for (const [direction, count] of Object.entries(crossings)) {
      const figure = figureOf(kind, direction);
      assert.ok(Math.abs(figure - count) < NOISE_MAX, `${kind} ${direction}: ${figure}, not ${count}`);
    }
  assert.ok(
    release?.cells.every(({ group }) => group['class'] !== UNCOUNTED),
    'no figure of what the camera can not count',
  );
  await until('the console says so', async () => {
    const { agent } = (await (await garim.get('/api/cameras')).json()) as Status;
    return agent.notices.some((notice) => /camera yard: not counted: truck/.test(notice));
  });
  for (const nobody of ['vehicle', 'motorcycle'])
    assert.ok(figureOf(nobody, 'forward') < NOISE_MAX && figureOf(nobody, 'backward') < NOISE_MAX, nobody);
  const told = JSON.stringify(await latest()) + garim.output();
  const trackDigits = String(TRACK_PREFIX).replace(/0+$/, '');
  assert.ok(!told.includes(trackDigits), 'no number of a track');

  const before = await dropped();
  const pid = childrenOf(garim.pid).find((child) => titleOf(child) === 'garim-sensors');
  process.kill(pid!, 'SIGSTOP'); // it reads nothing any more: what waits for it is bounded
  await until('crossings are dropped and counted', async () => (await dropped()) > before);
  process.kill(pid!, 'SIGKILL');
});

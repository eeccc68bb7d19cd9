/**
 * Goal: a box that loses its power at any moment comes back by itself, with a consistent ledger and without losing a message that it accepted. Method:
 * the real agent, ledger and outbox are killed as one process tree at random moments, starting up included; then what no disk had promised to
 * keep is torn, and the next life begins on what is left. GARIM_POWER_CUTS says how many (10; 100 for the record), GARIM_SEED which.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/garim.ts';
import { garim } from '../support/garim-command.ts';
import { startCloudEventsHub } from '../support/hubs.ts';
import { type Accepted, besideOf, startLife, tear } from '../support/power-cut.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const CUTS = Number(process.env['GARIM_POWER_CUTS'] ?? 10);
const SEED = Number(process.env['GARIM_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Of a life that is cut while it starts, and of one that serves. */
const START_MS = 1_500;
const SERVING_MS = 1_500;
/** A starved camera process is started again and again; what is asked is that it comes, not when. */
const LAST_MS_MAX = 300_000;

test(`${CUTS} power cuts lose nothing that was accepted`, {
  skip: needs(process.platform === 'linux', '/proc'),
  timeout: 2 * LAST_MS_MAX + CUTS * 60_000,
}, async (context) => {
  using dir = new TempDir();
  await using hub = await startCloudEventsHub('power-cut-token');
  const bytes = seededRandom(SEED);
  const random = (): number => {
    const four = Buffer.alloc(4);
    bytes(four);
    return four.readUInt32BE() / 2 ** 32;
  };
  context.diagnostic(`seed ${SEED}`);
  const state = path.join(dir.path, 'state');
  const segments = path.join(dir.path, 'segments');
  const beside = besideOf(state);
  for (const folder of [state, beside]) mkdirSync(folder);
  const config = path.join(dir.path, 'garim.yaml');
  const camera = { source: 'simulated', segments: { dir: segments, secondsEach: 2, totalMbMax: 10 } };
  const listen = { http: { listen: '127.0.0.1:0' }, rtsp: { listen: '127.0.0.1:0' } };
  writeFileSync(config, JSON.stringify({ cameras: { street: camera }, ...listen, state }));

  const accepted: Accepted = { leaves: new Map(), releases: new Set() };
  const life = (run: number) => startLife({ config, hubUrl: hub.url, run, accepted });
  let served = 0;
  let slowestMs = 0;
  for (let run = 0; run < CUTS; run++) {
    // The hub is away half of the time, so that the outbox has something to lose.
    hub.answer = random() < 0.5 ? { status: 503 } : undefined;
    const box = life(run);
    try {
      if (random() < 0.35) await sleep(random() * START_MS);
      else {
        const startMs = performance.now();
        await box.serves();
        slowestMs = Math.max(slowestMs, performance.now() - startMs);
        served++;
        await sleep(random() * SERVING_MS);
      }
    } finally {
      await box.cut();
    }
    await tear(beside, accepted, random);
  }

  hub.answer = undefined;
  const last = life(CUTS);
  try {
    const port = await last.serves();
    const headers = { authorization: `Basic ${Buffer.from('operator:correct-horse-9').toString('base64')}` };
    // On a busy machine it may be covered whole for lack of verdicts; what counts is that its pictures come.
    const givesPictures = async (): Promise<boolean> => {
      const status = await fetch(`http://127.0.0.1:${port}/api/cameras`, { headers });
      const { cameras } = (await status.json()) as { cameras: { health?: { state: string } }[] };
      return ['live', 'covered'].includes(cameras[0]?.health?.state ?? '');
    };
    await until('the camera gives pictures again', givesPictures, LAST_MS_MAX);
    const missing = (): string[] => {
      const taken = new Set(hub.taken());
      return [...accepted.releases].filter((id) => !taken.has(id));
    };
    const allArrived = (): boolean => missing().length === 0;
    await until(() => `${missing().length} accepted releases reach the hub`, allArrived, LAST_MS_MAX);
  } finally {
    await last.cut();
  }

  for (const folder of [state, beside]) {
    const verify = await garim(['ledger', 'verify', '--state', folder], { cwd: dir.path });
    assert.equal(verify.code, 0, verify.stdout);
  }
  const show = await garim(['ledger', 'show', '--kind', 'refusal', '--state', beside], { cwd: dir.path });
  const kept = new Map<number, string>();
  for (const line of show.stdout.trim().split('\n')) {
    const { index, reason } = JSON.parse(line) as { index: number; reason: string };
    kept.set(index, reason);
  }
  const lost = [...accepted.leaves].filter(([reason, index]) => kept.get(index) !== reason);
  assert.deepEqual(lost, [], 'acknowledged, and not in the ledger');
  assert.ok(accepted.leaves.size > CUTS * 5 && accepted.releases.size > CUTS, 'next to nothing was accepted');
  context.diagnostic(
    `${CUTS} cuts, ${CUTS - served} of them while starting; ${accepted.leaves.size} leaves and ${accepted.releases.size} releases accepted, none lost; ` +
      `slowest start ${Math.round(slowestMs)} ms`,
  );
});

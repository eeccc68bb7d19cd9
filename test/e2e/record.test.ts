/**
 * Goal: a real `garim run` leaves a log that anybody can check over HTTP with tools that are not ours; a kill does not break it; a box that no
 * witness has confirmed shows nothing. Method: the product as a user starts it, its log fetched as a stranger fetches it, `garim ledger verify`
 * and the Go program of `test/go` on both, SIGKILL, and a real `garim witness` that comes late.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import type { Status } from '../../edge/gateway/http/status.ts';
import { parseCheckpoint } from '../../edge/ledger/checkpoint.ts';
import { parseNote } from '../../edge/ledger/note.ts';
import { TILE_WIDTH, tilePath } from '../../edge/ledger/tile.ts';
import { freePort } from '../support/free-port.ts';
import { type Garim, startGarim, until } from '../support/garim.ts';
import { garim as runGarim } from '../support/garim-command.ts';
import { needs } from '../support/shared.ts';

const GOPATH = '/usr/share/gocode';
const hasGo = spawnSync('go', ['version']).status === 0 && existsSync(`${GOPATH}/src/golang.org/x/mod/sumdb/tlog`);
const scratch = mkdtempSync(path.join(tmpdir(), 'garim-e2e-record-'));
const program = path.join(scratch, 'ledgercheck');

before(() => {
  if (!hasGo) return;
  const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOFLAGS: '', GOCACHE: path.join(scratch, 'go-cache') };
  execFileSync('go', ['build', '-o', program, '.'], { cwd: path.join(packageRoot, 'test/go/ledgercheck'), env });
});
after(() => rmSync(scratch, { recursive: true, force: true }));

async function statusOf(garim: Garim): Promise<Status> {
  return (await (await garim.get('/api/cameras')).json()) as Status;
}

/** Everything that a stranger needs, fetched without a password. */
async function mirror(garim: Garim, name: string): Promise<string> {
  const dir = path.join(scratch, name);
  const fetched = async (file: string): Promise<Buffer> => {
    const response = await fetch(`${garim.url}/${file}`);
    assert.equal(response.status, 200, file);
    const bytes = Buffer.from(await response.arrayBuffer());
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), bytes);
    if (file.startsWith('tile/')) assert.match(response.headers.get('cache-control') ?? '', /immutable/);
    return bytes;
  };
  const { size } = parseCheckpoint(parseNote(await fetched('checkpoint'))!.text)!;
  assert.ok(size < TILE_WIDTH, 'one tile');
  for (const level of ['entries', 0] as const) await fetched(tilePath({ level, index: 0, width: size }));
  return dir;
}

function kindsOf(show: string): string[] {
  return show
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);
}

const ledgerCommand = (state: string, ...args: string[]) =>
  runGarim(['ledger', args[0]!, '--state', state, ...args.slice(1)], { cwd: scratch });

test('the log of a real run verifies for a stranger, and goes on after a kill', {
  skip: needs(hasGo, 'go and golang.org/x/mod (golang-go, golang-golang-x-mod-dev)'),
  timeout: 900_000,
}, async (context) => {
  const state = path.join(scratch, 'state');
  mkdirSync(state);
  const config = { cameras: { street: { source: 'simulated' } }, ledger: { windowMinutes: 1 }, state };
  let vkey = '';
  let old = '';
  {
    await using garim = await startGarim({ config });
    await until('model and policy are signed', async () => {
      const { record } = (await statusOf(garim)).agent;
      vkey = record.vkey;
      return record.signed >= 3 && record.signed === record.size;
    });
    assert.match(garim.output(), /the record is open/);
    old = path.join(await mirror(garim, 'mirror'), 'checkpoint');
    const { status, stdout } = spawnSync(program, ['-dir', path.dirname(old), '-key', vkey, '-step', '1'], {
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout.split(' ')[0]], [0, 'ok'], stdout);
    assert.equal((await fetch(`${garim.url}/tile/0/007`)).status, 404);
    process.kill(garim.pid, 'SIGKILL');
  }
  await using garim = await startGarim({ config });
  const ms = await until('a window is on record', async () => {
    const { stdout } = await ledgerCommand(state, 'show');
    return kindsOf(stdout).includes('collect');
  });
  context.diagnostic(`collect leaf after ${Math.round(ms)} ms`);
  await until('it is signed', async () => {
    const { record } = (await statusOf(garim)).agent;
    return record.signed === record.size;
  });
  const dir = await mirror(garim, 'later');
  const { status, stdout } = spawnSync(program, ['-dir', dir, '-key', vkey, '-step', '1', '-old', old], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout.split(' ')[0]], [0, 'ok'], stdout);
  const tampered = path.join(scratch, 'tampered');
  cpSync(dir, tampered, { recursive: true });
  const { size } = parseCheckpoint(parseNote(readFileSync(path.join(dir, 'checkpoint')))!.text)!;
  const bundle = path.join(tampered, tilePath({ level: 'entries', index: 0, width: size }));
  const bytes = readFileSync(bundle);
  bytes[bytes.length - 20]! ^= 1;
  writeFileSync(bundle, bytes);
  assert.equal(spawnSync(program, ['-dir', tampered, '-key', vkey]).status, 1, 'a flipped bit is found');

  assert.equal(await garim.stop(), 0);
  const verified = await ledgerCommand(state, 'verify', '--key', vkey);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const kinds = kindsOf((await ledgerCommand(state, 'show')).stdout);
  assert.deepEqual(kinds.slice(0, 3), ['genesis', 'policy', 'model']);
  for (const once of ['genesis', 'policy', 'model'])
    assert.equal(kinds.filter((kind) => kind === once).length, 1, `${once}: ${kinds}`);
});

/** A box that asked in vain for a while asks a witness once a minute, and on a starved machine not every question is answered. */
const WITNESS_MS_MAX = 400_000;

test('until a witness has confirmed the log the feed is covered', { timeout: 1_200_000 }, async () => {
  const port = await freePort();
  const witnessState = path.join(scratch, 'witness');
  const state = path.join(scratch, 'witnessed');
  mkdirSync(state);
  const main = path.join(packageRoot, 'dist/edge/main.js');
  const startWitness = async (key: string) => {
    const args = ['witness', '--listen', `127.0.0.1:${port}`, '--state', witnessState, '--trust', key];
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    const vkey = (): string => /^Key {7}(\S+)/m.exec(said)?.[1] ?? '';
    await until(
      () => `the witness serves: ${said}`,
      () => vkey() !== '',
    );
    return {
      vkey: vkey(),
      stop: () =>
        new Promise((resolve) => {
          child.once('exit', resolve);
          child.kill('SIGTERM');
        }),
    };
  };
  // A box that begins without a witness tells its key; a witness that begins with it tells its own.
  const cameras = { street: { source: 'simulated' } };
  let boxKey = '';
  {
    await using garim = await startGarim({ config: { cameras, state } });
    boxKey = (await statusOf(garim)).agent.record.vkey;
  }
  const first = await startWitness(boxKey);
  await first.stop();

  const witnesses = [{ url: `http://127.0.0.1:${port}`, vkey: first.vkey }];
  await using garim = await startGarim({ config: { cameras, state, ledger: { witnesses } } });
  const shown = async (): Promise<string | undefined> => (await garim.camera('street')).health?.reason;
  await until(
    () => `covered\n${garim.output().slice(-3000)}`,
    async () => (await shown()) === 'no-evidence',
  );
  const { record, notices } = (await statusOf(garim)).agent;
  assert.equal(record.state, 'held');
  assert.match(notices.join(), /until a witness has confirmed it.*Check that http:\/\/127\.0\.0\.1/);
  assert.equal((await garim.get('/cameras/street/snapshot.jpg')).status, 503);

  const second = await startWitness(boxKey);
  try {
    // On a starved machine it may be covered for other reasons.
    await until('shown again', async () => (await shown()) !== 'no-evidence', WITNESS_MS_MAX);
    let last = '';
    await until(
      () => `cosigned: ${last}\n${garim.output().slice(-3000)}`,
      async () => {
        const { record } = (await statusOf(garim)).agent;
        last = JSON.stringify(record);
        return record.witnesses[0]?.size === record.size;
      },
      WITNESS_MS_MAX,
    );
    assert.equal((await garim.get('/cameras/street/snapshot.jpg')).status, 200);
    assert.match(
      await (await garim.get('/metrics')).text(),
      /^garim_ledger_cosigned_size\{witness="garim\.local\/witness"\} [1-9]/m,
    );
  } finally {
    await second.stop();
  }
});

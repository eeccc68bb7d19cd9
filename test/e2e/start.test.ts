/**
 * Goal: `npm ci && npm start` on a checkout and nothing else gives a running box. Method: a copy of the tracked files in an empty folder, npm,
 * and a player; no public weights, no settings, nothing of this checkout's.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import { decodeRgb } from '../support/clip-judge.ts';
import { filesBelow } from '../support/files.ts';
import { isAlive, until } from '../support/garim.ts';
import { needs } from '../support/shared.ts';
import { TempDir } from '../support/temp.ts';

const isCheckout =
  existsSync(path.join(packageRoot, '.git')) && spawnSync('git', ['--version'], { stdio: 'ignore' }).status === 0;
const hasFfmpeg = spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0;

test('npm ci && npm start in a clean checkout serves a picture', {
  skip: needs(isCheckout, 'a git checkout') || needs(hasFfmpeg, 'ffmpeg'),
  timeout: 480_000,
}, async (context) => {
  using temp = new TempDir();
  const files = path.join(temp.path, 'garim');
  execFileSync('git', ['checkout-index', '--all', `--prefix=${files}/`], { cwd: packageRoot });
  const { GARIM_MODELS: _, GARIM_USER: __, GARIM_PASSWORD: ___, ...env } = process.env;
  const startedMs = performance.now();
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: files, env, stdio: 'pipe' });
  context.diagnostic(`npm ci: ${Math.round((performance.now() - startedMs) / 1000)} s`);

  const ports = ['--http', '127.0.0.1:0', '--rtsp', '127.0.0.1:0'];
  // A group of its own: npm puts a shell between itself and the program.
  const npm = spawn('npm', ['start', '--', ...ports], {
    cwd: files,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => npm.once('exit', resolve));
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.on('data', (data: Buffer) => {
      output += data.toString();
    });
  }
  try {
    const said = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? '';
    await until(
      () => `it serves\n${output.replace(/^Password .*/m, '…')}`,
      // The password is said earlier, before it is stored.
      () => said(/^Web page {2}(\S+)/m) !== '',
      120_000,
    );
    const [user, password] = [said(/^User {6}(\S+)/m), said(/^Password {2}(\S+)/m)];
    const page = said(/^Web page {2}(\S+)/m);
    const status = async (): Promise<string> =>
      ((await (await fetch(`${page}healthz`)).json()) as { status: string }).status;
    await until(
      () => `healthy\n${output.replaceAll(password, '…')}`,
      async () => (await status()) === 'ok',
      120_000,
    );

    const feed = said(/^RTSP {6}rtsp:\/\/(\S+)/m);
    let pictures = 0;
    let levels = 0;
    const size = { widthPx: 1280, heightPx: 720 };
    await decodeRgb(
      ['-rtsp_transport', 'tcp', '-i', `rtsp://${user}:${password}@${feed}`, '-frames:v', '10'],
      size,
      (rgb) => {
        pictures++;
        levels = new Set(rgb.subarray(rgb.length >> 1)).size;
      },
    );
    assert.equal(pictures, 10);
    assert.ok(levels > 60, `a street has many shades, this has ${levels}`);

    for (const [file, content] of filesBelow(path.join(files, 'state')))
      assert.ok(!content.includes(password), `${file} holds the password`);
    assert.equal(output.split(password).length, 2, 'the password is shown once');
  } finally {
    process.kill(-npm.pid!, 'SIGTERM');
    const kill = setTimeout(() => process.kill(-npm.pid!, 'SIGKILL'), 20_000);
    await exited;
    await until('nothing is left of it', () => groupOf(npm.pid!).length === 0, 30_000);
    clearTimeout(kill);
  }
});

/** Processes of a process group that are alive. */
function groupOf(group: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && isAlive(pid))
    .filter((pid) => {
      try {
        // pid (name) state ppid pgrp
        return (
          Number(
            readFileSync(`/proc/${pid}/stat`, 'latin1')
              .replace(/^.*\) /s, '')
              .split(' ')[2],
          ) === group
        );
      } catch {
        return false;
      }
    });
}

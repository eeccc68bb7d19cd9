/**
 * Goal: `garim time` writes nothing into a file of systemd but a host name, whatever the file that it reads holds, and nothing where nobody
 * would follow it. Method: the real command, with a systemctl that writes down what it was asked.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';

const systemctl = (state: string): string => `#!/bin/sh\necho "$@" >> asked\n[ "$1" != show ] || echo ${state}\n`;

test('a name is written; what is none is refused, and so is a link', async () => {
  using dir = new TempDir({ systemctl: systemctl('loaded') });
  chmodSync(path.join(dir.path, 'systemctl'), 0o755);
  const dropIn = path.join(dir.path, 'timesyncd.conf.d/50-garim.conf');
  const from = path.join(dir.path, 'server');
  const time = (...args: string[]) =>
    garim(['time', '--drop-in', dropIn, ...args], { cwd: dir.path, env: { PATH: dir.path } });
  for (const text of ['', '\n', 'a\nb', 'a b', '-x', 'x%n', `${'a'.repeat(254)}`, 'a\n\n[Time]\nNTP=b', 'a\r\n']) {
    writeFileSync(from, text);
    const { code, stderr } = await time('--from', from);
    assert.equal(code, 1, text);
    assert.match(stderr, /write one host name or address/);
  }
  writeFileSync(path.join(dir.path, 'secret'), 'ntp.example');
  rmSync(from);
  symlinkSync('secret', from);
  assert.match((await time('--from', from)).stderr, /can't be read: ELOOP/);
  assert.ok(!existsSync(dropIn));

  rmSync(from);
  writeFileSync(from, 'ntp-1.example\n');
  const { code, stderr } = await time('--from', from);
  assert.equal(code, 0, stderr);
  assert.equal(
    readFileSync(path.join(dir.path, 'asked'), 'utf8').trim().split('\n').at(-1),
    'try-restart systemd-timesyncd.service',
  );
  assert.match(readFileSync(dropIn, 'utf8'), /^\[Time\]\nNTP=\nNTP=ntp-1\.example\n$/m);
  assert.equal(statSync(dropIn).mode & 0o777, 0o644);
  await time('2001:db8::1');
  assert.match(readFileSync(dropIn, 'utf8'), /^NTP=2001:db8::1$/m);
});

test('where there is no such service nothing is written, and it is said', async () => {
  for (const state of ['not-found', 'masked', undefined]) {
    using dir = new TempDir(state === undefined ? {} : { systemctl: systemctl(state) });
    if (state !== undefined) chmodSync(path.join(dir.path, 'systemctl'), 0o755);
    const dropIn = path.join(dir.path, '50-garim.conf');
    const { code, stderr } = await garim(['time', 'ntp.example', '--drop-in', dropIn], {
      cwd: dir.path,
      env: { PATH: dir.path },
    });
    assert.equal(code, 1);
    assert.match(stderr, /this box has no systemd-timesyncd\.service to follow ntp\.example/);
    assert.ok(!existsSync(dropIn));
  }
});

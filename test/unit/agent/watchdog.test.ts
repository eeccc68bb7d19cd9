/**
 * Goal: systemd is told that the agent turns as often as it asks for, and hears nothing of one that hangs. Method: a datagram socket as systemd's is, and
 * a process that blocks itself.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { startWatchdog } from '../../../edge/agent/watchdog.ts';
import { rootLog } from '../../../edge/base/log.ts';
import { TempDir } from '../../support/temp.ts';
import { until } from '../../support/wait.ts';

const skip = spawnSync('socat', ['-V']).status === 0 ? false : 'needs socat, not found on this machine';
const log = rootLog.child({}, { level: 'silent' });

/** Counts the datagrams that come to a socket in the folder. */
async function listenIn(dir: string): Promise<{ socket: string; pings: () => number } & AsyncDisposable> {
  const socket = path.join(dir, 'notify');
  const receiver = spawn('socat', ['-u', `UNIX-RECV:${socket}`, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  receiver.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  await until('it listens', () => existsSync(socket));
  return {
    socket,
    pings: () => heard.split('WATCHDOG=1\n').length - 1,
    [Symbol.asyncDispose]: () => ended(receiver),
  };
}

/** Of this test alone: its folder has a name of its own. */
function sendersTo(socket: string): number[] {
  const { stdout } = spawnSync('pgrep', ['-f', `^socat -u STDIN UNIX-SENDTO:${socket}$`], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

test('it is told again and again, also when whoever tells it was lost', { skip }, async () => {
  using dir = new TempDir();
  await using systemd = await listenIn(dir.path);
  using _watchdog = startWatchdog({ NOTIFY_SOCKET: systemd.socket, WATCHDOG_USEC: '300000' }, log);
  await until('three pings', () => systemd.pings() >= 3);
  for (const pid of sendersTo(systemd.socket)) process.kill(pid, 'SIGKILL');
  const before = systemd.pings();
  await until('three more', () => systemd.pings() >= before + 3);
});

test('a process that hangs says nothing more, and its sender ends with it', { skip }, async () => {
  using dir = new TempDir();
  await using systemd = await listenIn(dir.path);
  const hang = `
    import { startWatchdog } from ${JSON.stringify(new URL('../../../edge/agent/watchdog.js', import.meta.url).href)};
    startWatchdog(process.env, { error() {} });
    setInterval(() => {}, 1000);
    process.on('SIGUSR2', () => { for (;;); });
    process.stdout.write('runs');`;
  const agent = spawn(process.execPath, ['--input-type=module', '-e', hang], {
    env: { ...process.env, NOTIFY_SOCKET: systemd.socket, WATCHDOG_USEC: '300000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await until('three pings', () => systemd.pings() >= 3);
    agent.kill('SIGUSR2');
    // What was under way arrives; then it is silent for three times as long as it may be.
    let [pings, since] = [systemd.pings(), performance.now()];
    await until('silence', () => {
      if (systemd.pings() !== pings) [pings, since] = [systemd.pings(), performance.now()];
      return performance.now() - since > 900;
    });
    assert.equal(agent.exitCode, null, 'it hangs, and is not gone');
  } finally {
    await ended(agent);
  }
  await until('the sender is gone', () => sendersTo(systemd.socket).length === 0);
});

test('where nobody watches, nothing is started', () => {
  assert.equal(startWatchdog({}, log), undefined);
  assert.equal(startWatchdog({ NOTIFY_SOCKET: '/run/systemd/notify' }, log), undefined);
  assert.equal(startWatchdog({ WATCHDOG_USEC: '60000000' }, log), undefined);
});

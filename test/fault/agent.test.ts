/**
 * Goal: the whole agent against its own death and against a camera process that has been taken over. Method: the agent in a process of its
 * own with a stub camera, real signals, and /proc for what is left.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { childrenOf, isAlive } from '../support/garim.ts';
import { needs } from '../support/shared.ts';
import { until } from '../support/wait.ts';

const linux = { skip: needs(process.platform === 'linux', '/proc') };
const SECRET = 'very-secret-word';

interface Host {
  process: ChildProcess;
  http: { host: string; port: number };
  user: { user: string; password: string };
}

async function startHost(context: TestContext, ...sourceUrls: string[]): Promise<Host> {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'garim-fault-'));
  const entry = fileURLToPath(new URL('../support/agent-host.js', import.meta.url));
  const host = spawn(process.execPath, [entry, stateDir, ...sourceUrls], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', GATE_PASSWORD: SECRET },
  });
  context.after(async () => {
    const children = childrenOf(host.pid!);
    if (host.exitCode === null && host.signalCode === null) {
      host.kill('SIGKILL');
      await once(host, 'exit');
    }
    await until('no child is left', () => !children.some(isAlive));
    rmSync(stateDir, { recursive: true, force: true });
  });
  const text: string[] = [];
  for await (const line of createInterface({ input: host.stderr! })) {
    text.push(line);
    if (line.startsWith('SERVING ')) return { process: host, ...JSON.parse(line.slice('SERVING '.length)) };
  }
  throw new Error(`the agent did not start: ${text.join('\n')}`);
}

async function restarts({ http, user }: Host, camera: string): Promise<number> {
  const authorization = `Basic ${Buffer.from(`${user.user}:${user.password}`).toString('base64')}`;
  const response = await fetch(`http://127.0.0.1:${http.port}/metrics`, { headers: { authorization } });
  assert.equal(response.status, 200);
  const line = new RegExp(`^garim_camera_process_restarts_total\\{camera="${camera}"\\} (\\d+)`, 'm');
  return Number(line.exec(await response.text())?.[1] ?? 0);
}

test('SIGKILL of the agent: no child survives', linux, async (context) => {
  const host = await startHost(context, 'stub:mute');
  const agentPid = host.process.pid!;
  await until('camera and slate process run', () => childrenOf(agentPid).length >= 2);
  const children = childrenOf(agentPid);
  host.process.kill('SIGKILL');
  const ms = await until('children are gone', () => !children.some(isAlive));
  context.diagnostic(`${children.length} children gone after ${Math.round(ms)} ms`);
});

test('SIGTERM: the agent and its children end by themselves', linux, async (context) => {
  const host = await startHost(context, 'stub:good');
  const agentPid = host.process.pid!;
  await until('camera process runs', () => childrenOf(agentPid).length >= 1);
  const children = childrenOf(agentPid);
  const exited = new Promise<number | null>((resolve) => host.process.once('exit', resolve));
  host.process.kill('SIGTERM');
  assert.equal(await exited, 0);
  assert.ok(!children.some(isAlive));
});

test(
  'bytes that are no message: that camera process is killed, its neighbours and the agent go on',
  linux,
  async (context) => {
    const host = await startHost(context, 'stub:good', 'stub:garbage-bytes', 'stub:huge-length');
    for (const name of ['camera-1', 'camera-2'])
      await until(`${name} restarted`, async () => (await restarts(host, name)) >= 1);
    assert.equal(host.process.exitCode, null);
    assert.equal(await restarts(host, 'camera-0'), 0);
  },
);

test('children see neither secrets of the environment nor the source in their arguments', linux, async (context) => {
  const host = await startHost(context, `stub:good?password=${SECRET}`);
  await until('camera process runs', () => childrenOf(host.process.pid!).length >= 1);
  let read = 0;
  for (const pid of childrenOf(host.process.pid!)) {
    for (const file of ['environ', 'cmdline']) {
      let text: string;
      try {
        text = readFileSync(`/proc/${pid}/${file}`, 'latin1');
      } catch {
        continue; // a slate that was not needed any more
      }
      assert.ok(!text.includes(SECRET), `${file} of a child holds a secret`);
      read++;
    }
  }
  assert.ok(read >= 2, 'the camera process was looked at');
});

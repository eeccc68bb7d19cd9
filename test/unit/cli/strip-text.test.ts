/**
 * Goal: `garim strip-text` keeps order and line count, tells refused lines by number only, writes its report whole or not at all, and ends
 * quietly when nobody reads on. Method: the real command in pipes.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../edge/base/paths.ts';
import { TempDir } from '../../support/temp.ts';

const main = path.join(packageRoot, 'dist', 'edge', 'main.js');

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

function stripText(args: string[], input: string, { closeAfterFirst = false } = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'strip-text', ...args], { timeout: 60_000, killSignal: 'SIGKILL' });
    const outcome = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      outcome.stdout += text;
      if (closeAfterFirst) child.stdout.destroy();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      outcome.stderr += text;
    });
    child.stdin.on('error', () => undefined); // the child may end before it has read all
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...outcome }));
    child.stdin.end(input);
  });
}

test('replaces identifiers line by line and reports where they stood', async () => {
  using dir = new TempDir();
  const report = path.join(dir.path, 'spans.ndjson');
  const input =
    '{"text":"call 010-1234-5678","owner":"x@y.example"}\n{"text":"quiet"}\n{"text":"12가3456 a@b.example"}\n';
  const { code, stdout, stderr } = await stripText(['--report', report], input);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.equal(stdout, '{"text":"call [phone]"}\n{"text":"quiet"}\n{"text":"[plate] [email]"}\n');
  const lines = readFileSync(report, 'utf8').trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    [
      { line: 1, start: 5, end: 18, category: 'phone' },
      { line: 3, start: 0, end: 7, category: 'plate' },
      { line: 3, start: 8, end: 19, category: 'email' },
    ],
  );
});

test('refuses a line by its number, quotes nothing of it, and goes on', async () => {
  const { code, stdout, stderr } = await stripText(
    [],
    '{"text":"a"}\nplanted-010-1234-5678\n{"text":["planted"]}\n{"text":"b"}\n',
  );
  assert.equal(code, 1);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { text: string | null; error?: string });
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['a', null, null, 'b'],
  );
  assert.match(lines[1]!.error!, /JSON object/);
  assert.match(stderr, /^line 2: .*\nline 3: .*\n$/);
  assert.ok(!`${stdout}${stderr}`.includes('planted'));
});

test('ends with the code of a broken pipe, and leaves no half report', async () => {
  using dir = new TempDir();
  const report = path.join(dir.path, 'spans.ndjson');
  const input = '{"text":"call 010-1234-5678"}\n'.repeat(20_000);
  const { code, stderr } = await stripText(['--report', report], input, { closeAfterFirst: true });
  assert.deepEqual({ code, stderr }, { code: 141, stderr: '' });
  assert.equal(existsSync(report), false);
  assert.deepEqual(readdirSync(dir.path), []);
});

test('says which report can not be written', async () => {
  const { code, stderr } = await stripText(['--report', '/nowhere/at/all'], '{"text":"a"}\n');
  assert.equal(code, 1);
  assert.match(stderr, /\/nowhere\/at\/all can't be written/);
});

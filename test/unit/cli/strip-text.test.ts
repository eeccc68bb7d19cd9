/**
 * Goal: `garim strip-text` keeps order and line count, tells refused lines by number only, writes its report whole or not at all, and ends
 * quietly when nobody reads on. Method: the real command in pipes.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
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

function stripText(args: string[], input: string | Uint8Array, { closeAfterFirst = false } = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'strip-text', ...args], { timeout: 400_000, killSignal: 'SIGKILL' });
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
  assert.match(lines[1]!.error!, /not JSON/);
  assert.match(stderr, /^line 2: .*\nline 3: .*\n2 of 4 lines refused; .*\n$/);
  assert.ok(!`${stdout}${stderr}`.includes('planted'));
});

test('whatever a line holds, there is one line for it, in its place, with the reason', async () => {
  const good = '{"text":"call 010-1234-5678"}';
  const cases: [string | Uint8Array, string | null, string?][] = [
    [`\ufeff${good}`, 'call [phone]'],
    [`${good}\r`, 'call [phone]'],
    ['', null, 'an empty line'],
    ['  \t\r', null, 'an empty line'],
    [Uint8Array.of(...Buffer.from('{"text":"'), 0xff, 0xfe, ...Buffer.from('"}')), null, 'not UTF-8'],
    ['\0', null, 'not JSON'],
    ['{"text":"a\0b"}', null, 'not JSON'],
    ['{"text":"a\\u0000b 010-1234-5678"}', 'a\0b [phone]'],
    ['{"text":"\\ud800 010-1234-5678"}', '\ud800 [phone]'],
    [`{"text":"${'a'.repeat(10_000_000)}"}`, null, 'longer than 524288 bytes'],
    ['[1]', null, 'not a JSON object with a "text"'],
    ['null', null, 'not a JSON object with a "text"'],
    ['{"text":1}', null, 'its "text" is not a string'],
    ['{"text":"first","text":"010-1234-5678"}', '[phone]'],
    ['{"text":"a\u2028b"}', 'a\u2028b'],
    [good, 'call [phone]'], // without an end
  ];
  const input = Buffer.concat(cases.flatMap(([line], i) => [Buffer.from(i === 0 ? '' : '\n'), Buffer.from(line)]));
  const { code, stdout, stderr } = await stripText([], input);
  const lines = stdout.split('\n');
  assert.equal(lines.pop(), '');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as unknown),
    cases.map(([, text, error]) => (error === undefined ? { text } : { text, error })),
  );
  assert.equal(code, 1);
  assert.match(stderr, /^9 of 16 lines refused; /m);
});

test('a flood of refused lines is counted, and the first ones are told', async () => {
  const { stdout, stderr } = await stripText([], 'no\n'.repeat(1_000));
  assert.equal(stdout.split('\n').length, 1_001);
  assert.equal(stderr.split('\n').length, 22);
  assert.match(stderr, /\n1000 of 1000 lines refused; .*\n$/);
});

test('output that can not be written is said, without a stack', {
  skip: existsSync('/dev/full') ? false : 'needs /dev/full',
}, async () => {
  const run = spawnSync('/bin/sh', ['-c', `"${process.execPath}" "${main}" strip-text > /dev/full`], {
    input: '{"text":"a"}\n',
    encoding: 'utf8',
  });
  assert.deepEqual([run.status, run.stderr], [1, "standard output can't be written: ENOSPC\n"]);
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

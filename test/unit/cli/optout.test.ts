/** Goal: desk and box keep a list by command, and no plate is ever written or said. Method: the real command, all output and files searched. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../edge/base/paths.ts';
import { TempDir } from '../../support/temp.ts';

const main = path.join(packageRoot, 'dist', 'edge', 'main.js');

test('add, sync, list-size and bound', () => {
  using dir = new TempDir();
  const said: string[] = [];
  const run = (args: string[], input = ''): { status: number | null; stdout: string; stderr: string } => {
    const outcome = spawnSync(process.execPath, [main, ...args], { cwd: dir.path, input, encoding: 'utf8' });
    said.push(outcome.stdout, outcome.stderr);
    return outcome;
  };
  const optOut = (role: string): string => path.join(dir.path, role, 'choices', 'opt-out');
  assert.equal(run(['policy', 'keygen', '--out', 'city.key']).status, 0);
  const added = run(
    ['optout', 'add', '--state', 'desk', '--key', 'city.key', '--fleet', '500000'],
    '12가 3456\n\n  서울 34나7890\r\n',
  );
  assert.equal(added.status, 0, added.stderr);
  assert.match(
    added.stdout,
    /batches\/000001\.json: batch 1, \d+ tags.*\n2 members among 500000 vehicles.*\na hit is a member with likelihood of at most 0\.0\d+\n/,
  );
  const early = run(['optout', 'sync', '--state', 'box', '--from', optOut('desk'), '--trust', 'city.key.pub']);
  assert.match(early.stderr, /choices\/opt-out\/key is missing.*\nCopy choices\/opt-out\/key from the desk/);
  mkdirSync(optOut('box'), { recursive: true });
  cpSync(path.join(optOut('desk'), 'key'), path.join(optOut('box'), 'key'));
  const from = path.join(optOut('desk'), 'batches');
  const synced = run(['optout', 'sync', '--state', 'box', '--from', from, '--trust', 'city.key.pub']);
  assert.match(synced.stdout, /^1 batch taken up, now at 1; the newest was made \d+ (ms|s|min) ago\n/, synced.stderr);
  assert.match(run(['optout', 'list-size', '--state', 'box']).stdout, /^\d+ tags, at batch 1\nrho 0\.0000\d: /);
  assert.match(
    run(['optout', 'bound', '--fleet', '500000', '--members', '1000']).stdout,
    /rho 0\.01804\n.*0\.1000\n9000 other/s,
  );
  const refused = run(
    ['optout', 'add', '--state', 'desk', '--key', 'city.key', '--fleet', '500000'],
    '98다7654\nno plate: 56라 1234!!\n',
  );
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /^Line 2 is no plate\./);
  assert.match(run(['optout', 'bound', '--fleet', 'many', '--members', '1']).stderr, /--fleet: not a whole number/);

  const files = readdirSync(dir.path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(path.join(dir.path, name)).isFile(),
  );
  assert.ok(files.length >= 6);
  const kept = files.map((name) => readFileSync(path.join(dir.path, name)));
  for (const part of ['3456', '7890', '7654', '56라', '12가']) {
    assert.ok(!said.join('').includes(part), `${part} was said`);
    // The signed batch is base64: four digits may stand in it by chance, a plate's own characters may not.
    if (/\D/.test(part)) for (const bytes of kept) assert.equal(bytes.indexOf(part), -1, `${part} was kept`);
  }
});

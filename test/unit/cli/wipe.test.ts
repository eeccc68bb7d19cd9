/** Goal: after `garim wipe` no key and no secret is left, and the ledger can still be verified. Method: a state folder with a real ledger and planted secrets. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { instantOf } from '../../../edge/ledger/window.ts';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';
import { startTestLedger } from '../../support/test-ledger.ts';

const SECRET = 'planted-secret-0451';

test('keys go, what anybody may see stays', async () => {
  using dir = new TempDir();
  {
    await using box = await startTestLedger(dir.path);
    const index = await box.ledger.append({ kind: 'refusal', at: instantOf(Date.now()), reason: 'test' });
    await box.ledger.prove(index);
  }
  const key = readFileSync(path.join(dir.path, 'ledger/log.key'), 'utf8');
  for (const place of ['users.json', 'tls/box.key', 'consent/keys/a', 'outbox/city/1.json', 'something-new']) {
    mkdirSync(path.dirname(path.join(dir.path, place)), { recursive: true });
    writeFileSync(path.join(dir.path, place), SECRET);
  }
  mkdirSync(path.join(dir.path, 'models'));
  writeFileSync(path.join(dir.path, 'models/a.onnx'), 'weights');

  const asked = await garim(['wipe', '--state', dir.path], { cwd: dir.path });
  assert.equal(asked.code, 1);
  assert.match(asked.stdout, /would go: .*users\.json/);
  assert.ok(existsSync(path.join(dir.path, 'users.json')), 'nothing goes without --yes');

  const done = await garim(['wipe', '--state', dir.path, '--yes'], { cwd: dir.path });
  assert.equal(done.code, 0, done.stderr);
  for (const file of readdirSync(dir.path, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const text = readFileSync(path.join(file.parentPath, file.name), 'latin1');
    assert.ok(!text.includes(SECRET) && !text.includes(key.trim()), `${file.parentPath}/${file.name}`);
  }
  assert.ok(existsSync(path.join(dir.path, 'models/a.onnx')));
  const verify = await garim(['ledger', 'verify', '--state', dir.path], { cwd: dir.path });
  assert.equal(verify.code, 0, verify.stdout);
});

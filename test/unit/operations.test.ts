/** Goal: what deploy/ tells people to type exists, and its container files can be read. Method: every `garim` command of the guide is looked up with --help, options included. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { packageRoot } from '../../edge/base/paths.ts';
import { commands } from '../../edge/cli/index.ts';
import { loadConfig } from '../../edge/config/load.ts';

const deploy = path.join(packageRoot, 'deploy');
const guide = readFileSync(path.join(deploy, 'OPERATIONS.md'), 'utf8');

test('each garim command of the guide exists, with its options', async () => {
  const typed = guide.split('\n').filter((line) => /^\s+\$ /.test(line));
  const calls = typed.flatMap((line) =>
    [...line.matchAll(/(?:sudo |sudo -u garim |&& |; )garim ((?!garim)[^&;|]+)/g)].map(([, rest = '']) => rest),
  );
  assert.ok(calls.length >= 10, 'the guide names commands');
  for (const call of calls) {
    const words = call.trim().split(/\s+/);
    const entry = commands.find(({ name }) => name === words[0]);
    assert.ok(entry, `garim ${call}`);
    const command = await entry.load();
    const below = command.commands.find((candidate) => candidate.name() === words[1]) ?? command;
    assert.ok(below !== command || command.commands.length === 0, `garim ${call}: no such subcommand`);
    for (const word of words.filter((candidate) => candidate.startsWith('--')))
      assert.ok(
        below.options.some(({ long }) => long === word),
        `garim ${call}: no option ${word}`,
      );
  }
});

test('each preset is a configuration that loads, and says that it was not tried', async () => {
  const dir = path.join(deploy, 'presets');
  const files = readdirSync(dir);
  assert.equal(files.length, 3);
  for (const name of files) {
    const file = path.join(dir, name);
    const { config } = await loadConfig({ file, cameras: [], env: { GATE_URL: 'rtsp://192.0.2.7/stream1' } });
    assert.deepEqual(Object.keys(config.cameras), ['gate']);
    assert.match(readFileSync(file, 'utf8'), /not tried on such a box/);
  }
});

test('each symptom ends in a command', () => {
  const [, symptoms = ''] = guide.split('## By symptom');
  const entries = symptoms.split('## ')[0]!.split(/^\*\*/m).slice(1);
  assert.ok(entries.length >= 15);
  for (const entry of entries) assert.match(entry.trimEnd().split('\n').at(-1)!, /^ {4}\$ /, entry.slice(0, 60));
});

test('compose and k3s files are valid YAML; no container of theirs is root, writes to its root or gains a privilege', () => {
  const k3s = path.join(deploy, 'k3s');
  const [compose] = parseAllDocuments(readFileSync(path.join(deploy, 'compose.yaml'), 'utf8')).map((document) =>
    document.toJS(),
  );
  for (const service of Object.values<Record<string, unknown>>(compose.services)) {
    assert.equal(service['read_only'], true);
    assert.deepEqual(service['cap_drop'], ['ALL']);
    assert.deepEqual(service['security_opt'], ['no-new-privileges:true']);
  }
  let containers = 0;
  for (const file of readdirSync(k3s)) {
    for (const document of parseAllDocuments(readFileSync(path.join(k3s, file), 'utf8'))) {
      assert.deepEqual(document.errors, [], file);
      const object = document.toJS();
      assert.ok(object.apiVersion && object.kind && object.metadata.name, file);
      const pod = object.spec?.template?.spec;
      if (pod === undefined) continue;
      assert.equal(pod.securityContext.runAsNonRoot, true);
      assert.equal(pod.automountServiceAccountToken, false);
      for (const { securityContext } of pod.containers) {
        containers++;
        assert.equal(securityContext.readOnlyRootFilesystem, true);
        assert.equal(securityContext.allowPrivilegeEscalation, false);
        assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] });
      }
    }
  }
  assert.equal(containers, 1);
});

/** Goal: the layers of edge/ARCHITECTURE.md hold. Method: all imports of all files of edge/, and planted breaches. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../edge/base/paths.ts';
import { importsOf, packagesLoadedBy, violationsOf } from '../support/import-graph.ts';

const files = new Map(
  readdirSync(path.join(packageRoot, 'edge'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith(path.join('gateway', 'console', 'app')))
    .map((name) => [
      `edge/${name.replaceAll(path.sep, '/')}`,
      readFileSync(path.join(packageRoot, 'edge', name), 'utf8'),
    ]),
);

test('edge/ keeps the import rules', () => {
  assert.ok(files.size > 20, 'the files of edge/ were not found');
  assert.deepEqual(violationsOf(files), []);
});

test('the agent never links the decoder or the network runtime', () => {
  for (const file of files.keys()) {
    if (!file.startsWith('edge/agent/')) continue;
    const loaded = packagesLoadedBy(file, files);
    assert.ok(!loaded.has('node-av') && !loaded.has('onnxruntime-node'), `${file} loads ${[...loaded].join(', ')}`);
  }
});

test('garim config check loads neither libav nor models', () => {
  assert.deepEqual([...packagesLoadedBy('edge/cli/config.ts', files)].sort(), ['commander', 'yaml', 'zod']);
});

test('garim policy and garim optout load no curve arithmetic', () => {
  const loaded = (file: string): string[] => [...packagesLoadedBy(file, files)].sort();
  assert.deepEqual(loaded('edge/cli/policy.ts'), ['canonicalize', 'commander', 'h3-js', 'yaml', 'zod']);
  assert.ok(!loaded('edge/cli/optout.ts').some((name) => name.startsWith('@noble/')));
});

test('all forms of import are seen, and comments and types are told apart', () => {
  const text = `
    // import a from 'comment-a';
    /* import b from 'comment-b'; */
    import c, { type d } from './c.ts';
    import type { e } from './e.ts';
    import {
      f, // why
    } from "./f.ts";
    import './g.ts';
    export { h } from './h.ts';
    export * from './i.ts';
    const j = await import('./j.ts');
    const k = require('k');
    const l = await import(name);
    const quote = /["']/; import type from './m.ts';
    export const text = 'x'; const from = 'n';`;
  const found = importsOf(text);
  assert.deepEqual(found.map(({ specifier }) => specifier).sort(), [
    './c.ts',
    './e.ts',
    './f.ts',
    './g.ts',
    './h.ts',
    './i.ts',
    './j.ts',
    'import(?)',
    'k',
  ]);
  assert.deepEqual(
    found.filter(({ isTypeOnly }) => isTypeOnly).map(({ specifier }) => specifier),
    ['./e.ts'],
  );
});

test('each rule can fail', () => {
  const breachesOf = (file: string, text: string): string[] => {
    const others = [
      'main.ts',
      'base/a.ts',
      'config/a.ts',
      'camera/a.ts',
      'camera/messages.ts',
      'gateway/a.ts',
      'cli/a.ts',
    ];
    return violationsOf(new Map([...others.map((name): [string, string] => [`edge/${name}`, '']), [file, text]]));
  };
  const allowed: [string, string][] = [
    ['edge/gateway/feed.ts', "import type { AccessUnit } from '../camera/messages.ts';"],
    ['edge/camera/b.ts', "import '../config/a.ts'; import './a.ts';"],
    ['edge/camera/b.ts', "import { Frame } from 'node-av';"],
    ['edge/gateway/push/process.ts', "import { Muxer } from 'node-av/api';"],
    ['edge/camera/detect/b.ts', "import { InferenceSession } from 'onnxruntime-node';"],
    ['edge/gateway/use/policies.ts', "await import('@cedar-policy/cedar-wasm/nodejs')"],
    ['edge/camera/redact/b.ts', 'new FilteredFrame(raw)'],
    ['edge/sensor/transform/open-window.ts', 'contributorKey(pseudonym)'],
    ['edge/cli/b.ts', "await import('../camera/a.ts')"],
  ];
  for (const [file, text] of allowed) assert.deepEqual(breachesOf(file, text), [], `${file}: ${text}`);
  const refused: [string, string][] = [
    ['edge/base/b.ts', "import '../config/a.ts';"],
    ['edge/config/b.ts', "import type { A } from '../camera/a.ts';"],
    ['edge/gateway/b.ts', "import type { A } from '../camera/a.ts';"],
    ['edge/camera/b.ts', "export * from '../gateway/a.ts';"],
    ['edge/agent/b.ts', "await import('../cli/a.ts')"],
    ['edge/cli/b.ts', "import '../main.ts';"],
    ['edge/new/b.ts', "import '../base/a.ts';"],
    ['edge/cli/b.ts', "import './missing.ts';"],
    ['edge/agent/b.ts', 'await import(name)'],
    ['edge/gateway/rtsp/b.ts', "import type { Frame } from 'node-av';"],
    ['edge/camera/track/b.ts', "import { Tensor } from 'onnxruntime-node';"],
    ['edge/cli/b.ts', "import { Cam } from 'onvif';"],
    ['edge/agent/b.ts', "await import('@cedar-policy/cedar-wasm/nodejs')"],
    ['edge/camera/encode/b.ts', 'new FilteredFrame(raw)'],
    ['edge/camera/still/b.ts', 'new FilteredPicture(token, rgb)'],
    ['edge/camera/still/b.ts', 'markFilteredPicture(rgb, 1, 1)'],
    ['edge/sensor/transform/b.ts', 'contributorKey(pseudonym)'],
  ];
  for (const [file, text] of refused) assert.equal(breachesOf(file, text).length, 1, `${file}: ${text}`);
});

test('the simulated releases without protection are for garim attack alone', () => {
  const files = (file: string): Map<string, string> =>
    new Map([
      ['edge/sensor/attack/run.ts', ''],
      [file, "import '../sensor/attack/run.ts';"],
    ]);
  assert.deepEqual(violationsOf(files('edge/cli/attack.ts')), []);
  for (const file of ['edge/cli/run.ts', 'edge/agent/agent.ts', 'edge/sensor/station.ts'])
    assert.match(violationsOf(files(file)).join(), /without protection are simulated/, file);
});

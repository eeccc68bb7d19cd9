/** Goal: the JSON Schema says what the zod schema does, every setting is described, and the example file shows them all. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../../edge/base/paths.ts';
import { configGuide, configJsonSchema } from '../../../edge/config/expect.ts';
import { nearest } from '../../../edge/config/guide.ts';
import { readConfig } from '../../../edge/config/load.ts';
import { configSchema } from '../../../edge/config/schema.ts';
import { sensorSetup } from '../../../edge/sensor/setup.ts';

const example = path.join(packageRoot, 'deploy', 'garim.example.yaml');

/** Leaves of a JSON Schema by path; `*` stands for any name. */
function settingsOf(schema: z.core.JSONSchema.JSONSchema, at = ''): [string, z.core.JSONSchema.JSONSchema][] {
  const below: [string, z.core.JSONSchema.JSONSchema][] = Object.entries(schema.properties ?? {}).flatMap(
    ([key, value]) => (typeof value === 'object' ? settingsOf(value, `${at}.${key}`) : []),
  );
  if (typeof schema.additionalProperties === 'object')
    below.push(...settingsOf(schema.additionalProperties, `${at}.*`));
  return below.length > 0 ? below : [[at, schema]];
}

test('the JSON Schema is of draft 2020-12, strict, and leaves settings with defaults optional', () => {
  const schema = configJsonSchema();
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  assert.equal(schema.additionalProperties, false);
  assert.equal(schema.required, undefined);
  const text = JSON.stringify(schema);
  assert.deepEqual(JSON.parse(text), schema, 'it is plain JSON');
  for (const [name, setting] of settingsOf(schema)) assert.ok(setting.description, `${name} has no description`);
});

test('read back into zod, the JSON Schema accepts and refuses what the schema does', () => {
  const back = z.fromJSONSchema(configJsonSchema() as z.core.JSONSchema.JSONSchema);
  const samples: [unknown, boolean][] = [
    [{}, true],
    [{ cameras: { a: { source: 'simulated' } } }, true],
    [{ cameras: { a: { source: { env: 'A_URL' }, delayMs: 100 } } }, true],
    [{ cameras: { a: { source: 'simulated', delayMs: 99 } } }, false],
    [{ cameras: { a: { source: 'ftp://x' } } }, false],
    [{ cameras: { a: {} } }, false],
    [{ cameras: { A: { source: 'simulated' } } }, false],
    [{ camera: {} }, false],
    [{ http: { listen: 'x' } }, false],
  ];
  for (const [value, isValid] of samples) {
    assert.equal(configSchema.safeParse(value).success, isValid, JSON.stringify(value));
    assert.equal(back.safeParse(value).success, isValid, `JSON Schema: ${JSON.stringify(value)}`);
  }
});

test('nothing in the schema switches the filter off', () => {
  const names = settingsOf(configJsonSchema()).map(([name]) => name);
  assert.deepEqual(
    names.filter((name) => /enable|disable|bypass|passthrough|raw|off$/i.test(name)),
    [],
  );
});

test('the example passes the check and names every setting', async () => {
  const { loaded } = await readConfig({ file: example, cameras: [], env: {} });
  assert.ok(loaded.config.cameras['gate']);
  const text = readFileSync(example, 'utf8');
  for (const [name] of settingsOf(configJsonSchema())) {
    const key = name.slice(name.lastIndexOf('.') + 1);
    if (key === '*') continue; // an entry that has one of several forms
    assert.match(text, new RegExp(`^[ #]*${key}:`, 'm'), `${name} is not in the example`);
  }
});

test('the sensors of the example pass the linkage guard with the policies of their adapters', async () => {
  const { loaded } = await readConfig({ file: example, cameras: [], env: {} });
  const { policy } = await sensorSetup(loaded.config);
  assert.deepEqual(Object.keys(policy.sensors), Object.keys(loaded.config.sensors));
  assert.ok(Object.values(policy.sensors).some(({ adapter }) => adapter === 'camera-counts'));
});

test('what the example comments out is valid too', async () => {
  const text = readFileSync(example, 'utf8').replaceAll(
    /^( *)# ((?:push|state|segments|origin):.*| {2}(?:dir|secondsEach|totalMbMax):.*| {2}- srt:.*)$/gm,
    '$1$2',
  );
  const config = configSchema.parse(parse(text));
  assert.equal(config.cameras['gate']?.push.length, 1);
  assert.equal(config.cameras['gate']?.segments?.totalMbMax, 2048);
  assert.equal(config.state, '/var/lib/garim');
});

test('sentences come from the schema', () => {
  assert.equal(
    configGuide.whatToWrite(['cameras', 'x', 'detect', 'longSidePx']),
    'Write a number of pixels from 320 to 1920 that is a multiple of 32.',
  );
  assert.equal(
    configGuide.whatToWrite(['cameras', 'x', 'segments', 'totalMbMax']),
    'Write a number of megabytes of at least 10.',
  );
  assert.equal(configGuide.whatToWrite(['cameras', 'x', 'look']), 'Write blur, solid or mosaic.');
  assert.equal(configGuide.whatToWrite(['nowhere', 'at', 'all']), 'Remove it.');
});

test('a suggestion is near, or none', () => {
  assert.equal(nearest('delayms', ['delayMs', 'detect']), 'delayMs');
  assert.equal(nearest('htpp', ['http', 'rtsp']), 'http');
  assert.equal(nearest('password', ['http', 'rtsp', 'state']), undefined);
});

test('the page and the feeds can not share an address', () => {
  const isValid = (http: string, rtsp: string): boolean =>
    configSchema.safeParse({ http: { listen: http }, rtsp: { listen: rtsp } }).success;
  assert.ok(!isValid('127.0.0.1:8080', '127.0.0.1:8080'));
  assert.ok(!isValid('0.0.0.0:8080', '127.0.0.1:8080'));
  assert.ok(!isValid('127.0.0.1:8080', '[::]:8080'));
  assert.ok(isValid('127.0.0.1:0', '127.0.0.1:0'), 'the system chooses two ports');
  assert.ok(isValid('127.0.0.1:8080', '192.0.2.1:8080'));
});

test('counting lines have names of their own and a length', () => {
  const line = { name: 'gate', from: [0, 0.5], to: [1, 0.5] };
  const check = (lines: unknown) =>
    configSchema.safeParse({ cameras: { gate: { source: 'simulated', count: { lines } } } }).success;
  assert.ok(check([line, { ...line, name: 'road' }]));
  assert.ok(!check([line, line]));
  assert.ok(!check([{ ...line, to: line.from }]));
  assert.ok(!check([{ ...line, to: [1.2, 0.5] }]));
  assert.ok(!check([]));
});

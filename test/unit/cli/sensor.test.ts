/** Goal: `garim sensor replay` writes whole files of releases or none, and names what it could not read. Method: the real command. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Release } from '../../../edge/sensor/messages.ts';
import { garim } from '../../support/garim-command.ts';
import { macOf, START_MS } from '../../support/pipelines.ts';
import { TempDir } from '../../support/temp.ts';

const line = (index: number, atMs = START_MS): string =>
  JSON.stringify({ time: new Date(atMs).toISOString(), mac: macOf(index), rssi: -60 });
const lines = (count: number, atMs?: number): string =>
  Array.from({ length: count }, (_, i) => `${line(i, atMs)}\n`).join('');
const DAY_MS = 86_400_000;
/** Exact figures, of a day and of enough people to be taken into force: a file by hand shows what each step does. */
const EXACT = JSON.stringify({
  version: 1,
  sensors: {
    gate: {
      adapter: 'wifi-probes',
      purpose: 'dpv:ImproveTransportMobility',
      release: 'crowd-flow',
      windowMs: DAY_MS,
      k: 40,
      fields: { mac: { category: 'mac-address', transform: { kind: 'contributor' } } },
    },
  },
});
const releasesIn = (file: string): Release[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each) as Release);

test('a file of readings becomes releases, the same ones each time', async () => {
  using temp = new TempDir({ 'in.ndjson': lines(50) + lines(42, START_MS + DAY_MS), 'policy.yaml': EXACT });
  const outputs: string[] = [];
  for (const out of ['a.ndjson', 'b.ndjson']) {
    const run = await garim(
      ['sensor', 'replay', 'in.ndjson', '--adapter', 'wifi-probes', '--out', out, '--policy', 'policy.yaml'],
      { cwd: temp.path },
    );
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /^92 messages; 92 readings; dropped: none; 2 windows; 0 cells suppressed$/m);
    outputs.push(readFileSync(path.join(temp.path, out), 'utf8'));
  }
  assert.equal(outputs[0], outputs[1]);
  const counts = releasesIn(path.join(temp.path, 'a.ndjson')).map(({ cells }) => cells[0]?.figures['contributors']);
  assert.deepEqual(counts, [50, 42]);
});

test('what can’t be read is named, the rest is written, and the exit code says so', async () => {
  using temp = new TempDir({
    'in.ndjson': `${lines(45)}{"mac":"Hong Gildong"}\nno json\n${lines(45)}`,
    'policy.yaml': EXACT,
  });
  const run = await garim(
    ['sensor', 'replay', 'in.ndjson', '--adapter', 'wifi-probes', '--out', 'o', '--policy', 'policy.yaml'],
    { cwd: temp.path },
  );
  assert.equal(run.code, 1);
  assert.match(run.stderr, /in\.ndjson, .*46: schema/);
  assert.match(run.stderr, /in\.ndjson, .*47: malformed/);
  assert.doesNotMatch(run.stderr + run.stdout, /Hong/);
  assert.equal(releasesIn(path.join(temp.path, 'o'))[0]?.cells[0]?.figures['contributors'], 45);
});

test('with nothing to read there is no output, not even a part of one', async () => {
  using temp = new TempDir({ 'empty.bin': '\0\0\0', 'in.ndjson': lines(1) });
  const attempts: [string[], RegExp][] = [
    [['missing.ndjson', '--adapter', 'wifi-probes', '--out', 'out'], /missing\.ndjson can't be opened/],
    [['empty.bin', '--adapter', 'wifi-probes', '--out', 'out'], /no known format/],
    [['in.ndjson', '--adapter', 'wifi', '--out', 'out'], /no adapter "wifi"/],
    [['in.ndjson', '--adapter', 'wifi-probes', '--out', 'no/such/out'], /can't be written/],
    [['in.ndjson', '--adapter', 'wifi-probes', '--out', 'in.ndjson'], /names the input/],
    [['in.ndjson', '--adapter', 'wifi-probes', '--out', 'out', '--policy', 'no.yaml'], /no\.yaml/],
  ];
  for (const [args, expected] of attempts) {
    const run = await garim(['sensor', 'replay', ...args], { cwd: temp.path });
    assert.equal(run.code, 1, args.join(' '));
    assert.match(run.stderr, expected);
  }
  assert.ok(!existsSync(path.join(temp.path, 'out')));
  assert.deepEqual(readdirSync(temp.path).sort(), ['empty.bin', 'in.ndjson']);
});

test('a policy decides what leaves; a sensor that it does not name is refused', async () => {
  using temp = new TempDir({ 'in.ndjson': lines(30) });
  const sensor = {
    adapter: 'wifi-probes',
    purpose: 'dpv:ImproveTransportMobility',
    release: 'table',
    windowMs: DAY_MS,
    k: 40,
    fields: { mac: { category: 'mac-address', transform: { kind: 'contributor' } } },
  };
  writeFileSync(path.join(temp.path, 'policy.yaml'), JSON.stringify({ version: 1, sensors: { gate: sensor } }));
  const replay = (...more: string[]) =>
    garim(
      ['sensor', 'replay', 'in.ndjson', '--adapter', 'wifi-probes', '--out', 'o', '--policy', 'policy.yaml', ...more],
      { cwd: temp.path },
    );
  const run = await replay();
  assert.equal(run.code, 0, run.stderr);
  const [release] = releasesIn(path.join(temp.path, 'o'));
  assert.deepEqual(release?.cells, []);
  assert.equal(release?.sensor, 'gate');
  assert.match((await replay('--sensor', 'yard')).stderr, /no sensor yard .*\n.*--sensor gate/);
});

test('a policy that would single people out is refused, as a box refuses it', async () => {
  const loose = EXACT.replace('"k":40', '"k":10');
  using temp = new TempDir({ 'in.ndjson': lines(50), 'policy.yaml': loose });
  const run = await garim(
    ['sensor', 'replay', 'in.ndjson', '--adapter', 'wifi-probes', '--out', 'o', '--policy', 'policy.yaml'],
    { cwd: temp.path },
  );
  assert.equal(run.code, 1);
  assert.match(run.stderr, /gate: whether one person was there could be told with an advantage .*epsilonPerDay/s);
  assert.ok(!existsSync(path.join(temp.path, 'o')));
});

test('the adapters are listed with what leaves of each field', async () => {
  using temp = new TempDir();
  const { stdout, code } = await garim(['sensor', 'adapters'], { cwd: temp.path });
  assert.equal(code, 0);
  assert.match(stdout, /^wifi-probes: /m);
  assert.match(stdout, /^ {2}ssid +string +network-name \(never\): nothing leaves/m);
  assert.match(stdout, /^ {2}mac +string +mac-address \(opt-out\): tells contributors apart/m);
});

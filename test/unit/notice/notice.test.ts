/**
 * Goal: all papers say what the settings say, a change of what a sign says changes its digest, and nothing is made up where a setting is
 * missing. Method: real configurations and policies through `garim notice`.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../edge/config/load.ts';
import { noticeOf, signDigest } from '../../../edge/notice/content.ts';
import { dtprOf } from '../../../edge/notice/dtpr.ts';
import { registerCsv } from '../../../edge/notice/register.ts';
import { sensorSetup } from '../../../edge/sensor/setup.ts';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';

const CONFIG = `
controller:
  name: {ko: 가림시, en: Garim City}
  department: {ko: 교통정보팀, en: Traffic team}
  phone: 02-123-4567
  url: https://city.example.kr/cctv
  access: {ko: 관제 담당자, en: operators}
  viewing: {ko: 관제실, en: control room}
cameras:
  gate:
    source: simulated
    site:
      place: {ko: 가림로 12, en: 12 Garim-ro}
      purpose: {ko: 교통량 조사, en: Counting <traffic>}
      ground: 25(1)5
      range: {ko: 차도, en: roadway}
      register: {category: 교통정보수집, roadAddress: '가림시, 가림로 12', lat: 37.5, lon: 127, megapixels: 2.1}
sensors:
  corner: {adapter: wifi-probes, intake: {file: probes.ndjson}}
`;

async function noticeFrom(text: string) {
  using temp = new TempDir();
  writeFileSync(path.join(temp.path, 'garim.yaml'), text);
  const { config } = await loadConfig({ cameras: [], env: {}, cwd: temp.path });
  return noticeOf(config, await sensorSetup(config));
}

test('the command writes every paper, each with what the sign must say, and none needs anything from elsewhere', async () => {
  using temp = new TempDir();
  writeFileSync(path.join(temp.path, 'garim.yaml'), CONFIG);
  const run = await garim(['notice', '--out', 'papers'], { cwd: temp.path });
  assert.equal(run.code, 0, run.stderr);
  const read = (name: string): string => readFileSync(path.join(temp.path, 'papers', name), 'utf8');
  assert.deepEqual(readdirSync(path.join(temp.path, 'papers')).sort(), [
    'dpia.html',
    'dtpr.json',
    'notice.json',
    'policy.html',
    'register.csv',
    'sign-gate.html',
  ]);
  const sign = read('sign-gate.html');
  // Purpose and place, range and time, whom to ask: PIPA Article 25(4).
  for (const said of [
    '교통량 조사',
    '가림로 12',
    '차도',
    '24시간',
    '02-123-4567',
    '저장하지 않음',
    'Counting &#60;traffic&#62;',
  ])
    assert.ok(sign.includes(said), said);
  for (const name of ['sign-gate.html', 'policy.html', 'dpia.html'])
    assert.doesNotMatch(read(name), /<script|<link|<img|@import|url\(|src=|undefined/, name);
  const { sign: digest } = JSON.parse(read('notice.json')) as { sign: string };
  assert.ok(sign.includes(digest) && run.stdout.includes(digest));
});

test('the digest changes with what the sign says and with the policy, and with nothing else', async () => {
  const digest = async (text: string): Promise<string> => signDigest(await noticeFrom(text));
  const now = await digest(CONFIG);
  assert.equal(await digest(CONFIG.replace('megapixels: 2.1', 'megapixels: 4')), now);
  assert.equal(await digest(CONFIG.replace('    source: simulated', '    source: simulated:2\n    look: solid')), now);
  for (const [was, is] of [
    ['교통량 조사', '범죄 예방'],
    ['02-123-4567', '02-123-4568'],
    ['25(1)5\n', '25(1)5\n      retentionDays: 7\n'],
    ['adapter: wifi-probes', 'adapter: ble-scans'],
  ] as const)
    assert.notEqual(await digest(CONFIG.replace(was, is)), now, is);
});

test('what is missing is named, and segments are not passed off as nothing kept', async () => {
  await assert.rejects(noticeFrom('cameras: {gate: {source: simulated}}'), /controller, cameras\.gate\.site/);
  const recorded = CONFIG.replace('    site:', '    segments: {dir: clips}\n    site:');
  await assert.rejects(noticeFrom(recorded), /cameras\.gate\.site\.retentionDays/);
});

test('the register has its columns, quoted where needed, and no formulas', async () => {
  const rows = registerCsv(await noticeFrom(CONFIG), '2026-11-23').split('\r\n');
  assert.equal(rows[0]?.split(',').length, 13);
  assert.equal(rows[1], '가림시,"가림시, 가림로 12",,교통정보수집,1,210,,0,,02-123-4567,37.5,127,2026-11-23');
  const formula = await noticeFrom(CONFIG.replace('교통정보수집', "'=1+1'"));
  assert.match(registerCsv(formula, '2026-11-23'), /,'=1\+1,/);
});

test('DTPR: covered video with a ledger, and noise or k for sensors', async () => {
  const { chains } = dtprOf(await noticeFrom(CONFIG)) as { chains: { name: string; elements: string[] }[] };
  const [gate, corner] = chains;
  for (const element of ['tech__de_identified_video', 'process__immutable_query_ledger', 'purpose__mobility'])
    assert.ok(gate?.elements.includes(element), element);
  assert.ok(
    corner?.elements.includes('process__differential_privacy') && !corner.elements.includes('process__k_anonymity'),
  );
});

/**
 * Goal: `garim evaluate` measures, writes what it was asked for, and says why it can't. Method: the command on drawn pictures, on a second
 * of the simulated street and on a clip of it, in a temporary folder, with the embedded network.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { garim } from '../../support/garim-command.ts';
import { TempDir } from '../../support/temp.ts';

/** Two labelled pictures of plain grey, where a network finds nothing. */
async function writeData(dir: TempDir): Promise<void> {
  const grey = await sharp({ create: { width: 320, height: 240, channels: 3, background: '#777' } })
    .jpeg()
    .toBuffer();
  const box = '{"label":"plate","x":100,"y":100,"w":60,"h":20}';
  const line = (image: string): string => `{"image":"${image}","width":320,"height":240,"boxes":[${box}],"source":"s"}`;
  dir.write('data/plates/a.jpg', grey);
  dir.write('data/plates/b.jpg', grey);
  dir.write('data/plates/annotations.jsonl', `${line('a.jpg')}\n${line('b.jpg')}\n`);
}

for (const mode of ['stills', 'live'] as const) {
  test(`labelled pictures, ${mode}: table, figures, misses, baseline`, async () => {
    using dir = new TempDir();
    await writeData(dir);
    const recorded = { from24Percent: Number.NaN, from16Percent: 50, overCoverPercent: 0 };
    const baseline = {
      tolerancePoints: 1,
      stills: {},
      live: {},
      [mode]: { plates: { ...recorded, from24Percent: 0 } },
    };
    dir.write('baseline.json', JSON.stringify(baseline));
    const args = [
      'evaluate',
      '--data',
      'data',
      '--json',
      'out.json',
      '--misses',
      'sheets',
      '--baseline',
      'baseline.json',
    ];
    const outcome = await garim([...args, '--curve', ...(mode === 'live' ? ['--live'] : [])], { cwd: dir.path });
    assert.equal(outcome.code, 1, outcome.stderr);
    assert.match(outcome.stdout, /plates: 2 pictures labelled for plates/);
    assert.match(outcome.stdout, /below the baseline: plates from16Percent 0\.00, recorded 50/);
    assert.match(outcome.stdout, /0\.00 \(in use\)/);
    assert.deepEqual(readdirSync(path.join(dir.path, 'sheets')), ['misses-plates-1.jpg']);
    const { width } = await sharp(path.join(dir.path, 'sheets', 'misses-plates-1.jpg')).metadata();
    assert.ok(width > 800);
    const { data } = JSON.parse(readFileSync(path.join(dir.path, 'out.json'), 'utf8'));
    assert.equal(data.mode, mode);
    assert.deepEqual(data.sets[0].total.bands[2], { covered: 0, total: 2 });
  });
}

test('the street is measured with both detectors, and a clip of it becomes sheets', async () => {
  using dir = new TempDir();
  const street = await garim(['evaluate', '--simulated', '1', '--seed', '3', '--json', 'out.json'], { cwd: dir.path });
  assert.equal(street.code, 0, street.stderr);
  const { simulated } = JSON.parse(readFileSync(path.join(dir.path, 'out.json'), 'utf8'));
  assert.equal(simulated.length, 2);
  for (const { frames, appearances } of simulated) {
    assert.equal(frames, 25);
    assert.ok(appearances.length > 5);
  }
  await garim(['simulate', '--out', 'a.mp4', '--seconds', '1', '--fps', '10', '--width', '640', '--height', '360'], {
    cwd: dir.path,
  });
  const clip = await garim(['evaluate', '--clip', 'a.mp4', '--misses', 'sheets'], { cwd: dir.path });
  assert.equal(clip.code, 0, clip.stderr);
  assert.match(clip.stdout, /a\.mp4: 10 frames, 0 covered whole, [1-9]\d* tracks/);
  const sheets = readdirSync(path.join(dir.path, 'sheets'));
  assert.ok(sheets.includes('a-frames-1.jpg') && sheets.includes('a-tracks-1.jpg'), sheets.join());
});

for (const [what, args, message] of [
  ['nothing to measure', [], /nothing to measure\nname at least one of --data, --simulated, --clip/],
  ['a clip without a folder for its sheets', ['--clip', 'a.mp4'], /name a folder: --misses DIR/],
  ['a folder that is not there', ['--data', 'none'], /none can't be read/],
  ['a clip that is not there', ['--clip', 'none.mp4', '--misses', 'm'], /none\.mp4/],
  ['a length that is no number', ['--simulated', 'x'], /write a number above 0/],
] as const) {
  test(`${what} is refused`, async () => {
    using dir = new TempDir();
    const outcome = await garim(['evaluate', ...args], { cwd: dir.path });
    assert.equal(outcome.code, 1);
    assert.match(outcome.stderr, message);
  });
}

test('without a network nothing is measured, and the message says which command helps', async () => {
  using dir = new TempDir();
  await writeData(dir);
  dir.write('state/models/selection.json', '{"models":["yunet-n","lpd-yunet"]}');
  const outcome = await garim(['evaluate', '--data', 'data'], { cwd: dir.path });
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /nothing can be measured: .*garim models pull yunet-n/);
});

/** Goal: what `garim redact` promises of pictures. Method: the real command with the shipped network on pictures made here. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import type { ReportLine } from '../../edge/camera/files/report.ts';
import { garim } from '../support/garim-command.ts';
import { TempDir } from '../support/temp.ts';

/** Dark left, bright right, with a gradient downwards. */
function drawing(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const data = Buffer.alloc(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const value = i % width < width / 2 ? 40 : 200;
    data.fill(value, i * channels, i * channels + 3);
    data[i * channels] = Math.floor((i / (width * height)) * 255);
    if (channels === 4) data[i * channels + 3] = i % width < width / 4 ? 0 : 255;
  }
  return sharp(data, { raw: { width, height, channels } });
}

const exif = {
  IFD0: { Copyright: 'planted-copyright', Make: 'planted-make' },
  IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '37/1 33/1 0/1' },
};

function linesOf(file: string): ReportLine[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ReportLine);
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.relative(dir, path.join(item.parentPath, item.name)))
    .sort();
}

test('every format comes out in its own format, upright, opaque, in sRGB and without metadata', async () => {
  using dir = new TempDir();
  const at = (name: string): string => path.join(dir.path, name);
  mkdirSync(at('in/deep'), { recursive: true });
  const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><planted-xmp/></x:xmpmeta>';
  await drawing(96, 64).withExif(exif).withXmp(xmp).jpeg().toFile(at('in/gps.jpg'));
  await drawing(96, 64).withMetadata({ orientation: 6 }).jpeg().toFile(at('in/deep/turned.JPEG'));
  await drawing(97, 65, 4).withExif(exif).png().toFile(at('in/alpha.png'));
  await drawing(96, 64).withExif(exif).webp().toFile(at('in/w.webp'));
  await drawing(96, 64).withExif(exif).tiff().toFile(at('in/t.tif'));
  await drawing(96, 64).withExif(exif).avif().toFile(at('in/a.avif'));
  await drawing(96, 64).toColourspace('cmyk').jpeg().toFile(at('in/cmyk.jpg'));
  await drawing(96, 64).toColourspace('b-w').png().toFile(at('in/grey.png'));
  await drawing(96, 64).toColourspace('rgb16').png().toFile(at('in/deep16.png'));

  const { code, stderr } = await garim(['redact', 'in', '--out', 'out', '--report', 'r.ndjson'], { cwd: dir.path });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^9 pictures, 0 videos, \d+ regions? covered\n$/);
  assert.deepEqual(filesBelow(at('out')), filesBelow(at('in')));

  for (const name of filesBelow(at('out'))) {
    const before = await sharp(at(`in/${name}`)).metadata();
    const after = await sharp(at(`out/${name}`)).metadata();
    assert.equal(after.format, before.format, name);
    for (const field of ['exif', 'xmp', 'iptc', 'icc'] as const) {
      assert.equal(after[field], undefined, `${name} has ${field}`);
    }
    assert.equal(after.orientation ?? 1, 1, name);
    assert.deepEqual([after.space, after.channels, after.depth], ['srgb', 3, 'uchar'], name);
    assert.ok(!readFileSync(at(`out/${name}`)).includes('planted'), name);
    const line = linesOf(at('r.ndjson')).find(({ input }) => input === path.join('in', name));
    assert.deepEqual([line?.widthPx, line?.heightPx], [after.width, after.height], name);
    assert.deepEqual([line?.frame, line?.ptsMs, line?.cover, line?.reason], [0, 0, 'regions', null], name);
  }
  const turned = await sharp(at('out/deep/turned.JPEG')).metadata();
  assert.deepEqual([turned.width, turned.height], [64, 96]);
  const alpha = await sharp(at('out/alpha.png')).raw().toBuffer();
  assert.deepEqual([...alpha.subarray(0, 3)], [255, 255, 255], 'transparency is laid on white');
});

test('broken inputs are named, the others go on, and nothing partial stays', async () => {
  using dir = new TempDir({ 'in/text.jpg': 'not a picture', 'in/empty.png': '', 'in/notes.txt': 'x' });
  const at = (name: string): string => path.join(dir.path, name);
  const good = await drawing(200, 100).jpeg().toBuffer();
  writeFileSync(at('in/good.jpg'), good);
  writeFileSync(at('in/cut.jpg'), good.subarray(0, good.length / 2));
  const frames = await drawing(32, 64).raw().toBuffer();
  await sharp(frames, { raw: { width: 32, height: 64, channels: 3, pageHeight: 32 } })
    .webp()
    .toFile(at('in/moving.webp'));
  writeFileSync(at('in/vector.png'), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const args = ['redact', 'in', 'in/none.jpg', '--out', 'out', '--report', 'r.ndjson'];
  const { code, stderr } = await garim(args, { cwd: dir.path });
  assert.equal(code, 1);
  assert.deepEqual(filesBelow(at('out')), ['good.jpg']);
  for (const name of ['text.jpg', 'empty.png', 'cut.jpg', 'moving.webp', 'vector.png', 'none.jpg']) {
    assert.match(stderr, new RegExp(`^in/${name.replace('.', '\\.')}: .+`, 'm'));
  }
  assert.match(stderr, /moving\.webp: it holds 2 pictures/);
  assert.match(stderr, /^1 picture, .* 1 skipped \(neither picture nor video\), 6 faults$/m);
  assert.deepEqual(
    linesOf(at('r.ndjson')).map(({ input }) => input),
    ['in/good.jpg'],
  );
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('without a usable model everything is covered whole, and the way out is named', async () => {
  using dir = new TempDir({ 'models/street_v2.onnx': 'damaged' });
  const at = (name: string): string => path.join(dir.path, name);
  await drawing(64, 48).png().toFile(at('a.png'));
  const env = { GARIM_MODELS: at('models') };
  const { code, stderr } = await garim(['redact', 'a.png', '--out', 'b.png', '--report', 'r'], { cwd: dir.path, env });
  assert.equal(code, 1);
  assert.match(stderr, /covered whole: .*street_v2\.onnx.*remove the file/);
  const { cover, reason, regions } = linesOf(at('r'))[0]!;
  assert.deepEqual([cover, reason, regions], ['whole-frame', 'model-missing', []]);
  const pixels = await sharp(at('b.png')).raw().toBuffer();
  assert.ok(pixels.every((value) => value === 48));
});

test('outputs are replaced, inputs never', async () => {
  using dir = new TempDir({ 'out.png': 'an earlier output' });
  const at = (name: string): string => path.join(dir.path, name);
  await drawing(64, 48).png().toFile(at('a.png'));
  const before = readFileSync(at('a.png'));
  assert.equal((await garim(['redact', 'a.png', '--out', 'out.png'], { cwd: dir.path })).code, 0);
  assert.equal((await sharp(at('out.png')).metadata()).format, 'png');
  const refused = await garim(['redact', 'a.png', '--out', 'a.png'], { cwd: dir.path });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /would take the place of the input a\.png\nname another --out/);
  assert.deepEqual(readFileSync(at('a.png')), before);
  const missing = await garim(['redact', 'a.png', '--out', 'c.png', '--report', 'no/r'], { cwd: dir.path });
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /the report no\/r can't be written/);
  assert.ok(!existsSync(at('c.png')));
});

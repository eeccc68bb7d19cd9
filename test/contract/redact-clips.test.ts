/** Goal: what `garim redact` promises of videos. Method: the real command on videos of the awkward kinds, made here. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUV444P,
  FF_ENCODER_FFV1,
  FF_ENCODER_MPEG4,
} from 'node-av/constants';
import type { ReportLine } from '../../edge/camera/files/report.ts';
import { clipFacts } from '../support/clip-facts.ts';
import { garim } from '../support/garim-command.ts';
import { makeMovie } from '../support/movies.ts';
import { TempDir } from '../support/temp.ts';

const steady = (frames: number): number[] => Array.from({ length: frames }, (_, i) => i * 40);

test('sizes, times and formats of all kinds come out as one plain H.264 track', async () => {
  using dir = new TempDir();
  const at = (name: string): string => path.join(dir.path, name);
  const timesMs = [0, 40, 200, 240, 700, 720, 1500];
  const base = { encoder: FF_ENCODER_FFV1, pixelFormat: AV_PIX_FMT_YUV420P, widthPx: 128, heightPx: 96, timesMs };
  await makeMovie({ ...base, path: at('uneven.mkv') });
  await makeMovie({ ...base, path: at('odd.mkv'), widthPx: 131, heightPx: 97, pixelFormat: AV_PIX_FMT_YUV444P });
  await makeMovie({ ...base, path: at('odd420.mkv'), widthPx: 131, heightPx: 97 });
  await makeMovie({ ...base, path: at('deep.mkv'), pixelFormat: AV_PIX_FMT_YUV420P10LE });
  await makeMovie({ ...base, path: at('sound.mkv'), hasSound: true, title: 'planted-title' });
  const inputs = ['uneven.mkv', 'odd.mkv', 'odd420.mkv', 'deep.mkv', 'sound.mkv'];
  const { code, stderr } = await garim(['redact', ...inputs, '--out', 'out', '--report', 'r'], { cwd: dir.path });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^0 pictures, 5 videos \(35 frames, /);
  const lines = readFileSync(at('r'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ReportLine);
  for (const input of inputs) {
    const file = at(`out/${input.replace('.mkv', '.mp4')}`);
    const facts = await clipFacts(file);
    assert.deepEqual(facts.codecs, ['h264'], input);
    assert.deepEqual(facts.timesMs, timesMs, input);
    assert.deepEqual([facts.widthPx, facts.heightPx], input.startsWith('odd') ? [130, 96] : [128, 96], input);
    assert.ok(!readFileSync(file).includes('planted'), input);
    const own = lines.filter((line) => line.input === input);
    assert.deepEqual(
      own.map(({ frame }) => frame),
      timesMs.map((_, i) => i),
      input,
    );
    assert.deepEqual(
      own.map(({ ptsMs }) => ptsMs),
      timesMs,
      input,
    );
    assert.deepEqual([own[0]?.widthPx, own[0]?.heightPx], [facts.widthPx, facts.heightPx], input);
    const bytes = readFileSync(file);
    assert.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), `${input}: the index is at the front`);
  }
});

test('a clip with a display matrix comes out upright', async () => {
  using dir = new TempDir();
  const at = (name: string): string => path.join(dir.path, name);
  const base = {
    encoder: FF_ENCODER_MPEG4,
    pixelFormat: AV_PIX_FMT_YUV420P,
    widthPx: 160,
    heightPx: 96,
    timesMs: steady(5),
  };
  await makeMovie({ ...base, path: at('plain.mp4') });
  await makeMovie({ ...base, path: at('clock.mp4'), matrix: [0, 1, -1, 0] });
  await makeMovie({ ...base, path: at('half.mp4'), matrix: [-1, 0, 0, -1] });
  const { code, stderr } = await garim(['redact', 'plain.mp4', 'clock.mp4', 'half.mp4', '--out', 'out'], {
    cwd: dir.path,
  });
  assert.equal(code, 0, stderr);
  // Stored: dark left, bright right.
  const isDark = async (name: string, x: number, y: number): Promise<boolean> =>
    (await clipFacts(at(`out/${name}.mp4`))).lumaAt(x, y) < 128;
  assert.ok((await isDark('plain', 0.1, 0.5)) && !(await isDark('plain', 0.9, 0.5)));
  assert.ok(!(await isDark('half', 0.1, 0.5)) && (await isDark('half', 0.9, 0.5)));
  assert.ok((await isDark('clock', 0.5, 0.1)) && !(await isDark('clock', 0.5, 0.9)));
  const { widthPx, heightPx } = await clipFacts(at('out/clock.mp4'));
  assert.deepEqual([widthPx, heightPx], [96, 160]);
});

test('a file that breaks off is written as far as it goes; one that holds nothing leaves nothing', async () => {
  using dir = new TempDir({ 'noise.mkv': 'no video at all' });
  const at = (name: string): string => path.join(dir.path, name);
  const movie = { encoder: FF_ENCODER_FFV1, pixelFormat: AV_PIX_FMT_YUV420P, widthPx: 128, heightPx: 96 };
  await makeMovie({ ...movie, path: at('cut.mkv'), timesMs: steady(50) });
  truncateSync(at('cut.mkv'), Math.floor(statSync(at('cut.mkv')).size * 0.6));
  await makeMovie({ ...movie, path: at('good.mkv'), timesMs: steady(5) });
  const args = ['redact', 'noise.mkv', 'cut.mkv', 'good.mkv', '--out', 'out', '--report', 'r'];
  const { code, stderr } = await garim(args, { cwd: dir.path });
  assert.equal(code, 1);
  assert.match(stderr, /^can't open .*noise\.mkv|^noise\.mkv: /m);
  assert.match(stderr, /^cut\.mkv: it (is damaged|breaks off).*; what could be read is in out\/cut\.mp4$/m);
  assert.deepEqual(readdirSync(at('out')).sort(), ['cut.mp4', 'good.mp4']);
  const frames = (await clipFacts(at('out/cut.mp4'))).timesMs.length;
  assert.ok(frames > 10 && frames < 50, `${frames} frames`);
  assert.equal(readFileSync(at('r'), 'utf8').trim().split('\n').length, frames + 5);
});

test('an interrupt leaves no partial file and says so', async () => {
  using dir = new TempDir();
  const at = (name: string): string => path.join(dir.path, name);
  const movie = { encoder: FF_ENCODER_MPEG4, pixelFormat: AV_PIX_FMT_YUV420P, widthPx: 640, heightPx: 360 };
  await makeMovie({ ...movie, path: at('long.avi'), timesMs: steady(2_000) });
  const { code, stderr } = await garim(['redact', 'long.avi', '--out', 'out', '--report', 'r'], {
    cwd: dir.path,
    onStart(child) {
      // Once the output has begun.
      const timer = setInterval(() => {
        const items = readdirSync(dir.path, { recursive: true, encoding: 'utf8' });
        if (!items.some((name) => name.startsWith('out/') && name.endsWith('.part'))) return;
        clearInterval(timer);
        child.kill('SIGINT');
      }, 20);
      child.once('exit', () => clearInterval(timer));
    },
  });
  assert.equal(code, 130, stderr);
  assert.match(stderr, /^interrupted/m);
  assert.deepEqual(readdirSync(at('out')), []);
  assert.deepEqual(readdirSync(dir.path).sort(), ['long.avi', 'out']);
});

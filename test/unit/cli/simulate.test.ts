/**
 * Goal: `garim simulate` leaves a clip and a truth that belong together, or nothing.
 * Method: run the command into a temporary folder; decode the clip again through our own capture.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { UserError } from '../../../edge/base/errors.ts';
import { openCapture } from '../../../edge/camera/capture/open.ts';
import { simulateCommand } from '../../../edge/cli/simulate.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'garim-simulate-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function simulate(...args: string[]): Promise<void> {
  await simulateCommand().parseAsync(args, { from: 'user' });
}

describe('garim simulate', () => {
  test('writes a clip with an index at its front, and one line of truth per frame', async () => {
    const out = path.join(folder, 'a.mp4');
    const truth = path.join(folder, 'a.ndjson');
    await simulate(
      '--out',
      out,
      '--truth',
      truth,
      '--seconds',
      '2',
      '--width',
      '320',
      '--height',
      '180',
      '--fps',
      '10',
      '--rain',
    );
    assert.deepEqual((await readdir(folder)).sort(), ['a.mp4', 'a.ndjson']);
    const lines = (await readFile(truth, 'utf8')).trimEnd().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as { frame: number; ptsMs: number; objects: unknown[] });
    assert.deepEqual(
      parsed.map(({ frame }) => frame),
      Array.from({ length: 20 }, (_, i) => i),
    );
    assert.ok(parsed.every(({ objects }) => objects.length > 0));

    const bytes = await readFile(out);
    const [index, media] = [bytes.indexOf('moov'), bytes.indexOf('mdat')];
    assert.ok(index > 0 && index < media, 'moov comes before mdat');

    const capture = openCapture({ url: `file:${out}`, transport: 'tcp', pacing: 'unpaced' });
    const ptsMs: number[] = [];
    try {
      for (;;) {
        const event = await capture.next();
        if (event.kind === 'ended') break;
        assert.notEqual(event.kind, 'lost');
        if (event.kind === 'frame') {
          using frame = event.frame;
          assert.deepEqual([frame.widthPx, frame.heightPx], [320, 180]);
          ptsMs.push(frame.ptsUs / 1000);
        }
      }
    } finally {
      await capture.close();
    }
    assert.deepEqual(
      ptsMs.map((ms) => Math.round(ms - ptsMs[0]!)),
      parsed.map((line) => Math.round(line.ptsMs)),
    );
  });

  test('leaves nothing behind when the clip cannot be written', async () => {
    const truth = path.join(folder, 'a.ndjson');
    const out = path.join(folder, 'nowhere', 'a.mp4');
    await assert.rejects(
      simulate('--out', out, '--truth', truth, '--seconds', '1', '--width', '320', '--height', '180'),
    );
    assert.deepEqual(await readdir(folder), []);
  });

  test('names a truth file that cannot be written', async () => {
    const truth = path.join(folder, 'nowhere', 'a.ndjson');
    const run = simulate('--out', path.join(folder, 'a.mp4'), '--truth', truth, '--width', '320', '--height', '180');
    await assert.rejects(run, (error) => error instanceof UserError && error.message.includes('a.ndjson'));
    assert.deepEqual(await readdir(folder), []);
  });

  test('refuses an impossible size before it draws anything', async () => {
    await assert.rejects(simulate('--out', path.join(folder, 'a.mp4'), '--width', '321'), UserError);
    assert.deepEqual(await readdir(folder), []);
  });
});

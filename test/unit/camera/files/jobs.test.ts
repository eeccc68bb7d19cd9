/** Goal: every input gets the right output name, and nothing can be written over an input or into an input folder. */
import assert from 'node:assert/strict';
import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { listJobs } from '../../../../edge/camera/files/jobs.ts';
import { TempDir } from '../../../support/temp.ts';

function tree(): TempDir {
  return new TempDir({
    'in/a.jpg': '',
    'in/notes.txt': '',
    'in/deep/b.MOV': '',
    'in/deep/b.mp4': '',
    'in/deep/c.PNG': '',
    'elsewhere/d.jpg': '',
  });
}

test('a folder is mirrored, videos become .mp4, and what is neither is skipped', async () => {
  using dir = tree();
  const at = (name: string): string => path.join(dir.path, name);
  symlinkSync(at('elsewhere'), at('in/link'));
  symlinkSync(at('elsewhere/d.jpg'), at('in/link.jpg'));
  const { jobs, skipped, faults } = await listJobs([at('in')], at('out'));
  assert.deepEqual(
    jobs.map(({ kind, input, target }) => [kind, path.relative(dir.path, input), path.relative(dir.path, target)]),
    [
      ['still', 'in/a.jpg', 'out/a.jpg'],
      ['clip', 'in/deep/b.MOV', 'out/deep/b.MOV.mp4'],
      ['clip', 'in/deep/b.mp4', 'out/deep/b.mp4'],
      ['still', 'in/deep/c.PNG', 'out/deep/c.PNG'],
    ],
  );
  assert.deepEqual(skipped.map((file) => path.relative(dir.path, file)).sort(), [
    'in/link',
    'in/link.jpg',
    'in/notes.txt',
  ]);
  assert.deepEqual(faults, []);
});

test('one file goes to a file or into a folder', async () => {
  using dir = tree();
  const at = (name: string): string => path.join(dir.path, name);
  const targetOf = async (input: string, out: string): Promise<string | undefined> =>
    (await listJobs([at(input)], at(out))).jobs[0]?.target;
  assert.equal(await targetOf('in/a.jpg', 'x.JPEG'), at('x.JPEG'));
  assert.equal(await targetOf('in/a.jpg', 'x'), at('x/a.jpg'));
  assert.equal(await targetOf('in/deep/b.MOV', 'x.mp4'), at('x.mp4'));
  assert.equal(await targetOf('in/deep/b.MOV', 'x'), at('x/b.mp4'));
  mkdirSync(at('v1.0'));
  assert.equal(await targetOf('in/a.jpg', 'v1.0'), at('v1.0/a.jpg'));
  await assert.rejects(targetOf('in/a.jpg', 'x.png'), /a picture keeps its format/);
  await assert.rejects(targetOf('in/deep/b.MOV', 'x.mov'), /a video becomes an MP4/);
});

test('what is not there is a fault of its own', async () => {
  using dir = tree();
  const { jobs, faults } = await listJobs([path.join(dir.path, 'none.jpg'), path.join(dir.path, 'in/a.jpg')], dir.path);
  assert.equal(jobs.length, 1);
  assert.match(faults[0]?.reason ?? '', /no such file/);
});

test('inputs are out of reach of outputs', async () => {
  using dir = tree();
  const at = (name: string): string => path.join(dir.path, name);
  const refused = (inputs: string[], out: string, message: RegExp): Promise<void> =>
    assert.rejects(listJobs(inputs.map(at), at(out)), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, message);
      return true;
    });
  await refused(['in'], 'in', /is the input folder/);
  await refused(['in'], 'in/deep/new/out', /is the input folder/);
  symlinkSync(at('in'), at('alias'));
  await refused(['in'], 'alias/out', /is the input folder/);
  await refused(['in/a.jpg'], 'in', /take the place of the input/);
  await refused(['in/a.jpg'], 'in/a.jpg', /take the place of the input/);
  linkSync(at('in/a.jpg'), at('hard.jpg'));
  await refused(['in/a.jpg'], 'hard.jpg', /take the place of the input/);
  mkdirSync(at('out'));
  symlinkSync(at('elsewhere/d.jpg'), at('out/a.jpg'));
  await refused(['in', 'elsewhere/d.jpg'], 'out', /take the place of the input/);
});

test('two inputs never share an output', async () => {
  using dir = new TempDir({ 'a/x.jpg': '', 'b/x.jpg': '' });
  const inputs = ['a', 'b'].map((name) => path.join(dir.path, name));
  await assert.rejects(listJobs(inputs, path.join(dir.path, 'out')), /would both become/);
});

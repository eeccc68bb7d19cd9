/** Goal: labelled pictures are read as written, and what is wrong is named with its line. Method: folders made on the spot. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { readLabelledSets } from '../../../../edge/camera/evaluate/annotations.ts';
import { TempDir } from '../../../support/temp.ts';

const face = '{"label":"face","x":1,"y":2,"w":30,"h":40,"masked":"no"}';
const line = (boxes: string): string => `{"image":"a.jpg","width":100,"height":80,"boxes":[${boxes}],"source":"one"}`;

test('every annotations.jsonl below the folder is a set of its own', async () => {
  using dir = new TempDir();
  dir.write('data/faces/annotations.jsonl', `${line(face)}\n\n${line('')}\n`);
  dir.write('data/plates/near/annotations.jsonl', line('{"label":"plate","x":1,"y":2,"w":9,"h":3,"ignore":true}'));
  const sets = await readLabelledSets(path.join(dir.path, 'data'));
  assert.deepEqual(
    sets.map(({ name, labels, pictures }) => ({ name, labels, pictures: pictures.length })),
    [
      { name: 'faces', labels: ['face'], pictures: 2 },
      { name: path.join('plates', 'near'), labels: ['plate'], pictures: 1 },
    ],
  );
  assert.deepEqual(sets[0]!.pictures[0], {
    file: path.join(dir.path, 'data', 'faces', 'a.jpg'),
    width: 100,
    height: 80,
    source: 'one',
    boxes: [{ label: 'face', x: 1, y: 2, w: 30, h: 40, masked: 'no', ignore: false }],
  });
  assert.equal(sets[1]!.pictures[0]!.boxes[0]!.ignore, true);
});

for (const [what, text, message] of [
  ['a box without a height', line('{"label":"face","x":1,"y":2,"w":3}'), /annotations\.jsonl:2: boxes\.0\.h/],
  ['a label that is not judged', line('{"label":"dog","x":1,"y":2,"w":3,"h":4}'), /:2: boxes\.0\.label/],
  ['a line that is no JSON', '{"image":', /annotations\.jsonl:2: /],
] as const) {
  test(`${what} is refused with its line`, async () => {
    using dir = new TempDir();
    dir.write('annotations.jsonl', `${line(face)}\n${text}\n`);
    await assert.rejects(
      readLabelledSets(dir.path),
      (error) => error instanceof UserError && message.test(error.message),
    );
  });
}

test('a folder without labels, and one that is not there, are refused', async () => {
  using dir = new TempDir();
  await assert.rejects(readLabelledSets(dir.path), /there is no annotations\.jsonl below/);
  await assert.rejects(readLabelledSets(path.join(dir.path, 'none')), /can't be read/);
});

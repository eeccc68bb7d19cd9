/**
 * Labelled pictures: every `annotations.jsonl` below a folder, one JSON object a line:
 * `{"image","width","height","boxes":[{"label","x","y","w","h","ignore"?,"masked"?}],"source"?}`, `image` relative to the file's folder, boxes in
 * pixels of the picture as stored.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../base/errors.ts';

const FILE = 'annotations.jsonl';
/** Deeper folders are taken for a loop. */
const DEPTH_MAX = 16;

const label = z.enum(['face', 'plate']);
const side = z.number().positive();
const boxSchema = z.object({
  label,
  x: z.number(),
  y: z.number(),
  w: side,
  h: side,
  /** Not scored: too small, or not to be judged. */
  ignore: z.boolean().default(false),
  /** The source's own mark of a mask over the face. */
  masked: z.string().optional(),
});
const pictureSchema = z.object({
  image: z.string().min(1),
  width: side,
  height: side,
  boxes: z.array(boxSchema),
  source: z.string().default('unnamed'),
});

export type CoveredLabel = z.output<typeof label>;
export type LabelledBox = z.output<typeof boxSchema>;
export type LabelledPicture = Omit<z.output<typeof pictureSchema>, 'image'> & { file: string };

export interface LabelledSet {
  /** Its folder, relative to the one that was searched. */
  name: string;
  /** What is labelled in it, so what can be judged on it. */
  labels: CoveredLabel[];
  pictures: LabelledPicture[];
}

/** Each file is a set of its own. @throws UserError that names the folder, or the file and the line */
export async function readLabelledSets(dir: string): Promise<LabelledSet[]> {
  const files: string[] = [];
  try {
    await findFiles(dir, files, DEPTH_MAX);
  } catch (error) {
    throw new UserError(`${dir} can't be read: ${messageOf(error)}`, { fix: 'name a folder of labelled pictures' });
  }
  if (files.length === 0) {
    throw new UserError(`there is no ${FILE} below ${dir}`, { fix: `name a folder that holds one or several ${FILE}` });
  }
  return Promise.all(files.map((file) => readSet(file, path.relative(dir, path.dirname(file)) || '.')));
}

async function findFiles(dir: string, found: string[], depth: number): Promise<void> {
  const items = await readdir(dir, { withFileTypes: true });
  for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const at = path.join(dir, item.name);
    if (item.isDirectory() && depth > 0) await findFiles(at, found, depth - 1);
    else if (item.name === FILE) found.push(at);
  }
}

async function readSet(file: string, name: string): Promise<LabelledSet> {
  const pictures: LabelledPicture[] = [];
  const labels = new Set<CoveredLabel>();
  for (const [i, line] of (await readFile(file, 'utf8')).split('\n').entries()) {
    if (line.trim() === '') continue;
    const { image, ...picture } = parseLine(line, `${file}:${i + 1}`);
    for (const box of picture.boxes) labels.add(box.label);
    pictures.push({ ...picture, file: path.join(path.dirname(file), image) });
  }
  return { name, labels: [...labels], pictures };
}

function parseLine(line: string, where: string): z.output<typeof pictureSchema> {
  try {
    return pictureSchema.parse(JSON.parse(line));
  } catch (error) {
    const what =
      error instanceof z.ZodError
        ? error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; ')
        : messageOf(error);
    throw new UserError(`${where}: ${what}`, { fix: 'write one JSON object a line, as the format asks', cause: error });
  }
}

/**
 * Which files are to be redacted, and where each goes. Looks at names and folders only, opens no media, writes nothing.
 *
 * Always holds: no two jobs have the same target, and no target is one of the inputs, by whatever name or link.
 */
import { lstat, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from '../../base/errors.ts';

export interface Job {
  kind: 'still' | 'clip';
  /** As given, or below a folder as given. */
  input: string;
  target: string;
}

export interface JobList {
  jobs: Job[];
  /** Below folders: neither picture nor video, or a link. */
  skipped: string[];
  /** Inputs that can't be used, with the reason. */
  faults: { input: string; reason: string }[];
}

const STILLS = /\.(jpe?g|jpe|jfif|png|webp|tiff?|avif|heic|heif|bmp|jp2|jxl)$/i;
const CLIPS =
  /\.(mp4|m4v|mov|qt|mkv|webm|avi|ts|m2ts|mts|mpe?g|vob|flv|f4v|3gp|3g2|wmv|asf|ogv|mxf|mjpe?g|h26[45]|26[45]|hevc|y4m|gif|dav|nut)$/i;
/** Deeper folders are taken for a loop. */
const DEPTH_MAX = 64;

interface Found {
  kind: Job['kind'];
  input: string;
  /** Below the output folder. */
  relative: string;
}

/**
 * `out` is a file when there is one input file and `out` has an ending, else a folder. A file keeps its name, except that a video ends
 * in .mp4 afterwards; what is below a folder keeps its place below `out`.
 * @throws UserError when `out` can't be used
 */
export async function listJobs(inputs: readonly string[], out: string): Promise<JobList> {
  const list: JobList = { jobs: [], skipped: [], faults: [] };
  const found: Found[] = [];
  const folders: string[] = [];
  for (const input of inputs) {
    try {
      const info = await stat(input);
      if (info.isDirectory()) {
        folders.push(input);
        await walk(input, '', found, list, DEPTH_MAX);
      } else if (info.isFile()) {
        // What was named is tried, whatever its ending: libav knows many containers.
        found.push({ kind: STILLS.test(input) ? 'still' : 'clip', input, relative: path.basename(input) });
      } else list.faults.push({ input, reason: 'it is neither a file nor a folder' });
    } catch (error) {
      list.faults.push({ input, reason: reasonOf(error) });
    }
  }
  await refuseInside(out, folders);
  const single = inputs.length === 1 && folders.length === 0 ? found[0] : undefined;
  if (single && path.extname(out) !== '' && !(await isFolder(out))) {
    checkEnding(single, out);
    list.jobs.push({ kind: single.kind, input: single.input, target: out });
  } else {
    list.jobs.push(...targetsFor(found, out));
  }
  await refuseOverInputs(list.jobs);
  return list;
}

async function walk(dir: string, relative: string, found: Found[], list: JobList, depth: number): Promise<void> {
  const items = await readdir(dir, { withFileTypes: true });
  for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const input = path.join(dir, item.name);
    const below = path.join(relative, item.name);
    if (item.isDirectory() && depth > 0) {
      await walk(input, below, found, list, depth - 1).catch((error: unknown) =>
        list.faults.push({ input, reason: reasonOf(error) }),
      );
    } else if (item.isFile() && STILLS.test(item.name)) found.push({ kind: 'still', input, relative: below });
    else if (item.isFile() && CLIPS.test(item.name)) found.push({ kind: 'clip', input, relative: below });
    else list.skipped.push(input);
  }
}

/** A video whose new name is taken (`a.mov` beside `a.mp4`) keeps its old ending too: `a.mov.mp4`. */
function targetsFor(found: readonly Found[], out: string): Job[] {
  const taken = new Map<string, string>();
  const jobs = new Map<Found, Job>();
  const isRenamed = (item: Found): boolean => item.kind === 'clip' && !/\.mp4$/i.test(item.relative);
  // Those that keep their name first, whatever the order.
  for (const item of [...found.filter((f) => !isRenamed(f)), ...found.filter(isRenamed)]) {
    const { dir, name, base } = path.parse(item.relative);
    const names = isRenamed(item) ? [`${name}.mp4`, `${base}.mp4`] : [base];
    const free = names.map((n) => path.join(out, dir, n)).find((target) => !taken.has(target));
    if (free === undefined) {
      const target = path.join(out, item.relative);
      throw new UserError(`${taken.get(target) ?? 'another input'} and ${item.input} would both become ${target}`, {
        fix: 'redact them into two folders',
      });
    }
    taken.set(free, item.input);
    jobs.set(item, { kind: item.kind, input: item.input, target: free });
  }
  return found.map((item) => jobs.get(item)!);
}

function checkEnding({ kind, input }: Found, out: string): void {
  const family = (file: string): string =>
    path
      .extname(file)
      .toLowerCase()
      .replace(/^\.(jpe?g|jpe|jfif)$/, '.jpg')
      .replace('.tiff', '.tif');
  const expected = kind === 'clip' ? '.mp4' : family(input);
  if (family(out) === expected) return;
  throw new UserError(`--out ${out}: ${kind === 'clip' ? 'a video becomes an MP4' : 'a picture keeps its format'}`, {
    fix: `end its name in ${expected}, or name a folder`,
  });
}

/** An output folder below an input would be an input of the next run, and its files may be taken for originals. */
async function refuseInside(out: string, folders: readonly string[]): Promise<void> {
  const above = new Set<string>();
  for (let dir = path.resolve(out); ; dir = path.dirname(dir)) {
    const id = await identityOf(dir);
    if (id !== undefined) above.add(id);
    if (dir === path.dirname(dir)) break;
  }
  for (const folder of folders) {
    const id = await identityOf(folder);
    if (id === undefined || !above.has(id)) continue;
    throw new UserError(`--out ${out} is the input folder ${folder} or lies in it`, { fix: 'name a folder elsewhere' });
  }
}

async function refuseOverInputs(jobs: readonly Job[]): Promise<void> {
  const inputs = new Map<string, string>();
  for (const { input } of jobs) {
    const id = await identityOf(input);
    if (id !== undefined) inputs.set(id, input);
  }
  for (const { target } of jobs) {
    const id = await identityOf(target);
    const input = id === undefined ? undefined : inputs.get(id);
    if (input !== undefined) {
      throw new UserError(`the output ${target} would take the place of the input ${input}`, {
        fix: 'name another --out; inputs are never overwritten',
      });
    }
  }
}

/** The same for all names and links of a file or folder; undefined when there is none. */
async function identityOf(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

async function isFolder(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined))?.isDirectory() ?? false;
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'it may not be read';
  return messageOf(error);
}

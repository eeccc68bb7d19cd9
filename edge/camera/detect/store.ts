/**
 * Finds the models that the manifest names and hands out their bytes, never anything that was not verified.
 *
 * Folders, first hit wins: those of GARIM_MODELS (`:` between several, searched with subfolders), `<stateDir>/models`, and the
 * models that ship with Garim. A file counts by its content, whatever its name; a file that has a model's name but other content is
 * refused, since a truncated or swapped model may find nothing. Nothing here is cached but digests of unchanged files.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import { packageRoot } from '../../base/paths.ts';
import { loadManifest, type ModelEntry } from './manifest.ts';
import type { DetectionLabel } from './port.ts';

interface ResolvedModel {
  entry: ModelEntry;
  path: string;
  /** Content with the manifest's digest. */
  bytes: Uint8Array<ArrayBuffer>;
}

/** A label that no usable model finds. */
interface MissingCategory {
  category: DetectionLabel;
  /** What to do, e.g. `no model finds plates; run: garim models pull lpd-yunet`. */
  advice: string;
}

interface ModelSelection {
  models: ResolvedModel[];
  missing: MissingCategory[];
}

export interface ModelStore {
  /** All models known, most preferred first. */
  readonly entries: readonly ModelEntry[];
  /** Where `pull` puts files. */
  readonly pullDir: string;
  /** Throws UserError for an unknown name. */
  entryOf(name: string): ModelEntry;
  /** Where the model's verified file is; undefined when there is none. Rejects with WorldError `model-digest-mismatch`. */
  locate(name: string): Promise<string | undefined>;
  /** Rejects with WorldError `model-missing` or `model-digest-mismatch`. */
  resolve(name: string): Promise<ResolvedModel>;
  /** Fewest preferred models that find all categories. Rejects with WorldError `model-digest-mismatch`. */
  selectModels(categories?: readonly DetectionLabel[]): Promise<ModelSelection>;
  /** Names set by `garim models use`; empty means the default choice. */
  chosen(): Promise<string[]>;
  /** Sets the choice; an empty list returns to the default. */
  choose(names: readonly string[]): Promise<void>;
}

export type Thresholds = ModelEntry['thresholds'];

/** Of several models together, as the manifest has them. */
export function thresholdsOf(store: Pick<ModelStore, 'entryOf'>, names: readonly string[]): Thresholds {
  return Object.assign({}, ...names.map((name) => store.entryOf(name).thresholds));
}

export interface ModelStoreOptions {
  stateDir: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Folder with manifest.json and embedded/; that of the package unless a test says otherwise. */
  modelsDir?: string;
}

const DEPTH_MAX = 8;
const FILES_MAX = 10_000;
export const CATEGORIES: readonly DetectionLabel[] = ['face', 'plate'];
const selectionSchema = z.strictObject({ models: z.array(z.string()).max(16) });

/** Throws UserError when the manifest is unusable. Touches no other file. */
export function openModelStore(options: ModelStoreOptions): ModelStore {
  return new FolderStore(options);
}

class FolderStore implements ModelStore {
  readonly entries: readonly ModelEntry[];
  readonly pullDir: string;
  readonly #folders: { dir: string; isDeep: boolean }[];
  readonly #selectionFile: string;
  /** sha256 by path, size and mtime. */
  readonly #digests = new Map<string, string>();

  constructor({ stateDir, env, modelsDir = path.join(packageRoot, 'models') }: ModelStoreOptions) {
    this.entries = loadManifest(path.join(modelsDir, 'manifest.json'));
    this.pullDir = path.join(stateDir, 'models');
    this.#selectionFile = path.join(this.pullDir, 'selection.json');
    const extra = (env['GARIM_MODELS'] ?? '').split(':').filter((dir) => dir !== '');
    this.#folders = [
      ...extra.map((dir) => ({ dir, isDeep: true })),
      { dir: this.pullDir, isDeep: false },
      { dir: path.join(modelsDir, 'embedded'), isDeep: false },
    ];
  }

  entryOf(name: string): ModelEntry {
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (entry === undefined) {
      const names = this.entries.map((candidate) => candidate.name).join(', ');
      throw new UserError(`there is no model ${name}`, { fix: `use one of: ${names}` });
    }
    return entry;
  }

  async locate(name: string): Promise<string | undefined> {
    const entry = this.entryOf(name);
    for (const { dir, isDeep } of this.#folders) {
      const files = await onnxFiles(dir, isDeep ? DEPTH_MAX : 0);
      let wrong: { file: string; sha256: string } | undefined;
      for (const file of files) {
        const isNamed = path.basename(file) === entry.file;
        const info = await stat(file).catch(() => undefined);
        if (info === undefined || (!isNamed && info.size !== entry.sizeBytes)) continue;
        const sha256 = await this.#digestOf(file, `${file}\0${info.size}\0${info.mtimeMs}`);
        if (sha256 === entry.sha256) return file;
        if (isNamed) wrong ??= { file, sha256 };
      }
      if (wrong !== undefined) throw this.#mismatch(entry, wrong.file, wrong.sha256);
    }
    return undefined;
  }

  async resolve(name: string): Promise<ResolvedModel> {
    const entry = this.entryOf(name);
    const file = await this.locate(name);
    if (file === undefined)
      throw new WorldError('model-missing', `model ${name} is not here; ${this.#howToGet(entry)}`);
    const bytes = new Uint8Array(await readFile(file));
    // Checked again on the very bytes that are handed out: the file may have changed since it was looked at.
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== entry.sha256) throw this.#mismatch(entry, file, sha256);
    return { entry, path: file, bytes };
  }

  async selectModels(categories: readonly DetectionLabel[] = CATEGORIES): Promise<ModelSelection> {
    const picked = new Map<string, ResolvedModel>();
    const missing: MissingCategory[] = [];
    const chosen = (await this.chosen()).map((name) => this.entryOf(name));
    for (const entry of chosen) {
      if ((await this.locate(entry.name)) !== undefined) picked.set(entry.name, await this.resolve(entry.name));
    }
    for (const category of categories) {
      const finders = (entry: ModelEntry) => entry.labels.includes(category);
      if ([...picked.values()].some(({ entry }) => finders(entry))) continue;
      // A choice that is gone is not replaced by another model behind the operator's back.
      const gone = chosen.find(finders);
      const found = gone === undefined ? await this.#firstPresent(this.entries.filter(finders)) : undefined;
      if (found === undefined) missing.push({ category, advice: this.#adviceFor(category, gone) });
      else picked.set(found.entry.name, found);
    }
    return { models: [...picked.values()], missing };
  }

  async chosen(): Promise<string[]> {
    let text: string;
    try {
      text = await readFile(this.#selectionFile, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    try {
      const { models } = selectionSchema.parse(JSON.parse(text));
      for (const name of models) this.entryOf(name);
      return models;
    } catch (error) {
      throw new UserError(`${this.#selectionFile} can't be used: ${messageOf(error)}`, {
        fix: 'run: garim models use default',
        cause: error,
      });
    }
  }

  async choose(names: readonly string[]): Promise<void> {
    for (const name of names) this.entryOf(name);
    if (names.length === 0) return rm(this.#selectionFile, { force: true });
    await mkdir(this.pullDir, { recursive: true });
    const temporary = `${this.#selectionFile}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify({ models: names })}\n`);
    await rename(temporary, this.#selectionFile);
  }

  async #firstPresent(entries: readonly ModelEntry[]): Promise<ResolvedModel | undefined> {
    for (const { name } of entries) {
      if ((await this.locate(name)) !== undefined) return this.resolve(name);
    }
    return undefined;
  }

  async #digestOf(file: string, key: string): Promise<string> {
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file)) hash.update(chunk);
    const sha256 = hash.digest('hex');
    if (this.#digests.size >= FILES_MAX) this.#digests.clear();
    this.#digests.set(key, sha256);
    return sha256;
  }

  #adviceFor(category: DetectionLabel, gone: ModelEntry | undefined): string {
    const entry = gone ?? this.entries.find((e) => e.labels.includes(category) && e.source.url !== undefined);
    const what = gone === undefined ? `no model finds ${category}s` : `the chosen model ${gone.name} is not here`;
    return entry === undefined ? `${what}; install Garim again` : `${what}; ${this.#howToGet(entry)}`;
  }

  #howToGet(entry: ModelEntry): string {
    return entry.source.url === undefined
      ? `put ${entry.file} into a folder of GARIM_MODELS`
      : `run: garim models pull ${entry.name}`;
  }

  #mismatch(entry: ModelEntry, file: string, sha256: string): WorldError {
    const isEmbedded = this.#folders.at(-1)?.dir === path.dirname(file);
    const help = isEmbedded
      ? 'install Garim again'
      : entry.source.url === undefined
        ? 'remove the file'
        : `remove the file and run: garim models pull ${entry.name}`;
    return new WorldError(
      'model-digest-mismatch',
      `${file} is not model ${entry.name}: expected sha256 ${entry.sha256}, found ${sha256}; ${help}`,
    );
  }
}

/** Paths of *.onnx files below the folder, sorted; empty when the folder can't be read. */
async function onnxFiles(dir: string, depth: number, out: string[] = []): Promise<string[]> {
  const items = await readdir(dir, { withFileTypes: true }).catch(() => []);
  for (const item of items.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(dir, item.name);
    if (out.length >= FILES_MAX) break;
    if (item.isDirectory() && depth > 0) await onnxFiles(file, depth - 1, out);
    else if (item.name.endsWith('.onnx') && !item.isDirectory()) out.push(file);
  }
  return out;
}

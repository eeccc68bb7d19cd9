/** How a configuration that was composed gets its name: read back by the loader first, so that Garim never starts on one that it can't read. */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { partialNameFor, publish } from '../../base/whole-file.ts';
import { readConfig } from '../../config/load.ts';

interface NewConfig {
  text: string;
  mode: number;
  /** Cameras whose sources must be readable here. */
  cameras: readonly string[];
}

/** `before` is called when the text is known to be good. Rejects with the loader's UserError, or what the file system says. */
export async function publishConfig(
  file: string,
  { text, mode, cameras }: NewConfig,
  env: NodeJS.ProcessEnv,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  const partial = partialNameFor(file);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial, text, { mode, flag: 'wx' });
    await chmod(partial, mode);
    const { loaded } = await readConfig({ file: partial, cameras: [], env });
    const lost = cameras.find((name) => loaded.sources[name] === undefined);
    if (lost !== undefined) throw new Error(`the source of ${lost} can't be read back`);
    await before();
    await publish(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

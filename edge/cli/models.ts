/** `garim models`: which detection models there are, whether they are intact, and which are used. */
import { Command } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { pullModel } from '../camera/detect/pull.ts';
import { COCO_SSD_NAME, cocoSsdDir, pullCocoSsd, readCocoSsd } from '../camera/detect/second/weights.ts';
import { type ModelStore, openModelStore } from '../camera/detect/store.ts';

type Print = (line: string) => void;
type Action = (store: ModelStore, print: Print, names: string[], stateDir: string) => Promise<void>;

/** The subcommand for `main.ts`. Actions throw UserError and WorldError; `verify` sets the exit code when a file is wrong. */
export function modelsCommand(): Command {
  const command = new Command('models').description('list, check, fetch and choose detection models');
  const print: Print = (text) => command.configureOutput().writeOut?.(`${text}\n`);
  const add = (usage: string, description: string, action: Action) => {
    const sub = command.command(usage).description(description);
    sub.option('--state <dir>', 'folder for users, keys and models of this box', 'state');
    sub.action(async () => {
      const { state } = sub.opts<{ state: string }>();
      await action(openModelStore({ stateDir: state, env: process.env }), print, sub.args, state);
    });
  };
  add('list', 'show all known models, and where they are', list);
  add('verify', 'check the digest of every model that is here; exits with 1 when one is wrong', verify);
  add('pull <name>', 'fetch a model and check its digest; coco-ssd has its digests recorded at first use', pull);
  add('use <names...>', 'use these models from the next start on; "default" returns to the default choice', use);
  return command;
}

async function list(store: ModelStore, print: Print, _: string[], stateDir: string): Promise<void> {
  const rows = [['', 'NAME', 'FINDS', 'LICENCE', 'WHERE']];
  const inUse = await namesInUse(store);
  for (const { name, labels, licence, source } of store.entries) {
    const isHere = await whereIs(store, name);
    const where = isHere.file ?? isHere.fault ?? (source.url === undefined ? 'not here' : 'not here, can be pulled');
    rows.push([inUse.has(name) ? '*' : '', name, labels.join(' '), licence, where]);
  }
  const second = await whereIsCocoSsd(stateDir);
  const where = second.dir ?? second.fault ?? 'not here, can be pulled; for the second opinion';
  rows.push([second.dir === undefined ? '' : '*', COCO_SSD_NAME, 'person vehicle', 'Apache-2.0', where]);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  print(
    rows
      .map((row) =>
        row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd(),
      )
      .join('\n'),
  );
  await printSelection(store, print);
}

async function verify(store: ModelStore, print: Print, _: string[], stateDir: string): Promise<void> {
  let present = 0;
  for (const { name } of store.entries) {
    const { file, fault } = await whereIs(store, name);
    if (file !== undefined) {
      present++;
      print(`${name}: ok, ${file}`);
    } else if (fault !== undefined) {
      print(`${name}: WRONG, ${fault}`);
      process.exitCode = 1;
    }
  }
  const second = await whereIsCocoSsd(stateDir);
  if (second.dir !== undefined) {
    present++;
    print(`${COCO_SSD_NAME}: as recorded at first use, ${second.dir}`);
  } else if (second.fault !== undefined) {
    print(`${COCO_SSD_NAME}: WRONG, ${second.fault}`);
    process.exitCode = 1;
  }
  print(`${present} of ${store.entries.length + 1} known models are here and intact`);
}

async function pull(store: ModelStore, print: Print, names: string[], stateDir: string): Promise<void> {
  for (const name of names) {
    if (name === COCO_SSD_NAME) {
      await pullSecond(stateDir, print);
      continue;
    }
    if (!store.entries.some((entry) => entry.name === name)) {
      const can = store.entries.filter(({ source }) => source.url !== undefined).map((entry) => entry.name);
      throw new UserError(`there is no model ${name}`, { fix: `pull one of: ${[...can, COCO_SSD_NAME].join(', ')}` });
    }
    const { file } = await whereIs(store, name);
    print(
      file === undefined ? `${name}: fetched to ${await pullModel(store, name)}` : `${name}: already here, ${file}`,
    );
  }
}

async function pullSecond(stateDir: string, print: Print): Promise<void> {
  const { dir, files, isFirstUse } = await pullCocoSsd(stateDir);
  print(`${COCO_SSD_NAME}: ${isFirstUse ? 'recorded at first use' : 'as recorded at first use'}, ${dir}`);
  for (const { name, sha256 } of files) print(`  sha256 ${sha256}  ${name}`);
  print('cameras use it for the second opinion from their next start on');
}

async function use(store: ModelStore, print: Print, names: string[]): Promise<void> {
  const chosen = names.length === 1 && names[0] === 'default' ? [] : names;
  if (chosen.includes(COCO_SSD_NAME)) {
    throw new UserError(`${COCO_SSD_NAME} finds neither faces nor plates`, {
      fix: 'pull it: it then is the second opinion, whatever models are in use',
    });
  }
  for (const name of chosen) await store.resolve(name);
  await store.choose(chosen);
  await printSelection(store, print);
}

async function printSelection(store: ModelStore, print: Print): Promise<void> {
  try {
    const { models, missing } = await store.selectModels();
    print(`in use: ${models.map(({ entry }) => entry.name).join(', ') || 'none'}`);
    for (const { advice } of missing) print(advice);
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    print(`in use: none; ${error.message}`);
  }
}

async function namesInUse(store: ModelStore): Promise<Set<string>> {
  try {
    return new Set((await store.selectModels()).models.map(({ entry }) => entry.name));
  } catch (error) {
    if (error instanceof WorldError) return new Set();
    throw error;
  }
}

/** The verified file of a model, or what is wrong with the one that is there. */
async function whereIs(store: ModelStore, name: string): Promise<{ file?: string; fault?: string }> {
  try {
    const file = await store.locate(name);
    return file === undefined ? {} : { file };
  } catch (error) {
    if (error instanceof WorldError && error.code === 'model-digest-mismatch') return { fault: messageOf(error) };
    throw error;
  }
}

/** The folder of the weights when they are as recorded, or what is wrong with them. */
async function whereIsCocoSsd(stateDir: string): Promise<{ dir?: string; fault?: string }> {
  try {
    return (await readCocoSsd(stateDir)) === undefined ? {} : { dir: cocoSsdDir(stateDir) };
  } catch (error) {
    if (error instanceof WorldError) return { fault: messageOf(error) };
    throw error;
  }
}

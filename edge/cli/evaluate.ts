/** `garim evaluate`: what the filter covers and what it misses, measured on inputs whose truth is known. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { rootLog } from '../base/log.ts';
import { openModelStore } from '../camera/detect/store.ts';
import { clipPart } from './evaluate/clip.ts';
import { dataPart } from './evaluate/data.ts';
import type { EvaluateOptions, Part } from './evaluate/part.ts';
import { streetPart } from './evaluate/street.ts';
import { textPart } from './evaluate/texts.ts';

const PARTS: readonly Part[] = [dataPart, streetPart, clipPart, textPart];

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('measure what is covered and what is missed, on inputs whose truth is known')
    .option('--data <dir>', 'labelled pictures: every annotations.jsonl below the folder')
    .option('--live', 'look at pictures once, as a camera does, and not as `garim redact` does', false)
    .option('--every <n>', 'of the pictures, only each n-th', positiveInteger, 1)
    .option('--curve', 'print coverage against over-cover for other thresholds, too', false)
    .option('--baseline <file>', 'fail when coverage is below what the file records')
    .option('--simulated <seconds>', 'the simulated street: misses over time', positive)
    .option('--seed <n,...>', 'which streets', seeds, [1])
    .option('--night', 'streets at night', false)
    .option('--rain', 'streets in the rain', false)
    .option('--clip <file...>', 'videos: contact sheets of every track, to look at')
    .option('--text <dir>', 'labelled texts: every *.jsonl in the folder, by type of identifier')
    .option('--misses <dir>', 'folder for contact sheets of what was missed; they show people uncovered')
    .option('--json <file>', 'write all figures as JSON')
    .option('--state <dir>', 'folder for users, keys and models of this box', 'state')
    .addHelpText(
      'after',
      `
A labelled box counts as covered when at least 80 % of it is hidden. Over-cover is the share of the picture that is hidden
away from every labelled box, each grown by half its size on every side. Boxes marked "ignore" are not scored.

Exit code: 0 measured; 1 below the baseline, or a perfect detector leaked, or an input is at fault.

Examples:
  garim evaluate --data pictures/ --misses misses/
  garim evaluate --data pictures/ --live --curve
  garim evaluate --simulated 20 --seed 1,2 --night
  garim evaluate --clip gate.mp4 --misses sheets/
  garim evaluate --text texts/`,
    );
  return command.action(async () => {
    const print = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
    await evaluate(command.opts<EvaluateOptions>(), print);
  });
}

async function evaluate(options: EvaluateOptions, print: (line: string) => void): Promise<void> {
  rootLog.level = 'silent'; // what matters is said below
  const parts = PARTS.filter(({ option }) => options[option] !== undefined);
  if (parts.length === 0) {
    const fix = `name at least one of ${PARTS.map(({ option }) => `--${option}`).join(', ')}`;
    throw new UserError('nothing to measure', { fix });
  }
  const store = openModelStore({ stateDir: options.state, env: process.env });
  const all: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const part of parts) {
    const { data, fault } = await part.run({ options, store, log: rootLog, print });
    all[part.option] = data;
    if (fault !== undefined) faults.push(fault);
  }
  if (options.misses !== undefined)
    print('The contact sheets show people and plates uncovered: delete them after use.');
  if (options.json !== undefined) await writeJson(options.json, all);
  for (const fault of faults) print(fault);
  if (faults.length > 0) process.exitCode = 1;
}

async function writeJson(file: string, all: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(all, undefined, 2)}\n`);
  } catch (error) {
    throw new WorldError('disk-failed', `can't write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('write a number above 0');
  return value;
}

function positiveInteger(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('write a whole number');
  return value;
}

const seeds = (text: string): number[] => text.split(',').map(positiveInteger);

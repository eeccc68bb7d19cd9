/** `garim ledger measured`: puts a figure that tools found outside of the log on record, with the digest of their output. */
import { createHash } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { MEASUREMENTS } from '../../indicator/compute/measured.ts';
import { instantOf } from '../../ledger/window.ts';
import { readText } from '../read-text.ts';
import { softwareVersion } from '../version.ts';
import { addWitnessOption, appendLeaves, type Witness } from './append.ts';

interface Flags {
  state: string;
  unit: string;
  method: string;
  num?: number;
  den?: number;
  low?: number;
  value?: number;
  high?: number;
  witnessAt: Witness[];
}

export function measuredCommand(): Command {
  const figure = (flags: string, text: string): Option => new Option(flags, text).argParser(number);
  const command = addWitnessOption(new Command('measured'))
    .argument('<about>', `what was measured: ${MEASUREMENTS.join(', ')}`, about)
    .argument('<output>', 'output of the tool that measured; its digest goes on record, the file is yours to keep')
    .description('put a figure that was measured elsewhere on record; the agent must not run meanwhile')
    .requiredOption('--unit <name>', 'what is counted, e.g. fault')
    .requiredOption('--method <name>', 'how it was measured, e.g. auc-bootstrap-upper')
    .addOption(figure('--num <n>', 'numerator'))
    .addOption(figure('--den <n>', 'denominator: how many were tried'))
    .addOption(figure('--low <n>', 'lower end of the confidence interval'))
    .addOption(figure('--value <n>', 'the figure'))
    .addOption(figure('--high <n>', 'upper end of the confidence interval'))
    .option('--state <dir>', 'folder for the state of this box', 'state')
    .addHelpText(
      'after',
      `
Examples:
  garim attack --json attack.json
  garim ledger measured linkage-attack attack.json --unit trial --method auc-bootstrap-upper --high 0.031 --den 1200
  garim ledger measured fault-injection faults.log --unit fault --method fault-suite --num 38 --den 38`,
    );
  return command.action(async (what: string, output: string) => {
    const { state, witnessAt, unit, method, num, den, low, value, high } = command.opts<Flags>();
    const evidence = `sha256:${createHash('sha256')
      .update(await readText(output))
      .digest('hex')}`;
    const given = Object.entries({ num, den, low, value, high }).filter(([, each]) => each !== undefined);
    const at = instantOf(Date.now());
    const named = { at, about: what, unit, method, software: softwareVersion(), evidence };
    const [index] = await appendLeaves(state, witnessAt, [
      { kind: 'measurement', ...named, ...Object.fromEntries(given) },
    ]);
    command.configureOutput().writeOut?.(`on record: leaf ${index}\n`);
  });
}

function about(text: string): string {
  if ((MEASUREMENTS as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`it is one of ${MEASUREMENTS.join(', ')}`);
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('write a number');
  return value;
}

/** `garim attack`: a simulated city through the real filter, and what an observer gets out of it. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, WorldError } from '../base/errors.ts';
import { policyDigest, readPolicyFile } from '../policy/load.ts';
import { ATTACK_DAYS, type AttackReport, attack, defaultBoxPolicy, PEOPLE_DEFAULT } from '../sensor/attack/run.ts';
import { linkageProblems } from '../sensor/guard/bound.ts';
import { adapterFields } from '../sensor/setup.ts';

interface AttackFlags {
  policy?: string;
  seed: number;
  people: number;
  guard: boolean;
  json?: string;
}

/** Fewer leave nobody to ask about; more do not fit the memory of a box. */
const PEOPLE_MIN = 40;
const PEOPLE_MAX = 20_000;

/** Exit code. */
const UNDECIDED = 2;

export function attackCommand(): Command {
  const command = new Command('attack');
  return command
    .description('try to single people out of what is released: a simulated city through the real filter')
    .option('--policy <file>', "policy file; without it a box with each adapter's own policy")
    .option('--seed <n>', 'which city: the same seed is the same city', wholeNumber, 1)
    .option('--people <n>', 'how many live there', wholeNumber, PEOPLE_DEFAULT)
    .option('--without-guard', 'show what the attacks find when nothing is protected; in the simulator only')
    .option('--json <file>', 'write the figures as JSON')
    .addHelpText(
      'after',
      `
Advantage over guessing is AUC - 0.5: 0 is guessing, 0.5 is certainty. The observer knows all that the person did and what other days
looked like. Intervals are 95 %, by bootstrap over days. An attack is undecided, and no pass, where so few people live that nothing was
released, or that the interval holds the bound.

Exit code: 0 all upper ends are within the bound; 1 an attack is above it, or the policy is refused; 2 none is above it, but some are undecided.

Examples:
  garim attack
  garim attack --policy policy.yaml --people 5000 --json attack.json
  garim attack --without-guard`,
    )
    .action(async (flags: Omit<AttackFlags, 'guard'> & { withoutGuard?: boolean }) => {
      const write = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
      await run({ ...flags, guard: flags.withoutGuard !== true }, write);
    });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('write a whole number');
  return Number(text);
}

async function run(
  { policy: file, seed, people, guard, json }: AttackFlags,
  write: (line: string) => void,
): Promise<void> {
  if (people < PEOPLE_MIN || people > PEOPLE_MAX)
    throw new InvalidArgumentError(`--people: from ${PEOPLE_MIN} to ${PEOPLE_MAX}`);
  const policy = file === undefined ? defaultBoxPolicy() : await readPolicyFile(file, adapterFields());
  const problems = linkageProblems(policy);
  for (const { sensors, what, fix } of problems) write(`refused at load: ${sensors.join(', ')}: ${what}. ${fix}`);
  const report = attack({ policy, seed, people, days: ATTACK_DAYS, isProtected: guard });
  for (const line of linesOf(report)) write(line);
  if (json !== undefined)
    await save(json, {
      seed,
      people,
      days: ATTACK_DAYS,
      guard,
      policyDigest: policyDigest(policy),
      problems,
      ...report,
    });
  const verdicts = new Set(report.results.map(({ verdict }) => verdict));
  if (problems.length > 0 || verdicts.has('fail')) process.exitCode = 1;
  else if (verdicts.has('undecided')) process.exitCode = UNDECIDED;
}

function linesOf({ results, notSimulated, figuresPerDay, bound }: AttackReport): string[] {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(32) : cell.padStart(18))).join('');
  const signed = (value: number): string => value.toFixed(3);
  const silent = Object.entries(figuresPerDay).filter(([, figures]) => figures === 0);
  return [
    row(['attack', 'advantage', '95 % interval', 'bound', 'trials', 'verdict']),
    ...results.map(({ attack: name, advantage, low, high, trials, verdict }) =>
      row([
        name,
        signed(advantage),
        `${signed(low)} to ${signed(high)}`,
        signed(bound),
        `${trials}`,
        verdict === 'fail' ? 'FAIL' : verdict,
      ]),
    ),
    '',
    ...undecidedLines(results),
    `figures released a day: ${Object.entries(figuresPerDay)
      .map(([adapter, figures]) => `${adapter} ${figures.toFixed(1)}`)
      .join(', ')}`,
    ...silent.map(([adapter]) => `${adapter}: nothing was released in so small a city, so its row shows nothing`),
    ...(notSimulated.length === 0 ? [] : [`not simulated: ${notSimulated.join(', ')}`]),
  ];
}

function undecidedLines(results: AttackReport['results']): string[] {
  const undecided = results.filter(({ verdict }) => verdict === 'undecided');
  if (undecided.length === 0) return [];
  const peopleMin = Math.min(PEOPLE_MAX, Math.max(0, ...undecided.map((result) => result.peopleMin ?? 0)));
  const advice = peopleMin > 0 ? `too few people to tell; use at least --people ${peopleMin}` : 'try another --seed';
  return [`undecided (${undecided.length} of ${results.length}): ${advice}`, ''];
}

async function save(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** `garim report`: the indicators of a period, computed from the record, as a page for people and as data. */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { readConfig } from '../config/load.ts';
import { computeAll } from '../indicator/compute/index.ts';
import type { Live } from '../indicator/evidence.ts';
import { type Period, parsePeriod } from '../indicator/period.ts';
import { type Report, reportJson, reportPage } from '../indicator/report/page.ts';
import type { Result } from '../indicator/result.ts';
import { statementsOf } from '../indicator/statement.ts';
import { parseVerifier, type Verifier } from '../ledger/note.ts';
import { missingForNotice, noticeOf, signDigest } from '../notice/content.ts';
import { sensorSetup } from '../sensor/setup.ts';
import { addWitnessOption, appendLeaves, type Witness } from './record/append.ts';
import { type Gathered, gather, leavesWithProofs } from './report/gather.ts';
import { softwareVersion } from './version.ts';

interface ReportFlags {
  period: Period;
  out?: string;
  json?: string;
  state: string;
  key?: Verifier;
  witness: Verifier[];
  config?: string;
  sign?: boolean;
  witnessAt: Witness[];
}

/** Leaves of one indicator that are shown with their proofs; all are named, and `garim ledger prove` gives the others'. */
const PROOFS_SHOWN_MAX = 8;

export function reportCommand(): Command {
  const command = addWitnessOption(new Command('report'))
    .description('the indicators of a period, computed from the record of this box')
    .requiredOption('--period <period>', 'a week, a month or a day in UTC: 2026-W47, 2026-11, 2026-11-23', parsePeriod)
    .option('--out <file>', 'HTML page, Korean and English, ready to print')
    .option('--json <file>', 'the same as JSON')
    .option('--state <dir>', 'folder for the state of this box', 'state')
    .option('--key <vkey>', 'the key of the log, from elsewhere', parseVerifier)
    .option('--witness <vkey>', 'a witness that must have cosigned; may be repeated', addVerifier, [])
    .option('--config <file>', 'configuration of the box: its sign, its budgets and its witnesses')
    .option('--sign', 'put the results on record as statements of the box; the agent must not run meanwhile')
    .addHelpText(
      'after',
      `
The log is verified first; of one that does not verify nothing is believed, and the report says so. Where there is no evidence an
indicator is unknown, never passed.

Exit code: 0 the report is written; 1 the log does not verify (the report is written and says so), or there is a fault.

Examples:
  garim report --period 2026-W47 --out report.html
  garim report --period 2026-11 --json november.json --key 'box.example/ledger+1a2b3c4d+AY...'`,
    );
  return command.action(async () => {
    const print = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
    await report(command.opts<ReportFlags>(), print);
  });
}

function addVerifier(text: string, all: Verifier[]): Verifier[] {
  return [...all, parseVerifier(text)];
}

async function report(flags: ReportFlags, print: (line: string) => void): Promise<void> {
  if (flags.out === undefined && flags.json === undefined)
    throw new UserError('there is nowhere to write to', { fix: 'give --out FILE, --json FILE or both' });
  const { live, known } = await configured(flags.config, print);
  const { state: stateDir, period, key, witness: witnesses } = flags;
  const gathered = await gather({ stateDir, period, key, witnesses, known, live });
  const results = computeAll(gathered.evidence);
  const made = await reportOf(gathered, results, { period, isKeyGiven: key !== undefined });
  if (flags.out !== undefined) await write(flags.out, reportPage(made));
  if (flags.json !== undefined) await write(flags.json, `${JSON.stringify(reportJson(made), undefined, 2)}\n`);
  const count = (status: string): number => [...results.values()].filter((result) => result.status === status).length;
  print(`${count('pass')} pass, ${count('fail')} fail, ${count('reported')} reported, ${count('unknown')} unknown`);
  if (made.log === undefined) print(`there is no log in ${stateDir}: without evidence everything is unknown`);
  for (const fault of made.log?.faults ?? []) print(`WRONG: ${fault}`);
  if ((made.log?.faults.length ?? 0) > 0) process.exitCode = 1;
  if (flags.sign !== true) return;
  if (made.log === undefined || made.log.faults.length > 0)
    throw new UserError('nothing is signed: there is no log that verifies', { fix: 'see what is wrong above' });
  const indices = await appendLeaves(stateDir, flags.witnessAt, statementsOf(results, period));
  print(`on record: leaves ${indices[0]} to ${indices.at(-1)}`);
}

interface Configured {
  live: Live;
  /** Its witnesses. */
  known: Verifier[];
}

/** What the configuration says now; nothing without one. What a sign lacks does not keep a report from being made: it is said. */
async function configured(file: string | undefined, print: (line: string) => void): Promise<Configured> {
  if (file === undefined) return { live: {}, known: [] };
  const { loaded } = await readConfig({ file, cameras: [], env: process.env });
  const setup = await sensorSetup(loaded.config);
  const known = loaded.config.ledger.witnesses.map(({ vkey }) => parseVerifier(vkey));
  const caps = Object.entries(setup.policy.sensors).flatMap(([name, { epsilonPerDay }]) =>
    epsilonPerDay === undefined ? [] : [[name, epsilonPerDay] as const],
  );
  const epsilonPerDay = Object.fromEntries(caps);
  // A box without signs has no sign that could be stale.
  if (loaded.config.controller === undefined) return { live: { epsilonPerDay }, known };
  const missing = missingForNotice(loaded.config);
  const digest = missing.length === 0 ? signDigest(noticeOf(loaded.config, setup)) : undefined;
  if (digest === undefined)
    print(`no sign can be current: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set in ${file}`);
  return { live: { epsilonPerDay, sign: { digest } }, known };
}

async function reportOf(
  gathered: Gathered,
  results: ReadonlyMap<number, Result>,
  { period, isKeyGiven }: { period: Period; isKeyGiven: boolean },
): Promise<Report> {
  const { log } = gathered;
  const shown = [...results.values()].flatMap(({ proofs }) => spread(proofs, PROOFS_SHOWN_MAX));
  return {
    period,
    madeAt: `${new Date().toISOString().slice(0, 19)}Z`,
    software: softwareVersion(),
    log: log && {
      box: log.box,
      origin: log.checkpoint?.origin ?? '',
      vkey: log.audit.vkey,
      isKeyGiven,
      size: log.checkpoint?.size ?? 0,
      root: log.checkpoint?.root.toString('base64') ?? '',
      note: log.checkpoint?.bytes.toString('utf8') ?? '',
      faults: log.audit.faults,
    },
    results,
    leaves: await leavesWithProofs(gathered, shown),
  };
}

/** At most so many, from first to last. */
function spread(indices: readonly number[], max: number): number[] {
  if (indices.length <= max) return [...indices];
  return Array.from({ length: max }, (_, i) => indices[Math.round((i * (indices.length - 1)) / (max - 1))]!);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * `garim doctor`: all checks of doctor/, one line each. It changes nothing on the box, and answers within seconds even where a
 * camera or a driver does not.
 */
import { Command } from 'commander';
import { messageOf, UserError } from '../base/errors.ts';
import { scrub } from '../base/secrets.ts';
import { type LoadedConfig, type LoadOptions, readConfig } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';
import { checkCertificates } from './doctor/certificates.ts';
import { type Check, type CheckResult, type DoctorContext, fail, ok } from './doctor/check.ts';
import { checkCodecs } from './doctor/codecs.ts';
import { checkInference } from './doctor/inference.ts';
import { checkHeat, checkWear } from './doctor/life.ts';
import { checkClock, checkCoreDumps, checkCpu, checkFfmpeg, checkMemory, checkNode } from './doctor/machine.ts';
import { checkCounts, checkModels, checkSecondOpinion } from './doctor/models.ts';
import { checkCameras, checkDisk, checkPorts, checkSecretFiles, checkState } from './doctor/places.ts';
import { realSystem } from './doctor/system.ts';
import { addConfigOptions, type ConfigOptions, loadOptionsOf } from './options.ts';

const CHECK_TIMEOUT_MS = 15_000;

/** Name, shown when the check itself breaks, and the check; in the order of the output. */
const checks: readonly [string, Check][] = [
  ['node', checkNode],
  ['cpu', checkCpu],
  ['memory', checkMemory],
  ['models', checkModels],
  ['second opinion', checkSecondOpinion],
  ['counts', checkCounts],
  ['inference', checkInference],
  ['hardware codecs', checkCodecs],
  ['ffmpeg', checkFfmpeg],
  ['clock', checkClock],
  ['core dumps', checkCoreDumps],
  ['state', checkState],
  ['disk', checkDisk],
  ['wear', checkWear],
  ['heat', checkHeat],
  ['secrets', checkSecretFiles],
  ['certificates', checkCertificates],
  ['ports', checkPorts],
  ['cameras', checkCameras],
];

export function doctorCommand(): Command {
  return addConfigOptions(new Command('doctor'))
    .option('--json', 'print the results as a JSON array of {name, status, detail, fix}')
    .addHelpText('after', '\nExit code 1 if any check fails; a warning alone does not.')
    .action(async (options: ConfigOptions & { json?: boolean }) => {
      const results = await examine(loadOptionsOf(options));
      process.stdout.write(scrub(options.json ? `${JSON.stringify(results, null, 2)}\n` : linesOf(results)));
      if (results.some(({ status }) => status === 'fail')) process.exitCode = 1;
    });
}

async function examine(options: LoadOptions): Promise<CheckResult[]> {
  const { loaded, results } = await examineConfig(options);
  const context: DoctorContext = { loaded, env: options.env, system: realSystem };
  const found = await Promise.all(checks.map(([name, check]) => answerInTime(name, check, context)));
  return [...results, ...found.flat()];
}

/** With a configuration that can't be used, the checks of the box still run, on defaults. */
async function examineConfig(options: LoadOptions): Promise<{ loaded: LoadedConfig; results: CheckResult[] }> {
  const broken = (lines: readonly string[]): CheckResult[] =>
    lines.map((line) => fail('configuration', line, 'Mend it, then repeat.'));
  try {
    const { loaded, sourceProblems } = await readConfig(options);
    const results = sourceProblems.length > 0 ? broken(sourceProblems) : [ok('configuration', loaded.origin)];
    return { loaded, results };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const loaded = { config: configSchema.parse({}), sources: {}, intakes: {}, hubs: {}, origin: 'defaults' };
    return { loaded, results: broken([...error.message.split('\n')]) };
  }
}

async function answerInTime(name: string, check: Check, context: DoctorContext): Promise<CheckResult[]> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), CHECK_TIMEOUT_MS);
  const timeout = new Promise<never>((_, reject) => {
    late.signal.addEventListener('abort', () => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`)));
  });
  try {
    return [await Promise.race([check(context), timeout])].flat();
  } catch (error) {
    return [fail(name, `the check could not be made: ${messageOf(error)}`, 'Repeat it; if it stays, report it.')];
  } finally {
    clearTimeout(timer);
  }
}

export function linesOf(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  return results
    .map(({ status, name, detail, fix }) => {
      const line = `${status.padEnd(4)}  ${name.padEnd(width)}  ${detail}`;
      return `${fix === undefined ? line : `${line}${/[.?!]$/.test(line) ? '' : '.'} ${fix}`}\n`;
    })
    .join('');
}

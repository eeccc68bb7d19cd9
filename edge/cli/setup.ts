/** `garim setup`: from nothing to a configuration that filters, by an answers file or by questions on the terminal. */
import { existsSync } from 'node:fs';
import { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { rootLog } from '../base/log.ts';
import { scrub } from '../base/secrets.ts';
import { DEFAULT_FILE } from '../config/load.ts';
import { realSystem } from './doctor/system.ts';
import { linesOf } from './doctor.ts';
import { firstUser } from './run.ts';
import { readAnswers } from './setup/answers.ts';
import { findCameras, searchLines } from './setup/find.ts';
import { configuredCameras, type SetupOptions, setUp } from './setup/steps.ts';

const SERVICE = '/lib/systemd/system/garim.service';
const SERVICE_CONFIG = '/etc/garim/garim.yaml';

interface Options {
  answers?: string;
  config: string;
  state?: string;
  replace?: boolean;
  find?: boolean;
  interface?: string[];
}

export function setupCommand(): Command {
  return new Command('setup')
    .option('--answers <file>', 'YAML file with all answers: asks nothing')
    .option('--config <file>', 'configuration to write', DEFAULT_FILE)
    .option('--state <dir>', 'folder for users, keys and models of this box (default: state, beside the configuration)')
    .option('--replace', 'start a new configuration; the one before is kept under another name')
    .option('--find', 'only list the cameras that answer')
    .option('--interface <name...>', 'look for cameras on these network interfaces only')
    .addHelpText(
      'after',
      `
Finds cameras (ONVIF, mDNS), tries them, stores a filtered picture of each, chooses the stream that this box can carry, checks the
clocks, makes the first user and a certificate, and writes the configuration. What a configuration has already stays as it is.

Answers file, e.g.:
  cameras:
    gate: { onvif: 192.0.2.7, user: admin, password: { file: gate.password } }
    yard: { url: { env: YARD_URL } }
  time: { cameras: set }

Examples:
  garim setup --find
  garim setup
  garim setup --answers answers.yaml --config /etc/garim/garim.yaml --state /var/lib/garim`,
    )
    .action(setup);
}

async function setup(options: Options): Promise<void> {
  rootLog.level = 'silent'; // what matters is said below
  if (options.find === true) {
    const lines = searchLines(await findCameras(options.interface, rootLog));
    process.stdout.write(scrub(`${lines.join('\n')}\n`));
    return;
  }
  const say = (line: string): void => void process.stderr.write(scrub(`${line}\n`));
  const base: SetupOptions = {
    configFile: options.config,
    state: options.state,
    replace: options.replace === true,
    env: process.env,
    system: realSystem,
    clock: systemClock,
    log: rootLog,
    say,
    showFirstUser: (created) => void process.stderr.write(firstUser(created)),
  };
  const results = await (options.answers === undefined ? ask(options, base) : byFile(options.answers, base));
  process.stdout.write(scrub(linesOf(results)));
  process.stdout.write(`Start it:  ${startOf(options)}\n`);
  if (results.some(({ status }) => status === 'fail')) process.exitCode = 1;
}

/** Where the package is installed, its service runs this configuration. */
function startOf({ config, state }: Options): string {
  if (config === SERVICE_CONFIG && existsSync(SERVICE)) return 'systemctl restart garim';
  return `garim run --config ${config}${state === undefined ? '' : ` --state ${state}`}`;
}

async function byFile(file: string, options: SetupOptions): Promise<Awaited<ReturnType<typeof setUp>>> {
  return setUp(await readAnswers(file, options.env), options);
}

async function ask(options: Options, base: SetupOptions): Promise<Awaited<ReturnType<typeof setUp>>> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UserError('garim setup asks questions, and there is no terminal.', {
      fix: 'Give the answers in a file: garim setup --answers FILE.',
    });
  }
  const { askPlan, confirmPicture } = await import('./setup/questions.ts');
  const taken = await configuredCameras(base);
  const plan = await askPlan({ interfaces: options.interface, taken, log: base.log });
  return setUp(plan, { ...base, confirmPicture });
}

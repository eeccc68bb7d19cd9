/** `garim policy`: check, explain, compare, sign and install what is released about people. */
import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { planInstall, signPolicy } from '../policy/bundle.ts';
import { type Decision, decideField, decideReading, decideUnnamed, ordersInForce } from '../policy/decide.ts';
import { type Change, diffPolicies, duration, isLoosened } from '../policy/diff.ts';
import { keyIdOf, newSigningKey, parseSigningKey, parseTrustKey } from '../policy/envelope.ts';
import { policyDigest, policyJsonSchema, readPolicyFile } from '../policy/load.ts';
import type { Policy } from '../policy/schema.ts';
import { categoryOf } from '../policy/taxonomy.ts';
import { adapterFields, refuseUnsafe } from '../sensor/setup.ts';
import { readText } from './read-text.ts';

export const DEFAULT_POLICY_FILE = 'policy.yaml';

type Print = (line: string) => void;

export function policyCommand(): Command {
  const command = new Command('policy');
  const print: Print = (line) => command.configureOutput().writeOut?.(`${line}\n`);
  command
    .command('check')
    .argument('[file]', 'policy file', DEFAULT_POLICY_FILE)
    .description(
      'list every mistake of a policy file with its line and the fix, and what would single people out; exit code 1 if there is one',
    )
    .action((file: string) => check(file, print));
  command
    .command('schema')
    .description('print the JSON Schema (draft 2020-12) of the policy file')
    .action(() => print(JSON.stringify(policyJsonSchema(), null, 2)));
  command
    .command('explain')
    .description('say what becomes of a field, by which rule, and what would change it')
    .requiredOption('--sensor <name>', 'a sensor of the policy')
    .option('--field <name>', 'one field; without it all that the policy names')
    .option('--policy <file>', 'policy file', DEFAULT_POLICY_FILE)
    .option('--refused', 'for somebody who refused')
    .option('--opted-in', 'for somebody who agreed')
    .option('--paused', 'while the zone is paused')
    .action((options: ExplainOptions) => explain(options, print));
  command
    .command('diff')
    .argument('<old>', 'policy file')
    .argument('<new>', 'policy file')
    .description('say what a change would newly let out')
    .action((before: string, after: string) => diff(before, after, print));
  command
    .command('keygen')
    .description('make the key pair that policies and opt-out batches are signed with')
    .requiredOption('--out <file>', 'where the private key goes; the public one gets the same name with .pub')
    .action(({ out }: { out: string }) => keygen(out, print));
  command
    .command('sign')
    .argument('[file]', 'policy file', DEFAULT_POLICY_FILE)
    .description('make a signed bundle of a policy')
    .requiredOption('--key <file>', 'private key')
    .requiredOption('--out <file>', 'where the bundle goes')
    .action((file: string, options: { key: string; out: string }) => sign(file, options, print));
  command
    .command('install')
    .argument('<bundle>', 'signed bundle')
    .description('take a signed policy into force from the next start on; asks before anything is loosened')
    .requiredOption('--trust <file>', 'public key of the city')
    .option('--state <dir>', 'folder for users, keys and models of this box', 'state')
    .option('--yes', 'loosen without asking, for scripts')
    .action((bundle: string, options: InstallOptions) => install(bundle, options, print));
  return command;
}

async function check(file: string, print: Print): Promise<void> {
  const policy = await readPolicyFile(file, adapterFields());
  refuseUnsafe(policy);
  const count = Object.keys(policy.sensors).length;
  print(`${file}: valid, version ${policy.version}, ${count} sensor${count === 1 ? '' : 's'}`);
  print(`sha256 ${policyDigest(policy)}`);
}

interface ExplainOptions {
  sensor: string;
  field?: string;
  policy: string;
  refused?: boolean;
  optedIn?: boolean;
  paused?: boolean;
}

async function explain(options: ExplainOptions, print: Print): Promise<void> {
  const policy = await readPolicyFile(options.policy);
  const sensor = sensorOf(policy, options);
  const situation = {
    isRefused: options.refused === true,
    hasOptedIn: options.optedIn === true,
    isPaused: options.paused === true,
    orders: ordersInForce(policy, options.sensor, Date.now()),
  };
  const reading = decideReading(sensor, situation);
  print(`${options.sensor}, for ${sensor.purpose}, every ${duration(sensor.windowMs)}, k ${sensor.k}`);
  print(reading.isLeftOut ? 'The reading is left out: it is not even counted.' : 'The reading is counted.');
  const names = options.field === undefined ? Object.keys(sensor.fields) : [options.field];
  for (const name of names) {
    const field = Object.hasOwn(sensor.fields, name) ? sensor.fields[name] : undefined;
    const decision = field === undefined ? decideUnnamed() : decideField(field, situation);
    const category = field?.category ?? 'unknown';
    printDecision(name, `${category} (${categoryOf(category).term}, ${categoryOf(category).mode})`, decision, print);
  }
}

function sensorOf(policy: Policy, { sensor, policy: file }: ExplainOptions): Policy['sensors'][string] {
  const found = Object.hasOwn(policy.sensors, sensor) ? policy.sensors[sensor] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(policy.sensors).join(', ') || 'none';
  throw new UserError(`${file}: no sensor has this name, so nothing of it leaves.`, { fix: `It names: ${names}.` });
}

function printDecision(name: string, category: string, decision: Decision, print: Print): void {
  print('');
  print(`${name}: ${category}`);
  print(`  outcome   ${decision.transform.kind}, by the rule: ${decision.rule}`);
  print(`  because   ${decision.because}`);
  print(`  to change ${decision.toChange}`);
}

async function diff(before: string, after: string, print: Print): Promise<void> {
  printChanges(diffPolicies(await readPolicyFile(before), await readPolicyFile(after)), print);
}

function printChanges(changes: readonly Change[], print: Print): void {
  if (changes.length === 0) print('Both let out the same.');
  for (const { kind, at, text } of changes) print(`${kind.padEnd(8)}  ${at === '' ? '' : `${at}: `}${text}`);
}

async function keygen(out: string, print: Print): Promise<void> {
  const { privatePem, publicPem, keyId } = newSigningKey();
  await writeNew(out, privatePem, 0o600);
  try {
    await writeNew(`${out}.pub`, publicPem, 0o644);
  } catch (error) {
    await rm(out); // a private key without its other half is of no use
    throw error;
  }
  print(`private key: ${out} (keep it off the boxes)`);
  print(`public key:  ${out}.pub (id ${keyId}; give it to the boxes)`);
}

/** Never over a file that is there: it may be the only copy of a key. */
async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    const handle = await open(file, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new UserError(`${file} is there already.`, { fix: 'Name another file.' });
    }
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

async function sign(file: string, options: { key: string; out: string }, print: Print): Promise<void> {
  const key = parseSigningKey(await readText(options.key), options.key);
  const policy = await readPolicyFile(file);
  await writeNew(options.out, signPolicy(policy, key), 0o644);
  print(`${options.out}: version ${policy.version}, sha256 ${policyDigest(policy)}`);
}

interface InstallOptions {
  trust: string;
  state: string;
  yes?: boolean;
}

async function install(bundle: string, options: InstallOptions, print: Print): Promise<void> {
  const trust = parseTrustKey(await readText(options.trust), options.trust);
  const plan = await planInstall(await readText(bundle), { stateDir: options.state, trust, name: bundle });
  if (plan.isInstalled) {
    print(`version ${plan.policy.version} is in force already`);
    return;
  }
  // A box that refuses its policy at the next start would release nothing at all.
  refuseUnsafe(plan.policy);
  printChanges(plan.changes, print);
  if (isLoosened(plan.changes) && options.yes !== true) await confirm();
  await plan.install();
  print(`version ${plan.policy.version}, signed by ${keyIdOf(trust)}, is in force from the next start on`);
}

async function confirm(): Promise<void> {
  const fix = 'Read what is loosened above, and say --yes if it is meant.';
  if (!process.stdin.isTTY)
    throw new UserError('Not installed: this loosens, and nobody is there to be asked.', { fix });
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D are no answer.
    const answer = await lines.question('Let this out? Type yes to install: ').catch(() => '');
    if (answer.trim() !== 'yes') throw new UserError('Not installed.');
  } finally {
    lines.close();
  }
}

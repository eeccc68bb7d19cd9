/** `garim sensor`: the adapters, and a file of readings through the path that live sensors take. */
import { createWriteStream, type WriteStream } from 'node:fs';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { Command } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { scrub } from '../base/secrets.ts';
import { discard, partialNameFor, publish } from '../base/whole-file.ts';
import { policyDigest, readPolicyFile } from '../policy/load.ts';
import { type Policy, policySchema } from '../policy/schema.ts';
import { categoryOf } from '../policy/taxonomy.ts';
import { adapterNamed, adapterNames } from '../sensor/adapters/index.ts';
import type { Release } from '../sensor/messages.ts';
import { type ReplaySummary, replay } from '../sensor/replay.ts';
import { adapterFields, refuseUnsafe } from '../sensor/setup.ts';

interface ReplayFlags {
  adapter: string;
  out: string;
  policy?: string;
  sensor?: string;
}

export function sensorCommand(): Command {
  const command = new Command('sensor');
  command
    .command('adapters')
    .description('list what reads which messages, what its fields say about people, and what leaves by default')
    .action(() => adapters((line) => command.configureOutput().writeOut?.(`${line}\n`)));
  command
    .command('replay')
    .argument('<file>', 'NDJSON, JSON, CSV with a header, GPX, or a pcap capture of probe requests')
    .description('send a file of readings through the path that live sensors take, and write what would leave')
    .requiredOption('--adapter <name>', 'what reads the messages; garim sensor adapters lists them')
    .requiredOption('--out <file>', 'one release a line')
    .option('--policy <file>', "policy file; without it the adapter's own policy holds")
    .option('--sensor <name>', 'sensor of the policy; without it the only one that has the adapter')
    .addHelpText(
      'after',
      `
Windows are closed at the end of the file. Choices of people are not known for a file: opt-outs that readings carry themselves count,
and fields that need an opt-in are left out.

Exit code: 0 all is done; 1 a part of the file could not be read (the rest is written), or nothing could.

Examples:
  garim sensor replay probes.pcap --adapter wifi-probes --out counts.ndjson
  garim sensor replay reads.csv --adapter lpr --policy policy.yaml --sensor gate --out flow.ndjson`,
    )
    .action(replayFile);
  return command;
}

function adapters(print: (line: string) => void): void {
  for (const name of adapterNames()) {
    const { about, fields, defaultPolicy } = adapterNamed(name);
    print(`${name}: ${about}`);
    for (const [field, { type, category, about: what }] of Object.entries(fields)) {
      const transform = defaultPolicy.fields[field]?.transform;
      const { mode } = categoryOf(category);
      const leaves = transform === undefined || transform.kind === 'drop' ? 'nothing leaves' : LEAVES[transform.kind];
      print(`  ${field.padEnd(20)} ${type.padEnd(8)} ${category} (${mode}): ${leaves}. ${what}`);
    }
    print('');
  }
}

const LEAVES = {
  contributor: 'tells contributors apart inside one window, the value never leaves',
  'group-band': 'its band',
  'group-cell': 'its H3 cell',
  'group-value': 'one of the listed values',
  measure: 'a figure per window',
} as const;

async function replayFile(file: string, flags: ReplayFlags): Promise<void> {
  const { policy, sensor } = await policyFor(flags);
  refuseUnsafe(policy);
  if (path.resolve(file) === path.resolve(flags.out)) {
    throw new UserError('--out names the input.', { fix: 'Write to another file.' });
  }
  const partial = partialNameFor(flags.out);
  const output = await openOutput(partial, flags.out);
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => stop.abort(new UserError(`interrupted by ${signal}`));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const summary = await replay({
      file,
      sensor,
      policy,
      policyDigest: policyDigest(policy),
      onRelease: (release) => write(output, release),
      signal: stop.signal,
    });
    output.end();
    await finished(output);
    await publish(partial, flags.out);
    say(summary, path.basename(file));
    if (summary.damaged > 0) process.exitCode = 1;
  } catch (error) {
    output.destroy();
    await discard(partial);
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new WorldError('disk-full', `${flags.out}: no space left; nothing was written.`, { cause: error });
    }
    throw error;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function policyFor({ adapter, policy: file, sensor }: ReplayFlags): Promise<{ policy: Policy; sensor: string }> {
  const { defaultPolicy } = adapterNamed(adapter);
  if (file === undefined) {
    const name = sensor ?? adapter;
    return { policy: policySchema.parse({ sensors: { [name]: { ...defaultPolicy, adapter } } }), sensor: name };
  }
  const policy = await readPolicyFile(file, adapterFields());
  const fitting = Object.entries(policy.sensors).filter(([, each]) => each.adapter === adapter);
  const [only, ...others] = fitting.filter(([name]) => sensor === undefined || name === sensor);
  if (only === undefined) {
    throw new UserError(`${file}: no sensor${sensor === undefined ? '' : ` ${sensor}`} with the adapter ${adapter}.`, {
      fix: `What the policy does not name does not leave: name the sensor there${fitting.length > 0 ? `, or give --sensor ${fitting.map(([name]) => name).join(' or --sensor ')}` : ''}.`,
    });
  }
  if (others.length > 0) {
    throw new UserError(`${file}: several sensors have the adapter ${adapter}.`, {
      fix: `Give --sensor ${fitting.map(([name]) => name).join(' or --sensor ')}.`,
    });
  }
  return { policy, sensor: only[0] };
}

async function openOutput(partial: string, out: string): Promise<WriteStream> {
  const output = createWriteStream(partial, { flags: 'wx', mode: 0o640 });
  await new Promise<void>((resolve, reject) => {
    output.once('open', () => resolve());
    output.once('error', (error) => {
      const fix = 'Check that its folder exists and can be written.';
      reject(new UserError(`${out} can't be written: ${messageOf(error)}`, { fix, cause: error }));
    });
  });
  return output;
}

async function write(output: WriteStream, release: Release): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    output.write(`${JSON.stringify(release)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

function say({ counts, windows, damage, damaged }: ReplaySummary, name: string): void {
  const lines = damage.map((what) => `${name}, ${what}`);
  if (damaged > damage.length) lines.push(`${name}: ${damaged - damage.length} more like these`);
  const dropped = Object.entries(counts.dropped).map(([reason, times]) => `${times} ${reason}`);
  const withheld = Object.entries(counts.withheld).map(([reason, times]) => `${times} ${reason}`);
  const parts = [
    `${counts.messages} messages`,
    `${counts.readings} readings`,
    `dropped: ${dropped.length === 0 ? 'none' : dropped.join(', ')}`,
    `${windows} windows${withheld.length === 0 ? '' : `, withheld: ${withheld.join(', ')}`}`,
    `${counts.suppressedCells} cells suppressed`,
  ];
  lines.push(parts.join('; '));
  process.stderr.write(scrub(`${lines.join('\n')}\n`));
}

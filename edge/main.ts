#!/usr/bin/env node
/**
 * The `garim` command: parse, dispatch, and turn what was thrown into an exit code. Nothing else.
 *
 * Exit codes: 0 done; 1 an input, a setting, a disk or a network is at fault, or a check failed; 2 `garim attack` can't tell; 70 our own bug, with
 * its stack; 141 nobody reads the output any more, as with any command in a pipe.
 */
import { Command } from 'commander';
import { UserError, WorldError } from './base/errors.ts';
import { registerUrlSecrets, scrub } from './base/secrets.ts';
import { commands } from './cli/index.ts';

// First of all: camera URLs on the command line are in /proc/PID/cmdline until the title overwrites them.
process.title = 'garim';

const EXAMPLES = `
Examples:
  garim run                              a simulated street, on http://127.0.0.1:8080
  garim run --camera gate=rtsp://192.0.2.7/stream1
  garim run --config /etc/garim/garim.yaml
  garim config check garim.yaml          every mistake with its line and the fix
  garim doctor                           what this box can do, and what is missing`;

// `garim ... | head`: Node ignores SIGPIPE, so that a reader that left shows as an error of the stream.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(141);
    // A full disk below a redirection, say: what was written so far is not all.
    if (stream === process.stdout && error.syscall === 'write') {
      process.stderr.write(`standard output can't be written: ${error.code}\n`);
      process.exit(1);
    }
    throw error;
  });
}

// Left to Node, the message would go out as it is, with whatever secret it holds.
process.on('uncaughtException', (error) => {
  sayFault(error);
  process.exit(70);
});

const args = process.argv.slice(2);
for (const arg of args) registerUrlSecrets(arg.replace(/^[^:]*?=(?=[a-z][a-z0-9+.-]*:\/\/)/i, ''));

try {
  await (await programFor(args)).parseAsync(args, { from: 'user' });
} catch (error) {
  if (error instanceof UserError || error instanceof WorldError) {
    const fix = error instanceof UserError && error.fix !== undefined ? `${error.fix}\n` : '';
    process.stderr.write(scrub(`${error.message}\n${fix}`));
    process.exitCode = 1;
  } else {
    sayFault(error);
    process.exitCode = 70;
  }
}

function sayFault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(scrub(`garim: a fault of its own:\n${text}\n`));
}

/** Knows all commands by name, and loads the module of the one that the arguments name. */
async function programFor(words: readonly string[]): Promise<Command> {
  const program = new Command('garim')
    .description('Edge privacy filter: hides faces and licence plates, and lets only what it has filtered leave.')
    .configureOutput({ writeErr: (text) => process.stderr.write(scrub(text)) })
    .showHelpAfterError('(garim --help lists what there is)')
    .addHelpText('after', EXAMPLES);
  const named = words.filter((word) => !word.startsWith('-')).slice(0, 2);
  const wanted = named[0] === 'help' ? named[1] : named[0];
  for (const { name, summary, load } of commands) {
    const command = name === wanted ? await load() : new Command(name);
    if (command.description() === '') command.description(summary);
    program.addCommand(command.summary(summary));
    inherit(command, program);
  }
  return program;
}

/** Output settings reach commands that were built apart from the program, so that usage errors are scrubbed everywhere. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const below of command.commands) inherit(below, command);
}

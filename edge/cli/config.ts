/** `garim config check` and `garim config schema`. */
import { Command } from 'commander';
import { scrub } from '../base/secrets.ts';
import { configJsonSchema } from '../config/expect.ts';
import { DEFAULT_FILE, readConfig } from '../config/load.ts';
import { uncountedIn } from './uncounted.ts';

export function configCommand(): Command {
  const command = new Command('config');
  command
    .command('check')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .description('list every mistake of a configuration file with its line and the fix; exit code 1 if there is one')
    .addHelpText('after', '\nVariables and files that a source names may be absent here: that is a warning.')
    .action(check);
  command
    .command('schema')
    .description('print the JSON Schema (draft 2020-12) of the configuration file')
    .addHelpText(
      'after',
      `
Example, for completion and checks while typing in editors with the YAML language server:
  garim config schema > garim.schema.json
and as first line of garim.yaml:
  # yaml-language-server: $schema=./garim.schema.json`,
    )
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    });
  return command;
}

async function check(file: string): Promise<void> {
  const { loaded, sourceProblems } = await readConfig({ file, cameras: [], env: process.env });
  for (const problem of sourceProblems) process.stderr.write(scrub(`warning: ${problem}\n`));
  const uncounted = await uncountedIn(loaded, process.env);
  if (uncounted !== undefined) process.stderr.write(scrub(`warning: ${uncounted.detail}. ${uncounted.fix}\n`));
  const count = Object.keys(loaded.config.cameras).length;
  process.stdout.write(scrub(`${file}: valid, ${count} camera${count === 1 ? '' : 's'}\n`));
}

/** `garim marker`: writes the page with the common marker, to be printed and worn. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { messageOf, UserError } from '../base/errors.ts';
import { discard, partialNameFor, publish } from '../base/whole-file.ts';
import { markerPagePng, markerPageSvg } from '../camera/marker/page.ts';

export function markerCommand(): Command {
  return new Command('marker')
    .description('write the page with the common marker: who shows it is covered whole and not counted')
    .requiredOption('--out <file>', 'page to write, .svg or .png (A4)')
    .addHelpText(
      'after',
      `
Everybody shares one marker, so it tells nobody apart. Print it on A4 or A5, and wear it flat on chest and back.

Example:
  garim marker --out marker.svg`,
    )
    .action(async ({ out }: { out: string }) => write(out));
}

async function write(out: string): Promise<void> {
  const extension = path.extname(out).toLowerCase();
  if (extension !== '.svg' && extension !== '.png')
    throw new UserError(`--out ${out} is neither .svg nor .png`, { fix: 'write marker.svg or marker.png' });
  const page = extension === '.svg' ? markerPageSvg() : await markerPagePng();
  const partial = partialNameFor(out);
  try {
    await writeFile(partial, page);
    await publish(partial, out);
  } catch (error) {
    await discard(partial);
    throw new UserError(`can't write ${out}: ${messageOf(error)}`, {
      fix: 'name a file in a folder that exists',
      cause: error,
    });
  }
}

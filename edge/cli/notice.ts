/** `garim notice`: signs, operation policy, disclosures and register rows of this box, from its configuration and policy. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command } from 'commander';
import { messageOf, WorldError } from '../base/errors.ts';
import { loadConfig } from '../config/load.ts';
import type { LeafBody } from '../ledger/ledger.ts';
import { instantOf } from '../ledger/window.ts';
import { type Notice, noticeOf, SIGN_LANGUAGES, signDigest } from '../notice/content.ts';
import { dpiaPage } from '../notice/dpia.ts';
import { dtprOf } from '../notice/dtpr.ts';
import { policyPage } from '../notice/policy.ts';
import { registerCsv } from '../notice/register.ts';
import { signPage } from '../notice/sign.ts';
import { sensorSetup } from '../sensor/setup.ts';
import { addConfigOptions, type ConfigOptions, loadOptionsOf } from './options.ts';
import { addWitnessOption, appendLeaves, type Witness } from './record/append.ts';

interface NoticeFlags extends ConfigOptions {
  out: string;
  hung?: boolean;
  witnessAt: Witness[];
}

export function noticeCommand(): Command {
  const command = addWitnessOption(addConfigOptions(new Command('notice')))
    .description('signs, operation policy and register entries, from the configuration and policy')
    .requiredOption('--out <dir>', 'folder to write to')
    .option('--hung', 'put on record that these signs hang now; the agent must not run meanwhile')
    .addHelpText(
      'after',
      `
Writes sign-NAME.html for each camera (PIPA Article 25(4)), policy.html (the operation policy), dtpr.json, register.csv (a row a camera for the
national CCTV register), dpia.html (annex to an impact assessment) and notice.json. All say what the settings say: change those, not the papers.

Example:
  garim notice --config garim.yaml --out papers/`,
    );
  return command.action(async () => {
    const print = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
    const { out, hung, witnessAt: witnesses, ...options } = command.opts<NoticeFlags>();
    const { config } = await loadConfig(loadOptionsOf(options));
    const notice = noticeOf(config, await sensorSetup(config));
    const sign = signDigest(notice);
    for (const [name, text] of papersOf(notice, sign)) await write(path.join(out, name), text);
    print(`${out}: ${notice.cameras.length} signs, ${sign}`);
    if (hung !== true) return;
    const at = instantOf(Date.now());
    const leaf: LeafBody = { kind: 'sign', at, sign, policy: notice.policy, languages: [...SIGN_LANGUAGES] };
    const [index] = await appendLeaves(config.state, [...config.ledger.witnesses, ...witnesses], [leaf]);
    print(`on record: leaf ${index}`);
  });
}

function papersOf(notice: Notice, sign: string): [name: string, text: string][] {
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  return [
    ...notice.cameras.map((camera): [string, string] => [`sign-${camera.name}.html`, signPage(notice, camera, sign)]),
    ['policy.html', policyPage(notice)],
    ['dtpr.json', json(dtprOf(notice))],
    ['register.csv', registerCsv(notice, new Date().toISOString().slice(0, 10))],
    ['dpia.html', dpiaPage(notice)],
    ['notice.json', json({ sign, languages: SIGN_LANGUAGES, ...notice })],
  ];
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** `garim update`: signs releases for boxes, and installs them on a box: checked, with a health gate, and with a way back. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { parseListen } from '../config/listen.ts';
import { loadConfig } from '../config/load.ts';
import { readTls, type TlsPair } from '../config/tls.ts';
import { parseSigningKey, parseTrustKey } from '../policy/envelope.ts';
import { readText } from './read-text.ts';
import { applyRelease, type Machine } from './update/apply.ts';
import { openRelease, readPackages, sealRelease } from './update/release.ts';

const STORE = '/var/lib/garim-releases';
const HEALTH_TIMEOUT_MS = 3_000;
/** A package of 80 MB, unpacked onto a slow card. */
const INSTALL_MS_MAX = 900_000;
const run = promisify(execFile);

export function updateCommand(): Command {
  const command = new Command('update').description('sign releases for boxes, and install them with a way back');
  command
    .command('seal <packages...>')
    .description('sign Debian packages as one release (at the city, not on a box)')
    .requiredOption('--sequence <number>', 'number of the release; rises with each', positive)
    .requiredOption('--key <file>', 'private key, of garim policy keygen')
    .requiredOption('--out <file>', 'signed release to write; boxes want the packages beside it')
    .action(async (files: string[], { sequence, key, out }: { sequence: number; key: string; out: string }) => {
      const text = await sealRelease(files, sequence, parseSigningKey(await readText(key), key));
      await writeFile(out, text, { flag: 'wx' }).catch((error: unknown) => {
        throw new WorldError('disk-failed', `cannot write ${out}: ${messageOf(error)}`, { cause: error });
      });
      process.stdout.write(`${out}: release ${sequence}, ${files.length} packages\n`);
    });
  command
    .command('apply <release>')
    .description('install a signed release on this box, and return to the one before if the box is worse afterwards')
    .requiredOption('--trust <file>', 'public key of the city')
    .option('--config <file>', 'configuration of the agent', '/etc/garim/garim.yaml')
    .option('--store <dir>', 'where the packages in force are kept', STORE)
    .addHelpText(
      'after',
      `
As root. The first release that is applied is the one that later ones return to: apply the installed one once. A release with a lower number
than the one in force is refused, whoever signed it.

Example:
  sudo garim update apply /media/stick/release-12.json --trust /etc/garim/city.pub`,
    )
    .action(apply);
  return command;
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('write a whole number from 1 on');
  return Number(text);
}

async function apply(file: string, options: { trust: string; config: string; store: string }): Promise<void> {
  const trust = parseTrustKey(await readText(options.trust), options.trust);
  const release = openRelease(await readText(file), trust, file);
  if (process.getuid?.() !== 0) throw new UserError('only root installs packages.', { fix: 'Repeat it with sudo.' });
  const packages = await readPackages(release, path.dirname(file));
  const { config } = await loadConfig({ file: options.config, cameras: [], env: process.env });
  await applyRelease({
    release,
    packages,
    store: options.store,
    machine: debian(config.http.listen, config.http.tls && (await readTls(config.http.tls, 'http.tls'))),
    say: (line) => process.stdout.write(`${line}\n`),
  });
}

function debian(listen: string, tls: TlsPair | undefined): Machine {
  const { host, port } = parseListen(listen);
  const authority = `${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    async install(files) {
      try {
        // dpkg and not apt: an update must not depend on a network, nor on what else the box might want.
        await run('dpkg', ['--install', '--force-downgrade', '--force-confold', ...files], {
          timeout: INSTALL_MS_MAX,
          env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        });
      } catch (error) {
        throw new WorldError('process-lost', `dpkg did not install it: ${messageOf(error)}`, { cause: error });
      }
    },
    async health() {
      try {
        const text = await get(`${tls === undefined ? 'http' : 'https'}://${authority}/healthz`, tls);
        return (JSON.parse(text) as { status?: unknown }).status === 'ok' ? 2 : 1;
      } catch {
        return 0;
      }
    },
    sleep: (ms) => sleep(ms),
    nowMs: () => performance.now(),
  };
}

/** The answer's text; rejects unless it is a 200 in time. Over TLS the box's own certificate is the one that is trusted, whatever names it has. */
async function get(url: string, tls: TlsPair | undefined): Promise<string> {
  const signal = AbortSignal.timeout(HEALTH_TIMEOUT_MS);
  const options = { signal, agent: false as const };
  const request =
    tls === undefined
      ? httpGet(url, options)
      : httpsGet(url, { ...options, ca: tls.cert, checkServerIdentity: () => undefined });
  const [response] = (await once(request, 'response', { signal })) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  return text;
}

/** `garim witness`: cosigns the checkpoints of other boxes, so that none of them can show two histories. */
import path from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { UserError } from '../base/errors.ts';
import { rootLog } from '../base/log.ts';
import { parseListen } from '../config/listen.ts';
import { nodeDisk } from '../ledger/disk.ts';
import { lockFolder } from '../ledger/lock.ts';
import { parseVerifier, type Verifier } from '../ledger/note.ts';
import { serveWitness } from '../ledger/witness/server.ts';
import { Witness } from '../ledger/witness/witness.ts';

interface WitnessCommandOptions {
  listen: string;
  state: string;
  name: string;
  trust: Verifier[];
}

/** The subcommand. Throws UserError for a bad option, WorldError when the address or the folder can't be used. */
export function witnessCommand(): Command {
  const command = new Command('witness')
    .description("cosign other boxes' ledgers, so that none can show two histories (C2SP tlog-witness)")
    .option('--listen <host:port>', 'where it is served', '127.0.0.1:8090')
    .option('--state <dir>', 'folder for its key and what it has seen', 'state')
    .option('--name <name>', 'its name in cosignatures, without spaces and plus signs', 'garim.local/witness')
    .option('--trust <vkey>', 'key of a log to watch, as NAME+ID+KEY; may be repeated', trust, [])
    .addHelpText(
      'after',
      `
The key to give to the boxes is printed at start. Keep the state folder: a witness that forgets can't tell a rollback.

Example:
  garim witness --listen 192.0.2.9:8090 --state /var/lib/garim --name hub.example/witness --trust 'box.example/ledger+1a2b3c4d+AY...'`,
    );
  return command.action(async () => witness(command.opts<WitnessCommandOptions>()));
}

function trust(text: string, all: Verifier[]): Verifier[] {
  const verifier = parseVerifier(text);
  if (verifier.isCosigner)
    throw new UserError(`${text} is the key of a witness, not of a log`, {
      fix: 'take the key in the first leaf of the log',
    });
  return [...all, verifier];
}

async function witness({ listen, state, name, trust: logs }: WitnessCommandOptions): Promise<void> {
  if (logs.length === 0)
    throw new UserError('there is no log to watch', { fix: 'give --trust with the key in the first leaf of each log' });
  const { host, port } = parseListen(listen);
  if (!/^.+:\d{1,5}$/.test(listen) || port > 65_535)
    throw new UserError(`--listen: ${listen} is not HOST:PORT`, { fix: 'write e.g. 127.0.0.1:8090' });
  const stop = new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  const dir = path.join(state, 'witness');
  const unlock = await lockFolder(dir);
  try {
    const own = await Witness.open({ disk: nodeDisk, dir, name, logs, clock: systemClock, log: rootLog });
    const server = await serveWitness(own, { host, port });
    process.stderr.write(`Witness   http://${server.host}:${server.port}\nKey       ${own.vkey}\n`);
    await stop;
    await server.close();
  } finally {
    await unlock();
  }
}

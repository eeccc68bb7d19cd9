/** A real ledger in a folder, and a real witness over HTTP. */
import { systemClock } from '../../edge/base/clock.ts';
import type { WorldError } from '../../edge/base/errors.ts';
import { rootLog } from '../../edge/base/log.ts';
import { nodeDisk } from '../../edge/ledger/disk.ts';
import { Ledger, type LedgerOptions } from '../../edge/ledger/ledger.ts';
import type { Verifier } from '../../edge/ledger/note.ts';
import { serveWitness } from '../../edge/ledger/witness/server.ts';
import { Witness } from '../../edge/ledger/witness/witness.ts';
import { freePort } from './free-port.ts';

export const ORIGIN = 'box.example/log';
export const WITNESS_NAME = 'hub.example/witness';
const silent = rootLog.child({}, { level: 'silent' });

export async function startTestLedger(
  stateDir: string,
  more: Partial<LedgerOptions> = {},
): Promise<{ ledger: Ledger; failures: WorldError[] } & AsyncDisposable> {
  const failures: WorldError[] = [];
  const ledger = await Ledger.start({
    stateDir,
    box: 'urn:box:7f3a',
    origin: ORIGIN,
    software: '0.1.0',
    witnesses: [],
    clock: systemClock,
    log: silent,
    onFailed: (error) => failures.push(error),
    ...more,
  });
  return { ledger, failures, [Symbol.asyncDispose]: () => ledger.close() };
}

/** On that port, or on one where it can be started again. */
export async function startTestWitness(dir: string, logs: readonly Verifier[], port?: number) {
  const options = { disk: nodeDisk, dir, name: WITNESS_NAME, logs, clock: systemClock, log: silent };
  const witness = await Witness.open(options);
  const server = await serveWitness(witness, { host: '127.0.0.1', port: port ?? (await freePort()) });
  return {
    address: { url: `http://127.0.0.1:${server.port}`, vkey: witness.vkey },
    port: server.port,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

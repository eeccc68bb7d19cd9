/**
 * A box for power cuts: `node power-cut-box.js CONFIG HUB-URL RUN`. The real agent with its camera, slate and record, and beside it, in the same process
 * tree, what accepts: a ledger and an outbox, in a state folder of their own (`besideOf`), since a ledger has one writer. Says on stdout what was accepted, each line only once it is durable:
 * `leaf INDEX REASON` and `release ID`, and `serves PORT` when the agent does.
 */
import { startAgent } from '../../edge/agent/agent.ts';
import { systemClock } from '../../edge/base/clock.ts';
import { rootLog } from '../../edge/base/log.ts';
import { loadConfig } from '../../edge/config/load.ts';
import { Ledger } from '../../edge/ledger/ledger.ts';
import { instantOf } from '../../edge/ledger/window.ts';
import { startUplink } from '../../edge/uplink/uplink.ts';
import { releaseOf } from './hub-releases.ts';
import { besideOf } from './power-cut.ts';
import { ORIGIN } from './test-ledger.ts';

const ACCEPT_EVERY_MS = 15;
const LEAVES_AT_ONCE = 8;
/** Numbers of releases must not repeat over the runs. */
const RELEASES_PER_RUN = 100_000;

const [, , file = '', hubUrl = '', run = '0'] = process.argv;
const loaded = await loadConfig({ file, cameras: [], env: process.env });
const stateDir = besideOf(loaded.config.state);
const log = rootLog.child({}, { level: 'silent' });
const fail = (error: unknown): never => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
};

const ledger = await Ledger.start({
  stateDir,
  box: 'urn:box:7f3a',
  origin: ORIGIN,
  software: '0.1.0',
  witnesses: [],
  clock: systemClock,
  log,
  onFailed: fail,
});
const uplink = await startUplink({
  hubs: { city: { kind: 'cloudevents', url: `${hubUrl}/events`, token: 'power-cut-token' } },
  box: 'urn:box:7f3a',
  stateDir,
  metrics: { releaseDelivered: () => {}, releaseDropped: (_, reason) => fail(`a release was dropped: ${reason}`) },
  log,
});

let count = 0;
async function accept(): Promise<void> {
  const number = count++;
  const leaves = Array.from({ length: LEAVES_AT_ONCE }, async (_, at) => {
    const reason = `run-${run}-${number}-${at}`;
    return `leaf ${await ledger.append({ kind: 'refusal', at: instantOf(Date.now()), reason })} ${reason}\n`;
  });
  process.stdout.write((await Promise.all(leaves)).join(''));
  const release = releaseOf(Number(run) * RELEASES_PER_RUN + number);
  await uplink.accept(release);
  process.stdout.write(`release ${release.id}\n`);
  setTimeout(() => accept().catch(fail), ACCEPT_EVERY_MS);
}
accept().catch(fail);

rootLog.level = 'silent'; // stdout is for what was accepted
const agent = await startAgent({ loaded, log: rootLog, showFirstUser: () => {} });
process.stdout.write(`serves ${agent.http.port}\n`);

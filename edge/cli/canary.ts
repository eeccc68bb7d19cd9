/** `garim canary`: how much of what is known to be there the filter misses, by known people and vehicles beside the feed. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { canaryLeaves, modelOf } from '../agent/record/leaves.ts';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { rootLog } from '../base/log.ts';
import { type CanaryReport, runCanaries } from '../camera/canary/run.ts';
import { canarySetDigest } from '../camera/canary/set.ts';
import { openModelStore } from '../camera/detect/store.ts';
import { LIVE_THRESHOLD_OFFSET } from '../camera/detect/thresholds.ts';
import { openNetwork } from '../camera/evaluate/network.ts';
import { loadConfig } from '../config/load.ts';
import { upperBound } from '../indicator/binomial.ts';
import { agreementOf } from './canary/agreement.ts';
import { percent, table } from './evaluate/part.ts';
import { addConfigOptions, type ConfigOptions, loadOptionsOf } from './options.ts';
import { addWitnessOption, appendLeaves, type Witness } from './record/append.ts';

interface CanaryFlags extends ConfigOptions {
  seconds: number;
  seed: number;
  json?: string;
  record?: boolean;
  street?: boolean;
  witnessAt: Witness[];
}

export function canaryCommand(): Command {
  const command = addWitnessOption(
    addConfigOptions(
      new Command('canary').description('show the detector known people and vehicles, and count which are missed'),
    ),
  )
    .option('--seconds <n>', "how long, in the picture's own time", positive, 120)
    .option('--seed <n>', 'which people and vehicles', positive, 1)
    .option('--json <file>', 'write the figures as JSON')
    .option('--street', 'of a simulated street: hold the figures against what is missed of its own people and vehicles')
    .option('--record', 'put them on record in the log of --state; the agent must not run meanwhile')
    .addHelpText(
      'after',
      `
Runs the pipeline of one camera by itself and shows the detector, beside each frame that it looks at, a copy with drawn people and vehicles
on it. They are never on a frame that could leave. A track is one second of one of them; it counts as missed when it was uncovered on one frame. The bound is the upper end of
the one-sided 95 % interval after Clopper and Pearson.

A live camera is measured with its deadlines; the drawn street and files as fast as they go. What canaries prove, they prove for people and
vehicles like them.

With --street the truth is at hand: where everybody on the simulated street is. What is missed of them is counted by the same trials, weighed by
stratum, and its 95 % interval must meet that of what canaries found; exit code 1 when it does not. No tiles are looked at then: which one is
chosen follows what was seen before, and nobody has seen a canary before, so with tiles the two would not be looked at alike.

Examples:
  garim canary --camera street=simulated:7 --seconds 300 --street
  garim canary --camera street=simulated:7 --seconds 300
  garim canary --config garim.yaml --camera gate=file:gate.mp4 --record --state /var/lib/garim`,
    );
  return command.action(async () => {
    const print = (line: string): void => command.configureOutput().writeOut?.(`${line}\n`);
    await canary(command.opts<CanaryFlags>(), print);
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) throw new InvalidArgumentError('write a whole number above 0');
  return value;
}

async function canary(flags: CanaryFlags, print: (line: string) => void): Promise<void> {
  const { config, sources } = await loadConfig(loadOptionsOf(flags));
  rootLog.level = 'silent'; // what matters is said below
  const given = flags.camera?.at(-1)?.replace(/=.*/s, '');
  const name = given ?? Object.keys(sources)[0];
  const [settings, url] = name === undefined ? [] : [config.cameras[name], sources[name]];
  if (name === undefined || settings === undefined || url === undefined)
    throw new UserError('there is no camera to measure', { fix: 'Name one with --camera NAME=URL.' });
  const isStreetJudged = flags.street === true;
  if (isStreetJudged && !url.startsWith('simulated'))
    throw new UserError(`cameras.${name}: nobody knows who is on these pictures`, {
      fix: 'Give --street a simulated street: --camera street=simulated:7',
    });
  const store = openModelStore({ stateDir: config.state, env: process.env });
  const detector = await openNetwork({ store, log: rootLog, thresholdOffset: LIVE_THRESHOLD_OFFSET });
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const startedMs = Date.now();
  try {
    const report = await runCanaries({
      url,
      pacing: /^(simulated|file:)/.test(url) ? 'unpaced' : 'live',
      seed: flags.seed,
      seconds: flags.seconds,
      isStreetJudged,
      settings: isStreetJudged ? { ...settings, detect: { ...settings.detect, tiles: 'off' } } : settings,
      detector,
      signal: stop.signal,
      onLost: (error) => print(`${name}: ${error}`),
    });
    const set = canarySetDigest(flags.seed);
    const model = modelOf(detector.state.digests.map((hex) => ({ model: `sha256:${hex}` })));
    for (const line of linesOf(report)) print(line);
    if (report.street !== undefined && !compare(report, report.street, print)) process.exitCode = 1;
    if (flags.json !== undefined)
      await save(flags.json, { camera: name, canarySet: `sha256:${set}`, model, ...report });
    if (flags.record !== true) return;
    const leaves = canaryLeaves(name, { set, digests: detector.state.digests, ...report }, [startedMs, Date.now()]);
    const indices = await appendLeaves(config.state, [...config.ledger.witnesses, ...flags.witnessAt], leaves);
    print(`on record: ${indices.length === 0 ? 'nothing' : `leaves ${indices[0]} to ${indices.at(-1)}`}`);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await detector.close();
  }
}

function linesOf({ tallies, frames, wholeFrames, seconds }: CanaryReport): string[] {
  const rows = tallies.map(({ label, stratum, planted, missed }) => [
    `${label} ${stratum}`,
    `${missed}`,
    `${planted}`,
    percent(upperBound(missed, planted), 2),
  ]);
  for (const label of ['face', 'plate']) {
    const own = tallies.filter((tally) => tally.label === label);
    const [missed, planted] = [own.reduce((n, t) => n + t.missed, 0), own.reduce((n, t) => n + t.planted, 0)];
    rows.push([`${label}s, all`, `${missed}`, `${planted}`, percent(upperBound(missed, planted), 2)]);
  }
  return [
    ...table([['tracks', 'missed', 'planted', 'at most, 95 %'], ...rows]),
    `${frames} frames, ${seconds.toFixed(0)} s; ${wholeFrames} covered whole`,
  ];
}

/** Gives whether all that could be compared agrees, and something could. */
function compare(
  { tallies }: CanaryReport,
  street: NonNullable<CanaryReport['street']>,
  print: (line: string) => void,
): boolean {
  const labels = ['face', 'plate'] as const;
  const found = labels.flatMap((label) => agreementOf(label, tallies, street.tallies) ?? []);
  for (const { label, planted, missed, low, high, truth, truthLow, truthHigh, agrees } of found) {
    const feed = street.feed.filter((tally) => tally.label === label);
    const [lost, all] = [feed.reduce((n, t) => n + t.missed, 0), feed.reduce((n, t) => n + t.planted, 0)];
    print(
      `${label}s: ${missed} of ${planted} canaries missed, ${percent(low, 2)} to ${percent(high, 2)}; of the street's own ${percent(truth, 2)}, ${percent(truthLow, 2)} to ${percent(truthHigh, 2)}: ${agrees ? 'agrees' : 'DISAGREES'}`,
    );
    print(`  in the feed, whose tracks go on from trial to trial: ${lost} of ${all}`);
  }
  if (found.length === 0) print('too few of the same size, pose and light to compare: measure for longer');
  return found.length > 0 && found.every(({ agrees }) => agrees);
}

async function save(file: string, value: unknown): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
  } catch (error) {
    throw new WorldError('disk-failed', `cannot write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** `garim run`: loads the configuration, starts the agent, says where it serves, and stops it on a signal. */
import { hostname } from 'node:os';
import { Command } from 'commander';
import { type Agent, startAgent } from '../agent/agent.ts';
import { startWatchdog } from '../agent/watchdog.ts';
import { rootLog } from '../base/log.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { addConfigOptions, type ConfigOptions, loadOptionsOf } from './options.ts';

export function runCommand(): Command {
  return addConfigOptions(new Command('run'))
    .addHelpText(
      'after',
      `
Command line goes before file, file before defaults. Without a file and without --camera a simulated street is filtered.
A --camera that the file names too takes only its source from the command line.

A URL on the command line can be seen by other users of this box (ps) until Garim has started, and stays in the shell's
history. Better: write source: {env: GATE_URL} or source: {file: gate.url} in garim.yaml.

Viewers log in with GARIM_USER and GARIM_PASSWORD; without them a user is made at first start and printed once.

Examples:
  garim run
  garim run --camera gate=rtsp://192.0.2.7/stream1 --camera yard=v4l2:/dev/video0
  garim run --config /etc/garim/garim.yaml --state /var/lib/garim`,
    )
    .action(run);
}

async function run(options: ConfigOptions): Promise<void> {
  using _watchdog = startWatchdog(process.env, rootLog);
  const loaded = await loadConfig(loadOptionsOf(options));
  rootLog.level = loaded.config.log.level;
  rootLog.info(`configuration: ${loaded.origin}`);
  const stop = stopSignal();
  const cameraSockets = process.env['GARIM_CAMERA_SOCKETS']; // set by the systemd unit, for which `garim confine` makes them
  const agent = await startAgent({
    loaded,
    log: rootLog,
    ...(cameraSockets !== undefined && { cameraSockets }),
    timeServerFile: process.env['GARIM_TIME_SERVER'], // likewise, for `garim time`
    showFirstUser: (created) => process.stderr.write(firstUser(created)),
  });
  process.stderr.write(greeting(loaded, agent));
  await stop;
  await agent.close();
}

/** Resolves at the first SIGINT or SIGTERM; the second one ends the process at once, whatever hangs. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (++count > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
      rootLog.info(`${signal}: stopping; once more to stop at once`);
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

/** The only place that shows a password, and only one that was made just now. */
export function firstUser({ user, password }: { user: string; password: string }): string {
  return `User      ${user}\nPassword  ${password}\nNote the password now: it is not shown again.\n`;
}

/** What the installer needs first. */
export function greeting({ config }: Pick<LoadedConfig, 'config'>, agent: Omit<Agent, 'close'>): string {
  const scheme = (plain: 'http' | 'rtsp'): string => (config[plain].tls === undefined ? plain : `${plain}s`);
  const lines = [`Web page  ${scheme('http')}://${authority(agent.http)}/`];
  for (const name of Object.keys(config.cameras)) {
    lines.push(`RTSP      ${scheme('rtsp')}://${authority(agent.rtsp)}/${name}`);
  }
  return `${lines.join('\n')}\n`;
}

function authority({ host, port }: { host: string; port: number }): string {
  const name = host === '0.0.0.0' || host === '::' ? hostname() : host;
  return `${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** A broker that is not ours, on a port of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { freePort } from './free-port.ts';
import { TempDir } from './temp.ts';
import { until } from './wait.ts';

const PLACES = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];

const program = PLACES.find((file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
});

export const mosquittoMissing: string | false =
  program === undefined ? 'needs the broker mosquitto, not found on this machine' : false;

export interface Broker extends AsyncDisposable {
  readonly port: number;
  /** `mqtt://user:password@127.0.0.1:PORT` */
  readonly url: string;
  publisher(options?: IClientOptions): Promise<MqttClient>;
  /** Ends it, keeping what it has to keep; `start` brings it back on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const BROKER_USER = 'sensoruser';
const BROKER_PASSWORD = 'plantbroker@pw/1';

export interface BrokerTls {
  /** Files, PEM. */
  ca: string;
  cert: string;
  key: string;
}

/** With `tls` it speaks TLS only, and wants a client's certificate by the same authority beside the password. */
export async function startMosquitto(tls?: BrokerTls): Promise<Broker> {
  const temp = new TempDir();
  const port = await freePort();
  const passwords = path.join(temp.path, 'passwords');
  writeFileSync(passwords, `${BROKER_USER}:${BROKER_PASSWORD}\n`, { mode: 0o600 });
  spawnSync('mosquitto_passwd', ['-U', passwords]);
  writeFileSync(
    path.join(temp.path, 'mosquitto.conf'),
    [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous false',
      `password_file ${passwords}`,
      'persistence true',
      `persistence_location ${temp.path}/`,
      'max_queued_messages 0',
      'user root',
      ...(tls === undefined
        ? []
        : [`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`, 'require_certificate true']),
      '',
    ].join('\n'),
  );
  let child: ReturnType<typeof spawn> | undefined;
  const start = async (): Promise<void> => {
    child = spawn(program ?? '', ['-c', path.join(temp.path, 'mosquitto.conf')], { stdio: 'ignore' });
    await until('mosquitto listens', () => canConnect(port));
  };
  const stop = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  };
  await start();
  return {
    port,
    url: `${tls === undefined ? 'mqtt' : 'mqtts'}://${BROKER_USER}:${encodeURIComponent(BROKER_PASSWORD)}@127.0.0.1:${port}`,
    publisher: (options = {}) =>
      connectAsync(`${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${port}`, {
        username: BROKER_USER,
        password: BROKER_PASSWORD,
        ...options,
      }),
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      temp[Symbol.dispose]();
    },
  };
}

async function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

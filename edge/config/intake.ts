/**
 * Where a sensor's messages come from: the settings, and their resolution. Broker URLs and tokens are secrets: they may stand in a file or
 * a variable, are registered before anyone can log them, and reach the sensor process in a message and nothing else.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { registerSecret, registerUrlSecrets } from '../base/secrets.ts';
import { type ClientTls, clientTlsSchema, readClientTls } from './client-tls.ts';
import type { Fault } from './fault.ts';
import { isLoopback, parseListen } from './listen.ts';

/** Shorter tokens can be guessed over the network. */
const TOKEN_CHARS_MIN = 16;

const BROKER = /^mqtts?:\/\/\S/;
export const TOKEN_FORM = `write at least ${TOKEN_CHARS_MIN} letters, digits or . _ ~ + / = -`;
export const TOKEN = /^[A-Za-z0-9._~+/=-]{16,512}$/;
const TOPIC = /^(?!.*[^/]#)(?!.*#.)(?!.*[^/]\+)(?!.*\+[^/])[^\0]{1,256}$/u;

/** Text, or where to read it from, so that it need not stand in the file. */
export function secretSchema(text: z.ZodString, what: string) {
  return z.union([
    text,
    z.strictObject({ file: z.string().min(1).describe(`File whose first line is the ${what}.`) }),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'write the name of an environment variable')
        .describe(`Environment variable that holds the ${what}.`),
    }),
  ]);
}

const mqttSchema = z.strictObject({
  url: secretSchema(z.string().regex(BROKER, 'write mqtt://HOST:1883 or mqtts://HOST:8883'), 'URL').describe(
    'Broker: mqtt://USER:PASSWORD@HOST:1883 or mqtts://... (TLS).',
  ),
  topics: z
    .array(z.string().regex(TOPIC, 'write a topic; + stands for one level and # for the rest'))
    .min(1)
    .max(32)
    .describe('Topics; + stands for one level, # for the rest.'),
  version: z.enum(['5', '3.1.1']).default('5').describe('MQTT version of the broker.'),
  tls: clientTlsSchema.optional(),
});

const webhookSchema = z.strictObject({
  token: secretSchema(z.string().regex(TOKEN, TOKEN_FORM), 'token').describe('Bearer token that the sender shows.'),
  listen: z
    .string()
    .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'write HOST:PORT, e.g. 127.0.0.1:8090')
    .default('127.0.0.1:8090')
    .describe('HOST:PORT; messages are posted to /NAME. Sensors may share it. Anything but loopback needs `tls`.'),
  tls: z
    .strictObject({
      cert: z.string().min(1).describe('File with the certificate chain, PEM.'),
      key: z.string().min(1).describe('File with its private key, PEM.'),
    })
    .optional()
    .describe('Raw readings cross the network: without TLS only loopback is listened on.'),
});

const serialSchema = z.strictObject({
  device: z.string().startsWith('/dev/', 'write a device, e.g. /dev/ttyUSB0').describe('Serial device.'),
  baud: z.int().min(300).max(4_000_000).default(115_200).describe('Bits per second.'),
});

export const intakeSchema = z
  .union([
    z.strictObject({ mqtt: mqttSchema }),
    z.strictObject({ webhook: webhookSchema }),
    z.strictObject({ file: z.string().min(1).describe('File that grows by one message per line; it may be rotated.') }),
    z.strictObject({ stdin: z.literal('lines').describe('One message per line on standard input.') }),
    z.strictObject({ serial: serialSchema }),
    z.strictObject({ camera: z.string().min(1).describe('Camera of this box whose `count` lines are crossed.') }),
  ])
  .describe('One of mqtt, webhook, file, stdin, serial and camera.');

export type IntakeSettings = z.output<typeof intakeSchema>;

/** With its secrets. Never log it. */
export type ResolvedIntake =
  | { kind: 'mqtt'; url: string; topics: readonly string[]; version: '5' | '3.1.1'; tls?: ClientTls }
  | { kind: 'webhook'; listen: string; token: string; tls?: { cert: string; key: string } }
  | { kind: 'file'; path: string }
  | { kind: 'stdin' }
  | { kind: 'serial'; device: string; baud: number }
  | { kind: 'camera'; camera: string };

/** Never rejects: a fault names the variable or file, never what it holds. */
export async function resolveIntake(
  settings: IntakeSettings,
  baseDir: string,
  env: NodeJS.ProcessEnv,
): Promise<ResolvedIntake | Fault> {
  if ('file' in settings) return { kind: 'file', path: path.resolve(baseDir, settings.file) };
  if ('stdin' in settings) return { kind: 'stdin' };
  if ('camera' in settings) return { kind: 'camera', camera: settings.camera };
  if ('serial' in settings) return { kind: 'serial', ...settings.serial };
  if ('mqtt' in settings) {
    const { url: secret, topics, version, tls: files } = settings.mqtt;
    const url = await readSecret(secret, baseDir, env, BROKER, "the broker's URL, mqtt://... or mqtts://...");
    if (typeof url !== 'string') return url;
    registerUrlSecrets(url);
    if (!URL.canParse(url) || new URL(url).hostname === '') {
      const fix = 'In a user name or password write %2F for /, %3A for :, %3F for ?, %23 for # and %40 for @.';
      return { what: 'the URL of the broker has no valid host or port', fix, isLocal: typeof secret !== 'string' };
    }
    if (files === undefined) return { kind: 'mqtt', url, topics, version };
    const tls = await readClientTls(files, url, baseDir);
    return 'what' in tls ? tls : { kind: 'mqtt', url, topics, version, tls };
  }
  const { listen, tls } = settings.webhook;
  if (tls === undefined && !isLoopback(parseListen(listen).host)) {
    const fix = 'Set tls, or listen on 127.0.0.1 behind a proxy of this box.';
    return { what: 'raw readings would cross the network in the clear', fix, isLocal: false };
  }
  const what = `a token of at least ${TOKEN_CHARS_MIN} characters`;
  const token = await readSecret(settings.webhook.token, baseDir, env, TOKEN, what);
  if (typeof token !== 'string') return token;
  registerSecret(token);
  if (tls === undefined) return { kind: 'webhook', listen, token };
  try {
    const [cert, key] = await Promise.all([
      readFile(path.resolve(baseDir, tls.cert), 'utf8'),
      readFile(path.resolve(baseDir, tls.key), 'utf8'),
    ]);
    return { kind: 'webhook', listen, token, tls: { cert, key } };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const fix = 'Check the paths, and that the user that runs Garim can read both files.';
    return { what: `the certificate or its key can't be read (${code})`, fix, isLocal: true };
  }
}

/** Never rejects: a fault names the variable or file, never what it holds. What is read is registered as a secret. */
export async function readSecret(
  secret: string | { file: string } | { env: string },
  baseDir: string,
  env: NodeJS.ProcessEnv,
  form: RegExp,
  what: string,
): Promise<string | Fault> {
  if (typeof secret === 'string') {
    registerSecret(secret);
    return secret;
  }
  const where = 'env' in secret ? `the environment variable ${secret.env}` : path.resolve(baseDir, secret.file);
  let text: string | undefined;
  try {
    text = 'env' in secret ? env[secret.env] : (await readFile(where, 'utf8')).split(/\r?\n/, 1)[0];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return {
      what: `${where} can't be read (${code})`,
      fix: `Create it with ${what} on its first line.`,
      isLocal: true,
    };
  }
  const trimmed = text?.trim() ?? '';
  if (trimmed !== '') registerSecret(trimmed);
  if (form.test(trimmed)) return trimmed;
  return {
    what: `${where} ${text === undefined ? 'is not set' : `does not hold ${what}`}`,
    fix: `Put ${what} there.`,
    isLocal: true,
  };
}

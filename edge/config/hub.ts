/**
 * The hubs that releases are sent to: the settings, and their resolution. URLs with credentials and tokens are secrets, as those of sensors
 * are (`intake.ts`).
 */
import { z } from 'zod';
import { registerUrlSecrets } from '../base/secrets.ts';
import { type ClientTls, clientTlsSchema, readClientTls } from './client-tls.ts';
import type { Fault } from './fault.ts';
import { readSecret, secretSchema, TOKEN, TOKEN_FORM } from './intake.ts';

const token = secretSchema(z.string().regex(TOKEN, TOKEN_FORM), 'token').optional().describe('Bearer token.');

export const hubSchema = z
  .union([
    z.strictObject({
      mqtt: z.strictObject({
        url: secretSchema(
          z.string().regex(/^mqtts?:\/\/\S/, 'write mqtt://HOST:1883 or mqtts://HOST:8883'),
          'URL',
        ).describe('Broker: mqtt://USER:PASSWORD@HOST:1883 or mqtts://... (TLS).'),
        topicPrefix: z
          .string()
          .regex(/^[^#+\s/][^#+\s]*$/, 'write a topic without + and #')
          .default('garim')
          .describe('Releases are published to PREFIX/BOX/SENSOR.'),
        tls: clientTlsSchema.optional(),
      }),
    }),
    z.strictObject({
      ngsiLd: z.strictObject({
        url: z
          .string()
          .regex(/^https?:\/\/[^@\s]+$/, 'write http(s)://HOST:PORT, without user and password')
          .describe('Address of the broker; /ngsi-ld/v1/... is added.'),
        token,
        tls: clientTlsSchema.optional(),
      }),
    }),
    z.strictObject({
      cloudEvents: z.strictObject({
        url: z
          .string()
          .regex(/^https?:\/\/[^@\s]+$/, 'write http(s)://HOST/PATH, without user and password')
          .describe('Where events are posted.'),
        token,
        tls: clientTlsSchema.optional(),
      }),
    }),
  ])
  .describe('One of mqtt, ngsiLd and cloudEvents.');

export type HubSettings = z.output<typeof hubSchema>;

/** With its secrets. Never log it. */
export type ResolvedHub = { tls?: ClientTls } & (
  | { kind: 'mqtt'; url: string; topicPrefix: string }
  | { kind: 'ngsi-ld' | 'cloudevents'; url: string; token: string | undefined }
);

/** Never rejects: a fault names the variable or file, never what it holds. */
export async function resolveHub(
  settings: HubSettings,
  baseDir: string,
  env: NodeJS.ProcessEnv,
): Promise<ResolvedHub | Fault> {
  const hub = await resolveTarget(settings, baseDir, env);
  const { tls: files } =
    'mqtt' in settings ? settings.mqtt : 'ngsiLd' in settings ? settings.ngsiLd : settings.cloudEvents;
  if ('what' in hub || files === undefined) return hub;
  const tls = await readClientTls(files, hub.url, baseDir);
  return 'what' in tls ? tls : { ...hub, tls };
}

async function resolveTarget(
  settings: HubSettings,
  baseDir: string,
  env: NodeJS.ProcessEnv,
): Promise<ResolvedHub | Fault> {
  if ('mqtt' in settings) {
    const form = /^mqtts?:\/\/\S/;
    const url = await readSecret(settings.mqtt.url, baseDir, env, form, "the broker's URL, mqtt://... or mqtts://...");
    if (typeof url !== 'string') return url;
    registerUrlSecrets(url);
    return { kind: 'mqtt', url, topicPrefix: settings.mqtt.topicPrefix };
  }
  const { url, token } = 'ngsiLd' in settings ? settings.ngsiLd : settings.cloudEvents;
  const resolved = token === undefined ? undefined : await readSecret(token, baseDir, env, TOKEN, 'a token');
  if (typeof resolved === 'object') return resolved;
  return { kind: 'ngsiLd' in settings ? 'ngsi-ld' : 'cloudevents', url, token: resolved };
}

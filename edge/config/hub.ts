/** Settings of the hubs that releases are sent to. */
import { z } from 'zod';

const token = z
  .union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })])
  .optional()
  .describe('Bearer token, read from the first line of a file or from a variable of the environment.');

export const hubSchema = z
  .union([
    z.strictObject({
      mqtt: z.strictObject({
        url: z.string().regex(/^mqtts?:\/\/\S+$/, 'write mqtt://HOST:1883 or mqtts://HOST:8883'),
        topicPrefix: z
          .string()
          .regex(/^[^#+\s/][^#+\s]*$/, 'write a topic without + and #')
          .default('garim')
          .describe('Releases are published to PREFIX/BOX/SENSOR.'),
      }),
    }),
    z.strictObject({
      ngsiLd: z.strictObject({
        url: z.string().regex(/^https?:\/\/\S+$/, 'write the address of the broker, http(s)://HOST:PORT'),
        token,
      }),
    }),
    z.strictObject({
      cloudEvents: z.strictObject({
        url: z.string().regex(/^https?:\/\/\S+$/, 'write http(s)://HOST/PATH'),
        token,
      }),
    }),
  ])
  .describe('One of mqtt, ngsiLd and cloudEvents.');

export type HubSettings = z.output<typeof hubSchema>;

/** The record of the box: where it is named, who witnesses it, and how long exact values are kept behind it. */
import { z } from 'zod';

/** Each is asked at start and told of every checkpoint. */
const WITNESSES_MAX = 4;

const term = z
  .string()
  .max(256)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$/, 'write a term, e.g. https://w3id.org/dpv/...');

export const ledgerSchema = z
  .strictObject({
    origin: z
      .string()
      .regex(/^(?!https?:)[^\s+]{1,200}$/, 'write a name without spaces and plus signs, e.g. box-7.city.example/ledger')
      .optional()
      .describe('Name of the log, at best the address under which it is served, without https://. For good.'),
    witnesses: z
      .array(
        z.strictObject({
          url: z
            .string()
            .regex(/^https?:\/\/[^@\s]+$/, 'write http(s)://HOST:PORT, without user and password')
            .describe('Address of the witness.'),
          vkey: z
            .string()
            .regex(/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/, 'write the key that garim witness prints, NAME+ID+KEY')
            .describe('Its key, NAME+ID+KEY.'),
        }),
      )
      .max(WITNESSES_MAX)
      .default([])
      .describe(
        'Other machines that cosign the log. With one, feeds are covered at start until it has confirmed the log.',
      ),
    windowMinutes: z
      .int()
      .min(1)
      .max(60)
      .refine((minutes) => 60 % minutes === 0, 'write a number that divides an hour, e.g. 15')
      .default(15)
      .describe('One entry per camera or sensor and window, aligned to the hour.'),
    detailDays: z
      .int()
      .min(1)
      .max(90)
      .default(30)
      .describe('How long exact values are kept, encrypted, behind the rounded ones of the log.'),
    basis: term
      .default('https://w3id.org/dpv/legal/kr#law-PIPA')
      .describe('Law under which is collected, as a term; it stands in the log.'),
    article: z
      .string()
      .regex(/^[A-Za-z0-9() .,:-]{1,64}$/, 'write e.g. 25(1)5')
      .optional()
      .describe('Article of that law.'),
  })
  .prefault({})
  .describe('The public record of what is collected, released and pulled.');

export type LedgerSettings = z.output<typeof ledgerSchema>;

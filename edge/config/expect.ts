/**
 * Sentences about what a setting expects, read from the JSON Schema of the one zod schema, so that they can't disagree with it.
 */
import { z } from 'zod';
import { configSchema } from './schema.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** JSON Schema (draft 2020-12) of a configuration file: what a person writes, so settings with defaults are optional. */
export function configJsonSchema(): JsonSchema {
  return { ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }), title: 'Garim configuration' };
}

const root = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;

/** Schema of the setting at a path, or undefined when there is none. */
function schemaAt(path: readonly PropertyKey[]): JsonSchema | undefined {
  let at: JsonSchema | boolean | undefined = root;
  for (const key of path) {
    if (at === undefined || typeof at === 'boolean') return undefined;
    const below: JsonSchema['items'] = typeof key === 'number' ? (at.prefixItems?.[key] ?? at.items) : undefined;
    if (below !== undefined) at = Array.isArray(below) ? undefined : below;
    else at = property(at, String(key)) ?? at.additionalProperties;
  }
  return typeof at === 'boolean' ? undefined : at;
}

function property(schema: JsonSchema, key: string): JsonSchema | boolean | undefined {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
}

/** Names of the settings below a path. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path);
  const forms = [schema, ...(schema?.anyOf ?? [])];
  return forms.flatMap((form) => (typeof form === 'object' ? Object.keys(form.properties ?? {}) : []));
}

/** True when the values of a setting are a closed list of words, which may therefore be repeated in a message. */
export function isWordList(path: readonly PropertyKey[]): boolean {
  return schemaAt(path)?.enum !== undefined;
}

/** What to write at a path, as an imperative sentence. */
export function whatToWrite(path: readonly PropertyKey[]): string {
  const schema = schemaAt(path);
  if (schema === undefined) return 'Remove it.';
  if (schema.enum !== undefined) return `Write ${orList(schema.enum.map(String))}.`;
  if (schema.type === 'integer' || schema.type === 'number') return numberSentence(schema, String(path.at(-1)));
  if (schema.anyOf !== undefined) {
    return `Write text, or a mapping with ${orList(knownKeys(path))}. ${schema.description ?? ''}`.trim();
  }
  if (schema.type === 'object' && schema.properties === undefined) return 'Write one NAME: and its settings per line.';
  if (schema.type === 'object') return `Write settings below it: ${knownKeys(path).join(', ')}.`;
  const description = schema.description === undefined ? '' : ` ${schema.description}`;
  if (schema.type === 'array')
    return `Write a list${bounds(schema.minItems, schema.maxItems, 'entries')}.${description}`;
  return `Write text.${description}`;
}

function numberSentence(schema: JsonSchema, key: string): string {
  const unit = UNITS.find(([pattern]) => pattern.test(key))?.[1];
  const noun = unit === undefined ? (schema.type === 'integer' ? 'whole number' : 'number') : `number of ${unit}`;
  const step = schema.multipleOf === undefined ? '' : ` that is a multiple of ${schema.multipleOf}`;
  const maximum = schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum;
  return `Write a ${noun}${bounds(schema.minimum, maximum)}${step}.`;
}

const UNITS: [RegExp, string][] = [
  [/Ms$/, 'milliseconds'],
  [/Px$/, 'pixels'],
  [/Kbps$/, 'kilobits per second'],
  [/^seconds/, 'seconds'],
  [/Mb(Max|Min)?$/, 'megabytes'],
];

function bounds(minimum: number | undefined, maximum: number | undefined, noun = ''): string {
  const of = noun === '' ? '' : ` ${noun}`;
  if (minimum !== undefined && maximum !== undefined) {
    return minimum === maximum
      ? ` of ${minimum}${of}`
      : `${noun === '' ? ' from' : ' of'} ${minimum} to ${maximum}${of}`;
  }
  if (minimum !== undefined) return ` of at least ${minimum}${of}`;
  return maximum === undefined ? '' : ` of at most ${maximum}${of}`;
}

export function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** The nearest of the known words, when it is near enough to be meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(best.candidate.length / 3))
    ? best.candidate
    : undefined;
}

/** Edits between two words, a swap of neighbours counting as one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(change, previous[j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

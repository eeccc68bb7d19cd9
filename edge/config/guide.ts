/**
 * Sentences about what a setting expects, read from the JSON Schema of the one zod schema, so that they can't disagree with it.
 */
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.JSONSchema;

export class SchemaGuide {
  readonly #root: JsonSchema;

  constructor(schema: z.ZodType) {
    this.#root = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  }

  /** Names of the settings below a path; of a setting with several forms, those of the form that `input` is. */
  knownKeys(path: readonly PropertyKey[], input?: unknown): string[] {
    const forms = this.#formsAt(path);
    const meant = forms.filter((form) => isFormOf(form, input));
    const keys = (meant.length > 0 ? meant : forms).flatMap((form) => Object.keys(form.properties ?? {}));
    return [...new Set(keys)];
  }

  /** True when the values of a setting are a closed list of words, which may therefore be repeated in a message. */
  isWordList(path: readonly PropertyKey[]): boolean {
    const [form] = this.#formsAt(path);
    return form?.enum !== undefined || form?.const !== undefined;
  }

  /** What to write at a path, as an imperative sentence. */
  whatToWrite(path: readonly PropertyKey[]): string {
    const [schema, ...others] = this.#formsAt(path);
    if (schema === undefined) return 'Remove it.';
    const words = [schema, ...others].flatMap((form) => form.enum ?? (form.const === undefined ? [] : [form.const]));
    if (words.length > 0) return `Write ${orList(words.map(String))}.`;
    if (schema.type === 'integer' || schema.type === 'number') return numberSentence(schema, String(path.at(-1)));
    if (schema.anyOf !== undefined) {
      return `Write text, or a mapping with ${orList(this.knownKeys(path))}. ${schema.description ?? ''}`.trim();
    }
    if (schema.oneOf !== undefined || (schema.type === 'object' && schema.properties !== undefined)) {
      return `Write settings below it: ${this.knownKeys(path).join(', ')}.`;
    }
    if (schema.type === 'object') return 'Write one NAME: and its settings per line.';
    const description = schema.description === undefined ? '' : ` ${schema.description}`;
    if (schema.type === 'array')
      return `Write a list${bounds(schema.minItems, schema.maxItems, 'entries')}.${description}`;
    return `Write text.${description}`;
  }

  /** Schemas that the setting at a path may have; first the one that names them all. Empty when there is no such setting. */
  #formsAt(path: readonly PropertyKey[]): JsonSchema[] {
    let at = formsOf(this.#root);
    for (const key of path) at = at.flatMap((form) => below(form, key)).flatMap(formsOf);
    return at;
  }
}

function formsOf(schema: JsonSchema): JsonSchema[] {
  const forms = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return [schema, ...forms.filter((form) => typeof form === 'object')];
}

function below(schema: JsonSchema, key: PropertyKey): JsonSchema[] {
  const found =
    typeof key === 'number'
      ? (schema.prefixItems?.[key] ?? schema.items)
      : (property(schema, String(key)) ?? schema.additionalProperties);
  return typeof found === 'object' && !Array.isArray(found) ? [found] : [];
}

function property(schema: JsonSchema, key: string): JsonSchema | boolean | undefined {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
}

/** Whether a mapping has the words that a form demands, such as its `kind`. */
function isFormOf(form: JsonSchema, input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false;
  const demands = Object.entries(form.properties ?? {}).filter(
    ([, schema]) => typeof schema === 'object' && schema.const !== undefined,
  );
  return (
    demands.length > 0 &&
    demands.every(([key, schema]) => (input as Record<string, unknown>)[key] === (schema as JsonSchema).const)
  );
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
  [/Minutes$/, 'minutes'],
  [/Days$/, 'days'],
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

/**
 * Dictionary attack on what is emitted. A plain or hashed identifier is found by trying all identifiers there are (the plates of a country,
 * 2^24 addresses of a maker), so no emitted string may be one, or a hash, HMAC under a public constant or encoding of one.
 *
 * Every emitted string has to come from a vocabulary that the policy fixed before anybody was seen: labels, bands, cells of the one
 * resolution. What is left to exclude is that an identifier, in any of these forms, *is* a word of the vocabulary. Each identifier is tried
 * as it is seen, in this process's memory, and nothing of it is kept but whether one matched.
 */
import { createHash, createHmac } from 'node:crypto';
import { getResolution, isValidCell } from 'h3-js';
import type { SensorPolicy } from '../../policy/schema.ts';
import type { Release } from '../messages.ts';
import { NumericBands } from '../transform/generalise.ts';

/** Keys that people take when they were told to use a keyed hash. */
const PUBLIC_KEYS = ['', 'salt', 'secret', 'key', 'garim'] as const;
const HASHES = ['md5', 'sha1', 'sha256'] as const;

/** A truncated hash that is shorter tells too little: an address has 24 to 48 unknown bits, a plate about 27. */
const TRUNCATED_CHARS_MIN = 8;

/** Lengths to which hashes are cut in practice. */
export const TRUNCATED_CHARS = [8, 10, 12, 16, 20, 24, 32, 40] as const;

/** A word of this form could be the hash or encoding of something; all others can only be the identifier itself. */
const HASH_LIKE = /^[0-9a-z+/_=-]{8,}$/i;

/** Plates, addresses and hashes have digits. Words without are not looked for, or a network named `other` would stop a sensor. */
const HAS_DIGIT = /\p{N}/u;

/** All words that a sensor's policy can emit. */
export class Vocabulary {
  readonly #labels = new Map<string, { words: ReadonlySet<string>; resolution: number | undefined }>();
  readonly #plain = new Set<string>();
  readonly #hashLike: string[] = [];

  constructor({ fields }: SensorPolicy) {
    for (const [field, { transform }] of Object.entries(fields)) {
      const words = new Set(['unknown']);
      let resolution: number | undefined;
      if (transform.kind === 'group-band')
        for (const label of new NumericBands(transform.edges).labels) words.add(label);
      else if (transform.kind === 'group-value') for (const word of [...transform.values, 'other']) words.add(word);
      else if (transform.kind === 'group-cell') resolution = transform.resolution;
      else continue;
      this.#labels.set(field, { words, resolution });
      if (transform.kind !== 'group-value') continue;
      for (const word of transform.values) {
        if (!HAS_DIGIT.test(word)) continue;
        this.#plain.add(folded(word));
        if (HASH_LIKE.test(word)) this.#hashLike.push(word.toLowerCase().replaceAll('=', ''));
      }
    }
  }

  /** Whether a release holds no label but those of the policy. */
  holds({ cells }: Release): boolean {
    return cells.every(({ group }) =>
      Object.entries(group).every(([field, label]) => {
        if (field === 'all') return label === '';
        const known = this.#labels.get(field);
        if (known === undefined) return false;
        if (known.words.has(label)) return true;
        return known.resolution !== undefined && isValidCell(label) && getResolution(label) === known.resolution;
      }),
    );
  }

  /** Whether the value of a field that may identify somebody, or a simple function of it, is one of the words. */
  gives(field: string, identifier: string): boolean {
    if (this.#labels.has(field) || (this.#plain.size === 0 && this.#hashLike.length === 0)) return false;
    if (this.#plain.has(folded(identifier))) return true;
    return (
      this.#hashLike.length > 0 && formsOf(identifier).some((form) => this.#hashLike.some((word) => isForm(word, form)))
    );
  }
}

/** What is tried by somebody who looks for an identifier behind `word`: the same letters without separators, hashes and encodings. */
export function formsOf(identifier: string): string[] {
  const spellings = new Set([identifier, identifier.toLowerCase(), identifier.toUpperCase(), folded(identifier)]);
  const forms: string[] = [];
  for (const text of spellings) {
    const bytes = Buffer.from(text);
    const digests = HASHES.flatMap((hash) => [
      createHash(hash).update(bytes).digest(),
      ...PUBLIC_KEYS.map((key) => createHmac(hash, key).update(bytes).digest()),
    ]);
    for (const each of [bytes, ...digests]) {
      forms.push(each.toString('hex'), each.toString('base64').replaceAll('=', '').toLowerCase());
      forms.push(each.toString('base64url').toLowerCase());
    }
    forms.push(text.toLowerCase());
  }
  return forms;
}

/** Equal, or a truncation of it from either end. `word` is lower case and without padding, as forms are. */
function isForm(word: string, form: string): boolean {
  if (word === form) return true;
  return word.length >= TRUNCATED_CHARS_MIN && (form.startsWith(word) || form.endsWith(word));
}

function folded(text: string): string {
  return text
    .normalize('NFKC')
    .replaceAll(/[\s\p{P}]/gu, '')
    .toLowerCase();
}

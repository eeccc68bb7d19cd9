/** From a policy file to one valid policy, or to a UserError that lists every problem with its line and what to write. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { messageOf, UserError } from '../base/errors.ts';
import { type Located, linesOf, parseConfigText } from '../config/document.ts';
import { SchemaGuide } from '../config/guide.ts';
import { type Problem, problemsOf, showPath } from '../config/problems.ts';
import { type AdapterFields, checkAgainst, problemsOfPolicy } from './checks.ts';
import { type Policy, policySchema } from './schema.ts';

/** A policy larger than this is refused: it is about ten times what 256 sensors need. */
const POLICY_BYTES_MAX = 4 * 1024 * 1024;

const guide = new SchemaGuide(policySchema);

/** JSON Schema (draft 2020-12) of a policy file: what a person writes, so settings with defaults are optional. */
export function policyJsonSchema(): z.core.JSONSchema.JSONSchema {
  return { ...z.toJSONSchema(policySchema, { io: 'input', target: 'draft-2020-12' }), title: 'Garim policy' };
}

/** Reads a file; `adapters`, where given, are what its fields are checked against. */
export async function readPolicyFile(file: string, adapters?: AdapterFields): Promise<Policy> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`${file}: the policy can't be read: ${code ?? messageOf(error)}.`, {
      fix: code === 'ENOENT' ? 'Check the path.' : 'Make it readable for the user that runs Garim.',
      cause: error,
    });
  }
  return parsePolicy(text, file, adapters);
}

/** `name` stands before each line number. Nothing of a value that is not a known word is repeated. */
export function parsePolicy(text: string, name: string, adapters?: AdapterFields): Policy {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) {
    throw new UserError(`${name}: larger than ${POLICY_BYTES_MAX} bytes.`, { fix: 'Give the file of a policy.' });
  }
  const document = parseConfigText(text);
  const located: Located[] = [...document.problems];
  let policy: Policy | undefined;
  if (document.value !== undefined) {
    const checked = checkPolicy(document.value, adapters);
    if ('policy' in checked) policy = checked.policy;
    else {
      for (const { path, at, what, fix } of checked.problems) {
        located.push({ text: `${showPath(path)}: ${what}. ${fix}`, place: document.place(path, at) });
      }
    }
  }
  if (policy === undefined || located.length > 0) throw new UserError(linesOf(located, name).join('\n'));
  return policy;
}

/** Checks what was parsed already. */
export function checkPolicy(value: unknown, adapters?: AdapterFields): { policy: Policy } | { problems: Problem[] } {
  const parsed = policySchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { problems: problemsOf(parsed.error.issues, guide) };
  const policy = parsed.data;
  const problems = [...problemsOfPolicy(policy), ...(adapters === undefined ? [] : checkAgainst(policy, adapters))];
  return problems.length > 0 ? { problems } : { policy };
}

/** sha256 of the policy in its canonical form (RFC 8785, defaults written out), hex. The same for every file that says the same. */
export function policyDigest(policy: Policy): string {
  return createHash('sha256').update(canonicalPolicy(policy)).digest('hex');
}

export function canonicalPolicy(policy: Policy): string {
  return canonicalize(policy) as string;
}

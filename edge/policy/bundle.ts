/**
 * Signed policies. Owns `policy/installed.json` in the state folder: the accepted bundle and the highest version ever accepted, in one file,
 * so that no power cut can part them. A damaged file is refused and never taken for an absent one.
 *
 * It protects against an old bundle being offered again. Whoever can write the state folder can put an old file there; finding that out
 * is the witness's task.
 */
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf, UserError, WorldError } from '../base/errors.ts';
import { withLock } from '../base/lock-file.ts';
import { showPath } from '../config/problems.ts';
import type { AdapterFields } from './checks.ts';
import { type Change, diffPolicies } from './diff.ts';
import { seal, unseal } from './envelope.ts';
import { canonicalPolicy, checkPolicy, policyDigest, readPolicyFile } from './load.ts';
import { type Policy, policySchema } from './schema.ts';

const PAYLOAD_TYPE = 'application/vnd.garim.policy+json';

const installedSchema = z.strictObject({
  v: z.literal(1),
  /** Highest version that was ever accepted, and the digest of the policy that had it. */
  version: z.int().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  bundle: z.string(),
});
type Installed = z.output<typeof installedSchema>;

/** Throws UserError for a policy without a version. */
export function signPolicy(policy: Policy, key: KeyObject): string {
  if (policy.version < 1) {
    throw new UserError('version: a signed policy needs one, from 1.', {
      fix: 'Write version: and a number higher than that of the last signed policy.',
    });
  }
  return seal(PAYLOAD_TYPE, Buffer.from(canonicalPolicy(policy)), key);
}

/** Throws UserError when the signature or the policy does not hold. */
export function openBundle(text: string, trust: KeyObject, name: string, adapters?: AdapterFields): Policy {
  const payload = unseal(text, PAYLOAD_TYPE, trust, name);
  const checked = checkPolicy(JSON.parse(payload.toString('utf8')), adapters);
  if ('policy' in checked) return checked.policy;
  const lines = checked.problems.map(({ path, what, fix }) => `${name}: ${showPath(path)}: ${what}. ${fix}`);
  throw new UserError(lines.join('\n'));
}

/** What installing a bundle would do. */
export interface InstallPlan {
  policy: Policy;
  digest: string;
  /** What it replaces; without one everything is new. */
  changes: Change[];
  /** The same bundle is in force already. */
  isInstalled: boolean;
  /** Makes it so, durably. */
  install(): Promise<void>;
}

/** Verifies everything, changes nothing. Throws UserError for a bundle that is older than what was accepted, or another of its version. */
export async function planInstall(
  text: string,
  { stateDir, trust, name, adapters }: { stateDir: string; trust: KeyObject; name: string; adapters?: AdapterFields },
): Promise<InstallPlan> {
  const policy = openBundle(text, trust, name, adapters);
  const digest = policyDigest(policy);
  const installed = await readInstalled(stateDir);
  const isInstalled = installed?.version === policy.version && installed.digest === digest;
  if (installed !== undefined && !isInstalled && policy.version <= installed.version) {
    const what = policy.version === installed.version ? 'another policy of the same version' : 'an older policy';
    throw new UserError(
      `${name}: version ${policy.version} is ${what}: this box accepted version ${installed.version}.`,
      { fix: 'Sign the policy again with a higher version.' },
    );
  }
  const before = installed === undefined ? policySchema.parse({}) : payloadOf(installed.bundle);
  return {
    policy,
    digest,
    changes: diffPolicies(before, policy),
    isInstalled,
    install: () =>
      withLock(path.join(stateDir, 'policy', 'lock'), async () => {
        // While somebody was asked, another one may have installed.
        if ((await readInstalled(stateDir))?.version !== installed?.version) {
          throw new UserError(`${name}: another policy was installed meanwhile.`, { fix: 'Run the command again.' });
        }
        if (isInstalled) return;
        const file: Installed = { v: 1, version: policy.version, digest, bundle: text };
        await writeDurably(fileOf(stateDir), `${JSON.stringify(file)}\n`);
      }),
  };
}

/** Where a policy comes from: with a trusted key only what was signed with it, else a file. */
export type PolicySource =
  | { stateDir: string; trust: KeyObject; adapters?: AdapterFields }
  | { file: string; adapters?: AdapterFields };

/** The policy in force; undefined when none was installed, and then nothing about sensors leaves. */
export async function policyInForce(source: PolicySource): Promise<{ policy: Policy; digest: string } | undefined> {
  if ('file' in source) {
    const policy = await readPolicyFile(source.file, source.adapters);
    return { policy, digest: policyDigest(policy) };
  }
  const installed = await readInstalled(source.stateDir);
  if (installed === undefined) return undefined;
  const policy = openBundle(installed.bundle, source.trust, fileOf(source.stateDir), source.adapters);
  if (policy.version !== installed.version || policyDigest(policy) !== installed.digest) throw damaged(source.stateDir);
  return { policy, digest: installed.digest };
}

function fileOf(stateDir: string): string {
  return path.join(stateDir, 'policy', 'installed.json');
}

async function readInstalled(stateDir: string): Promise<Installed | undefined> {
  const file = fileOf(stateDir);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  try {
    return installedSchema.parse(JSON.parse(text));
  } catch {
    throw damaged(stateDir);
  }
}

/** What was accepted once, for comparing: its signature is checked before it is used. What can't be read counts as nothing, so all is new. */
function payloadOf(bundle: string): Policy {
  try {
    const { payload } = JSON.parse(bundle) as { payload: string };
    return policySchema.parse(JSON.parse(Buffer.from(payload, 'base64').toString('utf8')));
  } catch {
    return policySchema.parse({});
  }
}

function damaged(stateDir: string): UserError {
  return new UserError(`${fileOf(stateDir)} is damaged: nothing of the sensors is released.`, {
    fix: 'Restore it from a backup. Deleting it also forgets which version was accepted last.',
  });
}

/**
 * The users of this box. Owns `users.json` in the state folder, and is the only place that sees a password in clear: what it keeps
 * is a scrypt hash (console, HTTP) and the two digest HA1 (RTSP). HA1 is as good as the password for RTSP, so the file has mode 0600.
 *
 * The file is written when the first user is made, and when a user takes another name or password; a damaged one is refused and never
 * replaced, since replacing it would let whoever can damage a file choose who may watch.
 */
import { createHash, randomBytes, randomInt, scrypt as scryptCallback, timingSafeEqual } from 'node:crypto';
import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf, UserError, WorldError } from '../../base/errors.ts';
import { registerSecret } from '../../base/secrets.ts';
import { type Credentials, REALM } from './port.ts';

const scrypt = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scryptCallback);

const PASSWORD_CHARS_MIN = 8;
const PASSWORD_CHARS_MAX = 256;
const FIRST_USER = 'garim';
/** No look-alikes, so that it survives being copied from a screen by hand. 20 of them hold 98 bits. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';
/** 16 MiB and about 50 ms on a small box: dear for a guesser, bearable for a login. */
const COST = { N: 16_384, r: 8, p: 1 };
const HASH_BYTES = 32;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `write ${bytes} bytes in hex`);
/** Neither `:` (Basic and HA1 split there) nor quotes, spaces or control characters (Digest headers). */
const userName = z.string().regex(/^[A-Za-z0-9._@-]{1,64}$/, 'use letters, digits and . _ @ -');

const NAME_FIX = { fix: 'Use up to 64 letters, digits and . _ @ -' };

const userSchema = z.strictObject({
  name: userName,
  salt: hex(16),
  scrypt: hex(HASH_BYTES),
  ha1Md5: hex(16),
  ha1Sha256: hex(32),
});
const fileSchema = z.strictObject({ version: z.literal(1), users: z.array(userSchema).max(64) });
type User = z.output<typeof userSchema>;

export interface CredentialStore {
  credentials: Credentials;
  /** False only when `users.json` lists nobody. */
  hasUser: boolean;
  /**
   * Gives a user another name, another password or both, durably and from then on. Throws UserError that names what is at fault, WorldError when it
   * can't be written; nothing has changed then.
   */
  change(user: string, to: { name: string; password: string }): Promise<void>;
}

/** Throws UserError for a bad GARIM_USER, GARIM_PASSWORD or users.json, WorldError when the state folder can't be written. */
export async function openCredentialStore(options: {
  stateDir: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Called when the first user is made, before it is stored: it can't be shown again. */
  showFirstUser(created: { user: string; password: string }): void;
  /** Whom the first user shall be; without it `garim` with a password that is made here. */
  firstUser?: { user: string; password: string } | undefined;
}): Promise<CredentialStore> {
  const fromEnv = readEnv(options.env);
  if (fromEnv !== undefined) {
    registerSecret(fromEnv.password);
    return storeOf([await makeUser(fromEnv.user, fromEnv.password)], undefined);
  }
  const file = path.join(options.stateDir, 'users.json');
  const users = await readUsers(file);
  if (users !== undefined) return storeOf(users, file);

  const first = options.firstUser ?? { user: FIRST_USER, password: readablePassword() };
  registerSecret(first.password);
  const user = await makeUser(first.user, first.password);
  options.showFirstUser(first);
  await writeUsers(file, [user]);
  return storeOf([user], file);
}

function writeUsers(file: string, users: readonly User[]): Promise<void> {
  return writeDurably(file, `${JSON.stringify({ version: 1, users }, undefined, 2)}\n`);
}

function readEnv(env: Readonly<Record<string, string | undefined>>): { user: string; password: string } | undefined {
  const user = env['GARIM_USER'] ?? '';
  const password = env['GARIM_PASSWORD'] ?? '';
  if (user === '' && password === '') return undefined;
  if (user === '') throw new UserError('GARIM_PASSWORD is set but GARIM_USER is not', { fix: 'set both, or neither' });
  if (password === '')
    throw new UserError('GARIM_USER is set but GARIM_PASSWORD is not', { fix: 'set both, or neither' });
  const name = userName.safeParse(user);
  if (!name.success) {
    throw new UserError('GARIM_USER holds characters that a user name must not have', {
      fix: 'use up to 64 letters, digits and . _ @ -',
    });
  }
  if (password.length < PASSWORD_CHARS_MIN || password.length > PASSWORD_CHARS_MAX) {
    throw new UserError(`GARIM_PASSWORD has ${password.length} characters`, {
      fix: `use ${PASSWORD_CHARS_MIN} to ${PASSWORD_CHARS_MAX}`,
    });
  }
  return { user, password };
}

async function readUsers(file: string): Promise<User[] | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
    await chmod(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new WorldError('disk-failed', `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
  const fix = 'restore it from a backup, or delete it to have a new user and password made at the next start';
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which holds hashes.
    throw new UserError(`${file} is damaged: it is not JSON`, { fix });
  }
  const parsed = fileSchema.safeParse(data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${file} is damaged: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`, { fix });
  }
  return parsed.data.users;
}

/** Without a file they come from the environment. */
function storeOf(users: readonly User[], file: string | undefined): CredentialStore {
  let byName = new Map(users.map((user) => [user.name, user]));
  // An unknown user costs the same work as a known one.
  const nobodySalt = randomBytes(16);
  const nobodyHash = randomBytes(HASH_BYTES);
  const credentials: Credentials = {
    async verifyPassword(name, password) {
      const user = byName.get(name);
      const salt = user === undefined ? nobodySalt : Buffer.from(user.salt, 'hex');
      const expected = user === undefined ? nobodyHash : Buffer.from(user.scrypt, 'hex');
      const actual = await scrypt(password.slice(0, PASSWORD_CHARS_MAX + 1), salt, HASH_BYTES, COST);
      return timingSafeEqual(actual, expected) && user !== undefined;
    },
    digestHa1(name, algorithm) {
      const user = byName.get(name);
      return algorithm === 'MD5' ? user?.ha1Md5 : user?.ha1Sha256;
    },
  };
  const change: CredentialStore['change'] = async (name, to) => {
    if (file === undefined) {
      const fix = 'Change them there (the package: /etc/garim/garim.env), and start Garim again.';
      throw new UserError('the user comes from GARIM_USER and GARIM_PASSWORD', { fix });
    }
    const parsed = userName.safeParse(to.name);
    if (!parsed.success) throw new UserError('name: it has characters that a user name must not have', NAME_FIX);
    const { length } = to.password;
    if (length < PASSWORD_CHARS_MIN || length > PASSWORD_CHARS_MAX) {
      const fix = `Use ${PASSWORD_CHARS_MIN} to ${PASSWORD_CHARS_MAX}.`;
      throw new UserError(`password: it has ${length} characters`, { fix });
    }
    if (to.name !== name && byName.has(to.name)) {
      throw new UserError(`name: there is a user ${to.name} already`, { fix: 'Choose another name.' });
    }
    if (!byName.has(name)) throw new UserError(`there is no user ${name} any more`, { fix: 'Log in again.' });
    registerSecret(to.password);
    const changed = await makeUser(to.name, to.password);
    const next = [...byName.values()].map((user) => (user.name === name ? changed : user));
    await writeUsers(file, next);
    byName = new Map(next.map((user) => [user.name, user]));
  };
  return { credentials, hasUser: users.length > 0, change };
}

async function makeUser(name: string, password: string): Promise<User> {
  const salt = randomBytes(16);
  const ha1 = (algorithm: string): string => createHash(algorithm).update(`${name}:${REALM}:${password}`).digest('hex');
  return {
    name,
    salt: salt.toString('hex'),
    scrypt: (await scrypt(password, salt, HASH_BYTES, COST)).toString('hex'),
    ha1Md5: ha1('md5'),
    ha1Sha256: ha1('sha256'),
  };
}

/** Four groups of five. */
function readablePassword(): string {
  const group = (): string => Array.from({ length: 5 }, () => READABLE[randomInt(READABLE.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}

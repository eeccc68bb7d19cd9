/** Goal: a token is made blindly, spent once, for one request, on one box, in its time. Method: the RFC's vectors, and a phone's side of its own. */
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ristretto255_oprf } from '@noble/curves/ed25519.js';
import { TOKEN_EPOCH_MS, TokenKeys } from '../../../../edge/policy/choices/token-keys.ts';
import {
  blindedSchema,
  type Issued,
  TOKENS_PER_BATCH_MAX,
  type Token,
  Tokens,
  tokenSchema,
} from '../../../../edge/policy/choices/tokens.ts';
import { TempDir } from '../../../support/temp.ts';
import { spendFor, TokenHolder, type Unspent } from '../../../support/token-holder.ts';

const NOW = 20_000 * TOKEN_EPOCH_MS + 1_000;
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** RFC 9497, A.1.2: ristretto255-SHA512, VOPRF mode, batch of two. */
const RFC = {
  seed: 'a3'.repeat(32),
  keyInfo: '74657374206b6579',
  secretKey: 'e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909',
  publicKey: 'c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e',
  inputs: ['00', '5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'],
  blinds: [
    '64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706',
    '222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e',
  ],
  blinded: [
    '863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945',
    '90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654',
  ],
  evaluated: [
    'aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e',
    'cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a',
  ],
  proof:
    'cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08',
  outputs: [
    'b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c',
    '8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6',
  ],
};

test('the suite is that of RFC 9497, by its vectors', () => {
  const { voprf } = ristretto255_oprf;
  const keys = voprf.deriveKeyPair(hex(RFC.seed), hex(RFC.keyInfo));
  assert.equal(Buffer.from(keys.secretKey).toString('hex'), RFC.secretKey);
  assert.equal(Buffer.from(keys.publicKey).toString('hex'), RFC.publicKey);
  const made = voprf.blindEvaluateBatch(keys.secretKey, keys.publicKey, RFC.blinded.map(hex));
  assert.deepEqual(
    made.evaluated.map((point) => Buffer.from(point).toString('hex')),
    RFC.evaluated,
  );
  const items = RFC.inputs.map((input, i) => ({
    input: hex(input),
    blind: hex(RFC.blinds[i]!),
    blinded: hex(RFC.blinded[i]!),
    evaluated: hex(RFC.evaluated[i]!),
  }));
  const outputs = voprf.finalizeBatch(items, keys.publicKey, hex(RFC.proof));
  assert.deepEqual(
    outputs.map((output) => Buffer.from(output).toString('hex')),
    RFC.outputs,
  );
});

async function openTokens(dir: TempDir, box = 'box-1'): Promise<Tokens> {
  return Tokens.open({ stateDir: dir.path, box, keys: await TokenKeys.open(dir.path) });
}

async function issue(tokens: Tokens, count: number, nowMs = NOW, box = 'box-1'): Promise<Unspent[]> {
  const holder = new TokenHolder(box);
  const issued = await tokens.issue('pause', holder.blind(count), nowMs);
  assert.ok(typeof issued !== 'string', String(issued));
  return holder.finish(issued, issued.publicKey);
}

test('a token is spent once, for what it was made out to', async () => {
  using dir = new TempDir();
  const tokens = await openTokens(dir);
  const [first, second] = await issue(tokens, 2);
  const token = spendFor(first!, 'a request');
  assert.equal(await tokens.spend('pause', token, 'another request', NOW), 'token-forged');
  assert.equal(await tokens.spend('opt-in', token, 'a request', NOW), 'token-expired', 'another kind has another key');
  assert.equal(await tokens.spend('pause', token, 'a request', NOW), undefined);
  assert.equal(await tokens.spend('pause', token, 'a request', NOW), 'token-spent');
  const both = spendFor(second!, 'x');
  const answers = await Promise.all([tokens.spend('pause', both, 'x', NOW), tokens.spend('pause', both, 'x', NOW)]);
  assert.deepEqual(answers, [undefined, 'token-spent'], 'not twice at once either');
});

test('what was spent stays spent after a restart, also behind a torn record', async () => {
  using dir = new TempDir();
  const [first, second] = await issue(await openTokens(dir), 2);
  assert.equal(await (await openTokens(dir)).spend('pause', spendFor(first!, 'x'), 'x', NOW), undefined);
  const spentDir = path.join(dir.path, 'choices', 'spent');
  const file = path.join(spentDir, readdirSync(spentDir)[0]!);
  appendFileSync(file, Buffer.alloc(5, 1));
  const again = await openTokens(dir);
  assert.equal(await again.spend('pause', spendFor(first!, 'x'), 'x', NOW), 'token-spent');
  assert.equal(await again.spend('pause', spendFor(second!, 'x'), 'x', NOW), undefined);
  const third = await openTokens(dir);
  assert.equal(await third.spend('pause', spendFor(second!, 'x'), 'x', NOW), 'token-spent');
  assert.equal(readFileSync(file).length, 32);
});

test('a token is worth nothing on another box, under another key, or made up', async () => {
  using dir = new TempDir();
  using elsewhere = new TempDir();
  const tokens = await openTokens(dir);
  const [mine] = await issue(tokens, 1);
  const [theirs] = await issue(await openTokens(elsewhere), 1);
  const [wrongBox] = await issue(tokens, 1, NOW, 'box-2');
  assert.equal(await tokens.spend('pause', spendFor(theirs!, 'x'), 'x', NOW), 'token-forged');
  assert.equal(await tokens.spend('pause', spendFor(wrongBox!, 'x'), 'x', NOW), 'token-forged');
  const made: Token = { ...spendFor(mine!, 'x'), mac: Buffer.alloc(32) };
  assert.equal(await tokens.spend('pause', made, 'x', NOW), 'token-forged');
});

test('epochs end: keys are deleted, and with them what was spent', async () => {
  using dir = new TempDir();
  const tokens = await openTokens(dir);
  const [first, second] = await issue(tokens, 2);
  const spend = (unspent: Unspent | undefined, nowMs: number) =>
    tokens.spend('pause', spendFor(unspent!, 'x'), 'x', nowMs);
  assert.equal(await spend(first, NOW + TOKEN_EPOCH_MS), undefined, 'in the next epoch still');
  assert.equal(await spend(second, NOW + 2 * TOKEN_EPOCH_MS), 'token-expired');
  const [later] = await issue(tokens, 1, NOW + 2 * TOKEN_EPOCH_MS);
  assert.equal(await spend(later, NOW + 2 * TOKEN_EPOCH_MS), undefined);
  const file = path.join(dir.path, 'choices', 'token-keys.json');
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: { epoch: number }[] };
  assert.deepEqual(
    keys.map(({ epoch }) => epoch),
    [20_002],
  );
  assert.deepEqual(readdirSync(path.join(dir.path, 'choices', 'spent')), ['pause-20002']);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, '{"v":1');
  await assert.rejects(
    TokenKeys.open(dir.path),
    (error: Error) => /is damaged/.test(error.message) && error.cause === undefined,
  );
});

test("the maker sees nothing of what is spent, and a key of one's own is found out", async () => {
  using dir = new TempDir();
  using other = new TempDir();
  const tokens = await openTokens(dir);
  const holder = new TokenHolder('box-1');
  const blinded = holder.blind(3);
  const issued = (await tokens.issue('pause', blinded, NOW)) as Issued;
  const spent = holder.finish(issued, issued.publicKey).map((unspent) => spendFor(unspent, 'x'));
  const seen = Buffer.concat([...blinded, ...issued.evaluated, issued.proof]);
  for (const { nonce, mac } of spent)
    for (const part of [nonce, mac]) assert.equal(seen.indexOf(part.subarray(0, 8)), -1);
  // The same nonce blinded twice gives points that have nothing in common.
  const { voprf } = ristretto255_oprf;
  assert.notDeepEqual(voprf.blind(spent[0]!.nonce).blinded, voprf.blind(spent[0]!.nonce).blinded);
  const own = (await (await openTokens(other)).issue('pause', holder.blind(3), NOW)) as Issued;
  assert.throws(() => holder.finish(own, issued.publicKey), 'the proof is not of the published key');
});

test('bounds: points of the group, and so many at once', async () => {
  using dir = new TempDir();
  const tokens = await openTokens(dir);
  assert.equal(await tokens.issue('pause', [new Uint8Array(32).fill(255)], NOW), 'token-forged');
  const text = Buffer.alloc(32).toString('base64');
  assert.ok(blindedSchema.safeParse([text]).success);
  assert.ok(!blindedSchema.safeParse([]).success);
  assert.ok(!blindedSchema.safeParse([text.slice(4)]).success);
  assert.ok(!blindedSchema.safeParse(Array.from({ length: TOKENS_PER_BATCH_MAX + 1 }, () => text)).success);
  assert.ok(tokenSchema.safeParse({ epoch: 1, nonce: text, mac: text }).success);
  assert.ok(!tokenSchema.safeParse({ epoch: 1, nonce: text, mac: 'AAAA' }).success);
});

test('a clock that is set back brings no spent token back: its key is gone before its nonce is forgotten', async () => {
  using dir = new TempDir();
  const keys = await TokenKeys.open(dir.path);
  const tokens = await Tokens.open({ stateDir: dir.path, box: 'box-1', keys });
  const made = async (nowMs: number): Promise<Token> => {
    const holder = new TokenHolder('box-1');
    const issued = (await tokens.issue('pause', holder.blind(1), nowMs)) as Issued;
    const [unspent] = holder.finish(issued, issued.publicKey);
    return spendFor(unspent!, 'a request');
  };
  const first = await made(NOW);
  assert.equal(await tokens.spend('pause', first, 'a request', NOW), undefined);
  const second = await made(NOW + TOKEN_EPOCH_MS);
  assert.equal(await tokens.spend('pause', first, 'a request', NOW + TOKEN_EPOCH_MS), 'token-spent');
  // Two days on nobody asked for tokens, and one of the day before is spent: what was spent on the first day is forgotten.
  assert.equal(await tokens.spend('pause', second, 'a request', NOW + 2 * TOKEN_EPOCH_MS), undefined);
  assert.equal(await tokens.spend('pause', first, 'a request', NOW + TOKEN_EPOCH_MS), 'token-expired');
  await tokens.expire(NOW + 10 * TOKEN_EPOCH_MS);
  assert.doesNotMatch(readFileSync(path.join(dir.path, 'choices', 'token-keys.json'), 'utf8'), /secretKey/);
});

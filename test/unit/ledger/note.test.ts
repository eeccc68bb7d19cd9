/**
 * Goal: notes, keys and cosignatures are those of C2SP, and nothing unsigned passes. Method: the example of the signed-note specification, and
 * notes of our own with each part changed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkpointText, parseCheckpoint, parseSize } from '../../../edge/ledger/checkpoint.ts';
import { cosign, parseNote, parseVerifier, renamed, signNote, verifyNote } from '../../../edge/ledger/note.ts';
import { newSigner } from '../../support/test-log.ts';

const log = newSigner('box.example/log');
const witness = newSigner('hub.example/witness', 'cosigner');
const text = checkpointText({ origin: 'box.example/log', size: 7, root: Buffer.alloc(32, 1) });
const verify = (note: string, ...keys: Parameters<typeof verifyNote>[1]) => {
  const parsed = parseNote(Buffer.from(note));
  return parsed && verifyNote(parsed, keys)?.map(({ verifier }) => verifier.name);
};

test('the example of the specification verifies', () => {
  const key = parseVerifier('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
  const note =
    'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  assert.deepEqual(verify(note, key), ['example.com/foo']);
  assert.equal(verify(note.replace('an example', 'no example'), key), undefined);
});

test('a checkpoint is signed by its log and cosigned by a witness', () => {
  const note = signNote(text, log) + cosign(text, 1_700_000_000, witness);
  assert.deepEqual(verify(note, log.verifier, witness.verifier), ['box.example/log', 'hub.example/witness']);
  assert.deepEqual(verify(note, newSigner('box.example/log').verifier), [], 'unknown keys are passed over');
  assert.deepEqual(verify(note, renamed(log, 'box.example/other').verifier), []);
  assert.equal(parseVerifier(witness.verifier.vkey).isCosigner, true);
  assert.equal(verifyNote(parseNote(Buffer.from(note))!, [witness.verifier])?.[0]?.timestampS, 1_700_000_000);
});

test('a known key with a wrong signature spoils the note', () => {
  const signed = signNote(text, log);
  const other = signNote(text.replace('\n7\n', '\n8\n'), log);
  const moved = `${text}\n${other.slice(other.indexOf('\n\n') + 2)}`;
  assert.equal(verify(moved, log.verifier), undefined);
  const line = cosign(text, 5, witness);
  const later = Buffer.from(line.split(' ')[2]!, 'base64');
  later.writeUInt8(9, 11);
  assert.equal(
    verify(`${signed}\u2014 hub.example/witness ${later.toString('base64')}\n`, witness.verifier),
    undefined,
  );
});

test('what is not a note is refused', () => {
  const note = signNote(text, log);
  const many = note + cosign(text, 1, witness).repeat(16);
  for (const bad of [
    '',
    text,
    note.slice(0, -1),
    note.replace('\u2014 ', '- '),
    note.replace('\n7\n', '\n7\r\n'),
    many,
  ])
    assert.equal(parseNote(Buffer.from(bad)), undefined, JSON.stringify(bad.slice(0, 60)));
  assert.equal(parseNote(Buffer.concat([Buffer.from(note), Buffer.of(0xff)])), undefined);
  assert.equal(parseNote(Buffer.from('x'.repeat(20_000))), undefined);
});

test('keys have one spelling', () => {
  const { vkey } = log.verifier;
  assert.equal(parseVerifier(vkey).vkey, vkey);
  const [name, id, key] = [vkey.split('+')[0]!, vkey.split('+')[1]!, vkey.split('+').slice(2).join('+')];
  const bad = [
    '',
    name,
    `${name}+${id}`,
    `${name}+00000000+${key}`,
    `${name}x+${id}+${key}`,
    `${name}+${id}+${key.slice(0, -4)}`,
  ];
  for (const text of bad) assert.throws(() => parseVerifier(text), { name: 'UserError' }, text);
  assert.throws(() => renamed(log, 'two words'), { name: 'UserError' });
});

test('checkpoints have one spelling', () => {
  assert.deepEqual(parseCheckpoint(text)?.size, 7);
  const bad = [
    text.slice(0, -1),
    `${text}more\n`,
    text.replace('\n7\n', '\n07\n'),
    text.replace('\n7\n', '\n-7\n'),
    text.replace('=', ''),
  ];
  for (const wrong of bad) assert.equal(parseCheckpoint(wrong), undefined, JSON.stringify(wrong));
  assert.equal(parseSize('9007199254740991'), Number.MAX_SAFE_INTEGER);
  assert.equal(parseSize('9007199254740993'), undefined);
});

/**
 * Goal: lines keep their order and number, a broken one harms no other, and nothing of it is repeated.
 * Method: bytes in chunks of every size through the stream of lines.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINE_BYTES_MAX, stripLines } from '../../../../edge/sensor/strip/lines.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function outputsOf(input: string | Uint8Array, size = 65_536): Promise<unknown[]> {
  const outputs: unknown[] = [];
  for await (const line of stripLines(chunksOf(Buffer.from(input), size))) outputs.push(line);
  return outputs;
}

test('refuses what is no text and goes on, whatever the chunks are', async () => {
  const input =
    '{"text":"12가3456 옴"}\r\n\nno 010-1234-5678\n{"text":7}\n[]\nnull\n{"text":"a@b.example","id":"c@d.example"}';
  const expected = [
    { line: 1, text: '[plate] 옴', spans: [{ start: 0, end: 7, category: 'plate' }] },
    { line: 2, text: null, error: 'an empty line' },
    { line: 3, text: null, error: 'not JSON' },
    { line: 4, text: null, error: 'its "text" is not a string' },
    { line: 5, text: null, error: 'not a JSON object with a "text"' },
    { line: 6, text: null, error: 'not a JSON object with a "text"' },
    { line: 7, text: '[email]', spans: [{ start: 0, end: 11, category: 'email' }] },
  ];
  for (const size of [1, 2, 3, 7, 1000]) assert.deepEqual(await outputsOf(input, size), expected);
});

test('refuses broken UTF-8, texts and lines that are too long', async () => {
  const long = `{"text":"${'a '.repeat(40_000)}"}\n`;
  const endless = `{"text":"${'a'.repeat(LINE_BYTES_MAX)}"}\n`;
  const broken = Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]);
  const outputs = await outputsOf(Buffer.concat([broken, Buffer.from(`${long}${endless}{"text":"ok"}\n`)]));
  assert.deepEqual(outputs, [
    { line: 1, text: null, error: 'not UTF-8' },
    { line: 2, text: null, error: 'the text is longer than 65536 characters' },
    { line: 3, text: null, error: `longer than ${LINE_BYTES_MAX} bytes` },
    { line: 4, text: 'ok', spans: [] },
  ]);
});

test('ends with the input, with or without a last line end', async () => {
  assert.deepEqual(await outputsOf(''), []);
  assert.equal((await outputsOf('{"text":"a"}\n')).length, 1);
  assert.equal((await outputsOf('{"text":"a"}')).length, 1);
});

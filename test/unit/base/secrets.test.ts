/** Goal: credentials of URLs are found in every form that cameras and push targets use, and vanish from any text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactUrl, registerUrlSecrets, scrub } from '../../../edge/base/secrets.ts';

test('a password with a bare @ goes as a whole', () => {
  assert.equal(scrub('open rtsp://root:p@rt-one@cam.example/s failed'), 'open rtsp://***@cam.example/s failed');
  assert.equal(redactUrl('rtsp://root:p@rt-one@cam.example/s?x=1'), 'rtsp://cam.example/s');
  registerUrlSecrets('rtsp://root:p@rt-two@cam.example/s');
  assert.equal(scrub('login p@rt-two'), 'login ***');
});

test('encoded forms and query values are found', () => {
  registerUrlSecrets('srt://h.example:9?passphrase=planted%20one&streamid=planted-two');
  assert.equal(scrub('planted%20one, planted one, planted-two'), '***, ***, ***');
});

test('a secret that holds another one goes as a whole', () => {
  registerUrlSecrets('rtsp://u:inner-secret@h/');
  registerUrlSecrets('rtsp://u:inner-secret-and-more@h/');
  assert.equal(scrub('x inner-secret-and-more y'), 'x *** y');
});

test('neighbouring values of a JSON line stay', () => {
  assert.equal(scrub('{"a":"http://h:1","b":"x@y"}'), '{"a":"http://h:1","b":"x@y"}');
});

test('a secret is found in a line of JSON, where quotes and backslashes are escaped', () => {
  registerUrlSecrets('rtsp://u:quo%22te%5Cback@h/');
  const line = JSON.stringify({ msg: 'login quo"te\\back failed' });
  assert.equal(scrub(line), '{"msg":"login *** failed"}');
});

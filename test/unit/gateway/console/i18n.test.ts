/** Goal: both languages say the same things, and have words for every code that the agent may show. Method: the page's own module. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../../../edge/base/paths.ts';
import type { CameraHealth, DropReason, SlateReason, WholeFrameReason } from '../../../../edge/camera/messages.ts';

/** A code that is added and not put here does not compile. */
const CODES: Record<WholeFrameReason | SlateReason | DropReason | CameraHealth['detector']['state'], true> = {
  'model-missing': true,
  'detector-unavailable': true,
  'verdict-late': true,
  'unsupported-format': true,
  'no-evidence': true,
  'internal-error': true,
  'source-connecting': true,
  'source-lost': true,
  'source-unauthorised': true,
  'source-undecodable': true,
  'camera-process-lost': true,
  overload: true,
  'channel-full': true,
  'decode-error': true,
  stopped: true,
  'clock-jump': true,
  starting: true,
  ready: true,
  unavailable: true,
};

interface Texts {
  word(code: string): string;
}

async function pageIn(language: 'en' | 'ko'): Promise<Texts> {
  const file = path.join(packageRoot, 'edge', 'gateway', 'console', 'app', 'i18n.js');
  Object.assign(globalThis, { localStorage: { getItem: () => language, setItem: () => {} } });
  return (await import(`${pathToFileURL(file).href}?${language}`)) as Texts;
}

test('every code has words in both languages', async () => {
  const [en, ko] = [await pageIn('en'), await pageIn('ko')];
  for (const code of Object.keys(CODES)) {
    assert.match(ko.word(code), /[가-힣]/, code);
    assert.doesNotMatch(en.word(code), /[가-힣]/, code);
    assert.ok(code.includes('-') ? en.word(code) !== code : en.word(code).length > 0, code);
  }
  assert.equal(ko.word('of-a-newer-agent'), 'of-a-newer-agent');
});

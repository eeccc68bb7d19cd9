/**
 * Goal: the scores say what was found and what was not, and those of the labelled corpus do not fall.
 * Method: a corpus of four texts with known answers; the recorded recall of each file in ../shared.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../../../edge/base/errors.ts';
import { evaluateTexts, scoresTable, type TextScores } from '../../../../edge/sensor/strip/evaluate.ts';
import { needs, sharedData } from '../../../support/shared.ts';
import { TempDir } from '../../../support/temp.ts';

test('counts what is covered, touched, missed, and covered without need', async () => {
  const lines = [
    { text: '😀 010-1234-5678', spans: [{ start: 2, end: 15, type: 'PHONE' }] },
    { text: 'zzz 12가3456', spans: [{ start: 0, end: 11, type: 'MIXED' }] },
    { text: 'quiet', spans: [{ start: 0, end: 5, type: 'PHONE' }] },
    { text: '1234567', spans: [], entity: 'PHONE' },
    { text: 'a@b.example', spans: [], entity: 'PHONE' },
  ];
  using dir = new TempDir({ 'a.jsonl': lines.map((line) => JSON.stringify(line)).join('\n') });
  const scores = (await evaluateTexts(dir.path)).get('a.jsonl')!;
  assert.deepEqual(Object.fromEntries(scores.types), {
    PHONE: { labelled: 2, covered: 1, touched: 1, negatives: 2, negativesCovered: 1, negativesNumber: 1 },
    MIXED: { labelled: 1, covered: 0, touched: 1, negatives: 0, negativesCovered: 0, negativesNumber: 0 },
  });
  assert.deepEqual(scores.categories.get('phone'), { found: 1, right: 1 });
  assert.deepEqual(scores.categories.get('number'), { found: 1, right: 0 });
  assert.equal(scores.overCovered, 7 + 11);
  assert.equal(scores.outsideLabels, 3 + 7 + 11);
  assert.deepEqual(
    scores.misses.map(({ value }) => value),
    ['zzz 12가3456', 'quiet'],
  );
  assert.match(scoresTable('a.jsonl', scores), /^PHONE +2 +50\.0 % +50\.0 % +2 +1 +1$/m);
});

test('names the line that is no labelled text', async () => {
  using dir = new TempDir({ 'a.jsonl': '{"text":"a","spans":[]}\n{"text":"010-1234-5678"}\n' });
  await assert.rejects(
    evaluateTexts(dir.path),
    (error) => error instanceof UserError && /a\.jsonl:2/.test(error.message),
  );
  using empty = new TempDir();
  await assert.rejects(evaluateTexts(empty.path), UserError);
});

/** Recorded on 23 November 2026; types that are no identifiers (titles, organisations, nationalities, weekdays, years) are not held. */
const RECALL_MIN: Record<string, Record<string, number>> = {
  'presidio_recogniser_vectors.jsonl': {
    '*': 0.98,
    KR_RRN: 1,
    KR_FRN: 1,
    PHONE_NUMBER: 1,
    MAC_ADDRESS: 1,
    IP_ADDRESS: 1,
    EMAIL_ADDRESS: 1,
  },
  'presidio_research_sentences.jsonl': {
    PERSON: 0.98,
    GPE: 0.97,
    LOCATION: 0.95,
    STREET_ADDRESS: 0.95,
    ADDRESS: 0.92,
    ZIP_CODE: 0.9,
    AGE: 1,
    CREDIT_CARD: 1,
    EMAIL_ADDRESS: 1,
    PHONE_NUMBER: 1,
    US_SSN: 1,
    US_DRIVER_LICENSE: 1,
    IBAN_CODE: 1,
    IP_ADDRESS: 1,
    DOMAIN_NAME: 1,
  },
};
const OVER_COVER_MAX = 0.025;

test('recall on the labelled corpus stays as recorded', { skip: needs(sharedData, 'evaluation data') }, async () => {
  const scores = await evaluateTexts(path.join(sharedData!, 'sensors', 'pii'));
  for (const [file, floors] of Object.entries(RECALL_MIN)) {
    const ofFile = scores.get(file)!;
    for (const [type, floor] of Object.entries(floors)) {
      const recall = recallOf(ofFile, type);
      assert.ok(recall >= floor, `${file}, ${type}: recall ${recall} is below ${floor}`);
    }
  }
  const sentences = scores.get('presidio_research_sentences.jsonl')!;
  assert.ok(sentences.overCovered / sentences.outsideLabels <= OVER_COVER_MAX);
});

/** Of one type, or of all with `*`; of a type that the corpus lacks, 1. */
function recallOf({ types }: TextScores, type: string): number {
  const chosen = [...types].filter(([name]) => type === '*' || name === type).map(([, score]) => score);
  const labelled = chosen.reduce((sum, score) => sum + score.labelled, 0);
  return labelled === 0 ? 1 : chosen.reduce((sum, score) => sum + score.covered, 0) / labelled;
}

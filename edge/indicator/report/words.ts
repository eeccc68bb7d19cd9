/** Figures and states in words, Korean and English. */

import { type Html, html } from '../../base/html.ts';
import { CATALOGUE, type Entry, type Form, type Words } from '../catalogue.ts';
import type { Lack, Result, Status } from '../result.ts';

/** Marks differ by shape too, for those who don't tell the colours apart, and for print without colour. */
export const STATUS: Readonly<Record<Status, Words & { mark: string }>> = {
  pass: { mark: '✓', ko: '충족', en: 'pass' },
  fail: { mark: '✕', ko: '미충족', en: 'fail' },
  reported: { mark: '◆', ko: '공개', en: 'reported' },
  unknown: { mark: '?', ko: '알 수 없음', en: 'unknown' },
};

export const LACKS: Readonly<Record<Lack, Words>> = {
  'no-log': { ko: '원장이 없습니다.', en: 'There is no log.' },
  'log-fails': {
    ko: '원장이 검증을 통과하지 못해 그 내용을 근거로 쓰지 않습니다.',
    en: 'The log does not verify, so nothing in it is taken as evidence.',
  },
  'no-leaves': { ko: '이 기간의 기록이 없습니다.', en: 'Nothing is on record for it.' },
  'not-measured': { ko: '측정 결과가 기록되어 있지 않습니다.', en: 'No measurement is on record.' },
  'no-witness': {
    ko: '증인의 공동서명이 없어 되돌린 원장을 가려낼 수 없습니다.',
    en: 'No witness cosigned the log, so one that was put back could not be told from it.',
  },
  'not-due': { ko: '이 기간에 보유기간이 끝난 것이 없습니다.', en: 'Nothing was due in the period.' },
};

/** Both languages, marked as what they are. */
export function both({ ko, en }: Words): Html {
  return html`<span lang="ko">${ko}</span> <span class="en" lang="en">${en}</span>`;
}

const PART_NAMES: Readonly<Record<string, Words>> = {
  'uncosigned-leaves': { ko: '공동서명 이후의 기록 수', en: 'leaves after the newest cosignature' },
  'sign-age-days': { ko: '안내판이 기록된 지(일)', en: 'days since the sign was recorded' },
};

export function partName(name: string): string {
  const words = Object.hasOwn(PART_NAMES, name) ? PART_NAMES[name] : undefined;
  return words === undefined ? name : `${words.ko} ${words.en}`;
}

export function percent(share: number): string {
  const value = share * 100;
  const digits = value === 0 || value >= 10 ? 1 : value >= 1 ? 2 : 3;
  return `${Number(value.toFixed(digits))} %`;
}

export function number(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 3 });
}

const FORMS: Readonly<Record<Form, (value: number) => string>> = {
  share: percent,
  count: number,
  number,
  ms: (value) => `${number(value)} ms`,
  days: (value) => `${number(value)} d`,
  bytes: (value) => `${number(value)} B`,
  yes: (value) => (value === 1 ? '일치 current' : '불일치 stale'),
};

export function valueText({ form, method }: Entry, result: Exclude<Result, { status: 'unknown' }>): string {
  const write = FORMS[form];
  if (method === 'bucket-range') return `${write(result.low ?? 0)} – ${write(result.value)}`;
  return `${method.startsWith('cp95') ? '≤ ' : ''}${write(result.value)}`;
}

export function writeAs(form: Form): (value: number) => string {
  return FORMS[form];
}

export function entryOf(id: number): Entry {
  const entry = CATALOGUE.find((candidate) => candidate.id === id);
  if (entry === undefined) throw new Error(`there is no indicator ${id}`);
  return entry;
}

/** A leaf in a sentence, in Korean and English: for people who ask what was taken and who used it. Says what the leaf says, and no more. */
import { PURPOSES, purposeOf } from '../config/purposes.ts';
import { BUILT_IN_AGREEMENT } from '../config/use.ts';
import { rangeOf } from './bucket.ts';
import type { ToldLeaf } from './lookup.ts';
import { spanOf, type Window } from './window.ts';

export const LANGUAGES = ['ko', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

const LOCALES = { ko: 'ko-KR', en: 'en-GB' } as const;
const DAY = { year: 'numeric', month: 'short', day: 'numeric' } as const;
const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;

/** A time as people at the place write it: in the time zone of this machine, with its name. */
function timeText(ms: number, language: Language): string {
  return new Date(ms).toLocaleString(LOCALES[language], { ...DAY, ...CLOCK, timeZoneName: 'short' });
}

function windowText(window: Window, language: Language): string {
  const [startMs, endMs] = spanOf(window);
  const locale = LOCALES[language];
  const start = new Date(startMs).toLocaleString(locale, { ...DAY, ...CLOCK });
  return `${start}–${new Date(endMs).toLocaleTimeString(locale, { ...CLOCK, timeZoneName: 'short' })}`;
}

export function sentenceOf(leaf: ToldLeaf, language: Language): string {
  return language === 'ko' ? korean(leaf) : english(leaf);
}

function english(leaf: ToldLeaf): string {
  switch (leaf.kind) {
    case 'collect':
      return sentences(
        `${leaf.sensor} took ${whatEn(leaf)}, ${windowText(leaf.window, 'en')}`,
        leaf.frames && `${countEn(leaf.frames.in)} pictures came in, ${countEn(leaf.frames.out)} left it filtered`,
        leaf.messages &&
          `${countEn(leaf.messages.in)} messages came in, figures of ${countEn(leaf.messages.out)} were used`,
        leaf.mode === 'never'
          ? 'What is found of these is covered or left out before anything leaves'
          : `Consent: ${leaf.mode}`,
        `Legal basis: ${leaf.basis}${leaf.article === undefined ? '' : `, Art. ${leaf.article}`}`,
        leaf.detail && `Exact values are kept encrypted until ${leaf.expires}, then destroyed`,
      );
    case 'failclosed':
      return sentences(
        `Of ${leaf.sensor}, ${countEn(leaf.frames)} pictures were covered whole, ${windowText(leaf.window, 'en')}`,
        `Reasons: ${leaf.reasons.join(', ')}`,
      );
    case 'release':
      return sentences(
        `Figures of ${leaf.sensor} went out for ${purposeEn(leaf.purpose)}, ${windowText(leaf.window, 'en')}`,
        leaf.k !== undefined && `No figure is of fewer than ${leaf.k}`,
        leaf.epsilon !== undefined && `With noise, epsilon ${leaf.epsilon}`,
      );
    case 'pull':
      return sentences(
        `${leaf.puller} pulled ${leaf.feed}, filtered, for ${purposeEn(leaf.purpose)}, at ${timeText(Date.parse(leaf.at), 'en')}`,
        leaf.window && `It holds for ${windowText(leaf.window, 'en')}`,
        leaf.agreement === BUILT_IN_AGREEMENT.name
          ? 'No agreement was made for it: the purpose is the default of the program'
          : leaf.agreement && `Agreement: ${leaf.agreement}`,
      );
    case 'refusal':
      return sentences(
        `${leaf.puller ?? 'Somebody'} asked for ${leaf.feed ?? 'a feed'} and got nothing, at ${timeText(Date.parse(leaf.at), 'en')}`,
        `Reason: ${leaf.reason}`,
        leaf.purpose && `It was for ${purposeEn(leaf.purpose)}`,
      );
    case 'object':
      return sentences(
        `Somebody who was there objected to the use of what was taken, ${windowText(leaf.window, 'en')}`,
        `On record since ${timeText(Date.parse(leaf.at), 'en')}`,
      );
  }
}

function korean(leaf: ToldLeaf): string {
  switch (leaf.kind) {
    case 'collect':
      return sentences(
        `${leaf.sensor}: ${windowText(leaf.window, 'ko')} 동안 ${whatKo(leaf)} 수집`,
        leaf.frames && `들어온 화면 ${countKo(leaf.frames.in)}, 가림 처리되어 나간 화면 ${countKo(leaf.frames.out)}`,
        leaf.messages && `받은 메시지 ${countKo(leaf.messages.in)}, 통계에 쓰인 메시지 ${countKo(leaf.messages.out)}`,
        leaf.mode === 'never' ? '이 범주에서 찾아낸 것은 나가기 전에 가리거나 버립니다' : `동의 방식: ${leaf.mode}`,
        `법적 근거: ${leaf.basis}${leaf.article === undefined ? '' : ` 제${leaf.article}`}`,
        leaf.detail && `정확한 수치는 ${leaf.expires}까지 암호화하여 보관한 뒤 파기합니다`,
      );
    case 'failclosed':
      return sentences(
        `${leaf.sensor}: ${windowText(leaf.window, 'ko')} 동안 화면 ${countKo(leaf.frames)}을 전체 가림`,
        `이유: ${leaf.reasons.join(', ')}`,
      );
    case 'release':
      return sentences(
        `${leaf.sensor}의 통계를 내보냄: ${windowText(leaf.window, 'ko')}, 목적 ${purposeKo(leaf.purpose)}`,
        leaf.k !== undefined && `${leaf.k} 미만의 수치는 없습니다`,
        leaf.epsilon !== undefined && `잡음 추가, 엡실론 ${leaf.epsilon}`,
      );
    case 'pull':
      return sentences(
        `${leaf.puller}이(가) ${timeText(Date.parse(leaf.at), 'ko')}에 가림 처리된 ${leaf.feed}을(를) 이용. 목적: ${purposeKo(leaf.purpose)}`,
        leaf.window && `유효 시간: ${windowText(leaf.window, 'ko')}`,
        leaf.agreement === BUILT_IN_AGREEMENT.name
          ? '별도의 협약이 없으며, 목적은 프로그램의 기본값입니다'
          : leaf.agreement && `협약: ${leaf.agreement}`,
      );
    case 'refusal':
      return sentences(
        `${leaf.puller ?? '누군가'}이(가) ${timeText(Date.parse(leaf.at), 'ko')}에 ${leaf.feed ?? '영상'}을(를) 요청했으나 거절됨`,
        `이유: ${leaf.reason}`,
        leaf.purpose && `요청한 목적: ${purposeKo(leaf.purpose)}`,
      );
    case 'object':
      return sentences(
        `그 자리에 있던 사람이 이용에 반대함: ${windowText(leaf.window, 'ko')}`,
        `기록 시각: ${timeText(Date.parse(leaf.at), 'ko')}`,
      );
  }
}

function sentences(...parts: (string | false | undefined)[]): string {
  return parts.flatMap((part) => (typeof part === 'string' ? [`${part}.`] : [])).join(' ');
}

type Collect = Extract<ToldLeaf, { kind: 'collect' }>;

function whatEn({ categories, frames }: Collect): string {
  return `${frames === undefined ? 'readings' : 'pictures'}${categories.length === 0 ? '' : ` (${categories.join(', ')})`}`;
}

function whatKo({ categories, frames }: Collect): string {
  return `${frames === undefined ? '센서 값' : '영상'}${categories.length === 0 ? '' : `(${categories.join(', ')})`}`;
}

function countEn(bucket: string): string {
  const [from, to] = rangeOf(bucket);
  return `${from.toLocaleString('en')} to ${to.toLocaleString('en')}`;
}

function countKo(bucket: string): string {
  const [from, to] = rangeOf(bucket);
  return `${from.toLocaleString('ko')}~${to.toLocaleString('ko')}건`;
}

function purposeEn(term: string): string {
  const purpose = purposeOf(term);
  return purpose === undefined ? term : `${PURPOSES[purpose].en} (${term})`;
}

function purposeKo(term: string): string {
  const purpose = purposeOf(term);
  return purpose === undefined ? term : `${PURPOSES[purpose].ko}(${term})`;
}

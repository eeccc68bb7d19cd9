/** What is said to whoever gets nothing: why, and what to do. */
import type { RefusalReason } from './port.ts';

const TEXTS: Readonly<Record<RefusalReason | 'not-recorded', { en: string; ko: string }>> = {
  'no-purpose': {
    en: 'Say what for: the header "Purpose: dpv:...", or ?purpose=dpv:... in the address.',
    ko: '이용 목적을 밝히십시오. 헤더 "Purpose: dpv:..." 또는 주소의 ?purpose=dpv:...',
  },
  'unknown-purpose': {
    en: 'That purpose is not known. Use one that your agreement names, e.g. dpv:ImproveTransportMobility.',
    ko: '알 수 없는 이용 목적입니다. 협약에 적힌 목적을 쓰십시오.',
  },
  'no-agreement': {
    en: 'There is no such agreement with you. Ask the operator of the box (use.agreements).',
    ko: '해당하는 협약이 없습니다. 운영자에게 문의하십시오(use.agreements).',
  },
  'feed-not-agreed': {
    en: 'Your agreement does not name this feed. Ask the operator of the box (use.agreements).',
    ko: '협약에 이 영상 또는 데이터가 없습니다. 운영자에게 문의하십시오(use.agreements).',
  },
  'purpose-not-agreed': {
    en: 'Your agreement does not name this purpose for this feed.',
    ko: '협약에 이 이용 목적이 없습니다.',
  },
  'agreement-expired': {
    en: 'The agreement is over. Ask the operator of the box for a new one.',
    ko: '협약 기간이 끝났습니다. 운영자에게 새 협약을 요청하십시오.',
  },
  'policy-refused': {
    en: 'The policies of the box do not allow it.',
    ko: '이 장치의 정책이 허용하지 않습니다.',
  },
  'policy-failed': {
    en: 'A policy of the box failed, so nothing is served. The operator of the box has to mend it (use.policies).',
    ko: '이 장치의 정책에 오류가 있어 제공하지 않습니다(use.policies).',
  },
  'not-recorded': {
    en: 'The pull can not be recorded now, so nothing is served.',
    ko: '지금은 이용을 기록할 수 없어 제공하지 않습니다.',
  },
};

export function explain(reason: RefusalReason | 'not-recorded'): { en: string; ko: string } {
  return TEXTS[reason];
}

/** One line for a machine and a person: the reason, then what to do. */
export function refusalText(reason: RefusalReason | 'not-recorded'): string {
  const { en, ko } = explain(reason);
  return `${reason}: ${en}\n${ko}\n`;
}

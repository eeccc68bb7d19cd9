/** The texts of the pages that need no login. */
import type { Language } from './port.ts';

const EN = {
  title: 'What was taken here, and who used it?',
  lead: 'Name a place and a time. Nobody asks who you are, and the question is not kept.',
  place: 'Place (camera or sensor)',
  time: 'Time, at the place',
  ask: 'Ask',
  unknownPlace: 'There is no such place here.',
  unknownTime: 'This is not a time. Write for example 2026-11-23T14:05.',
  nothing: 'Nothing is on record for this place and time.',
  cut: 'There is more than this page shows. Ask about a shorter time, or read the log itself.',
  proof: 'Proof',
  number: (n: number): string => `Entry ${n}`,
  checked: (size: number): string =>
    `Read from ${size} signed entries. Each proof can be checked without this box: garim ledger verify --proof FILE --key KEY.`,
  key: 'Key of the log',
  recent:
    'What was taken just now is not written yet: an entry is made when its window is over, mostly after a quarter of an hour.',
  presence: 'Presence code',
  presenceLead:
    'The sign at the place shows a code that changes with every window. Whoever noted it can ask what was taken then, or object. It proves that you were there, not who you are.',
  code: 'Code',
  unknownCode: 'This box did not show that code in the last 31 days.',
  shown: 'The code was shown',
  object: 'I object to the use of what was taken then',
  objectNote:
    'The objection is written into the public log: that somebody who was there objects, and to which window. The exact values that the box keeps of that window are destroyed, of all who were there, since nobody can tell which are yours. It does not undo what was used already; what becomes of recordings of that time the operator has to decide.',
  objected: 'The objection is on record.',
  notRecorded: 'It can not be put on record now. Please try again later.',
  signTitle: 'For the sign',
  until: (time: string): string => `until ${time}`,
  busy: 'Others are asking just now. Try again in a moment.',
  other: '한국어',
};

const KO: typeof EN = {
  title: '이곳에서 무엇이 수집되었고, 누가 이용했습니까?',
  lead: '장소와 시각을 입력하십시오. 누구인지 묻지 않으며, 질문은 저장하지 않습니다.',
  place: '장소(카메라 또는 센서)',
  time: '시각(현지 시각)',
  ask: '조회',
  unknownPlace: '그런 장소가 없습니다.',
  unknownTime: '시각이 아닙니다. 예: 2026-11-23T14:05',
  nothing: '이 장소와 시각에 대한 기록이 없습니다.',
  cut: '기록이 더 있습니다. 더 짧은 시간을 조회하거나 기록 전체를 확인하십시오.',
  proof: '증명',
  number: (n) => `기록 ${n}번`,
  checked: (size) =>
    `서명된 기록 ${size}건에서 찾았습니다. 증명은 이 장치 없이도 확인할 수 있습니다: garim ledger verify --proof 파일 --key 키`,
  key: '기록의 공개 키',
  recent: '방금 수집된 것은 아직 기록되지 않았습니다. 구간(보통 15분)이 끝나면 기록합니다.',
  presence: '현장 코드',
  presenceLead:
    '안내판에는 구간마다 바뀌는 코드가 표시됩니다. 코드를 적어 둔 사람은 그때 무엇이 수집되었는지 묻거나 이용에 반대할 수 있습니다. 코드는 그 자리에 있었다는 것만 증명하며, 누구인지는 알리지 않습니다.',
  code: '코드',
  unknownCode: '지난 31일 동안 이 장치가 표시한 코드가 아닙니다.',
  shown: '코드가 표시된 시간',
  object: '그때 수집된 것의 이용에 반대합니다',
  objectNote:
    '반대 의사는 공개 기록에 남습니다. 그 자리에 있던 누군가가 어느 구간에 반대했는지만 기록합니다. 누구의 값인지 알 수 없으므로, 장치에 보관된 그 구간의 정확한 값은 모두 파기됩니다. 이미 이루어진 이용을 되돌리지는 못하며, 그 시간의 녹화물은 운영자가 판단해야 합니다.',
  objected: '반대 의사가 기록되었습니다.',
  notRecorded: '지금은 기록할 수 없습니다. 나중에 다시 시도하십시오.',
  signTitle: '안내판용',
  until: (time) => `${time}까지`,
  busy: '다른 조회가 진행 중입니다. 잠시 후 다시 시도하십시오.',
  other: 'English',
};

export const TEXTS: Readonly<Record<Language, typeof EN>> = { en: EN, ko: KO };

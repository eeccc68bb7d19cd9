/**
 * The table of indicators in words, Korean and English: what each is, in which unit, which line it must keep, and under which heading it
 * stands. Lines are proposals of ours. A reference stands here only if its text, or a published list of it, was read; numbers of
 * ISO/IEC 27701, of articles of the GDPR and of ISMS-P 3.x were not, so there are none.
 */
export interface Words {
  ko: string;
  en: string;
}

/** Of the guideline on personal information in smart cities (PIPC, December 2021). Which indicator stands under which is our choice. */
export const PRINCIPLES = {
  lawfulness: { ko: '적법성', en: 'Lawfulness' },
  purpose: { ko: '목적 제한', en: 'Purpose limitation' },
  transparency: { ko: '투명성', en: 'Transparency' },
  safety: { ko: '안전성', en: 'Safety' },
  control: { ko: '통제권 보장', en: 'Control' },
  accountability: { ko: '책임성', en: 'Accountability' },
} as const satisfies Record<string, Words>;
type Principle = keyof typeof PRINCIPLES;

/** What the certification of smart cities looks at (Ministry of Land, Infrastructure and Transport). The assignment is ours. */
export const AREAS = {
  service: { ko: '서비스 기술 및 기반시설', en: 'Service technology and infrastructure' },
  governance: { ko: '제도 기반과 추진 체계', en: 'Institutions and governance' },
  citizens: { ko: '시민·공무원의 혁신성', en: 'Innovation of citizens and officials' },
} as const satisfies Record<string, Words>;
type Area = keyof typeof AREAS;

/** How a value is written. */
export type Form = 'share' | 'count' | 'number' | 'ms' | 'days' | 'bytes' | 'yes';

export interface Entry {
  id: number;
  name: Words;
  what: Words;
  line: Words;
  /** Of the numerator and denominator; a name in the statement. */
  unit: string;
  form: Form;
  /** Name in the statement. */
  method: string;
  principle: Principle;
  area: Area;
  references: readonly string[];
}

const NO_LINE: Words = { ko: '기준 없음(공개만)', en: 'no line; reported' };
const PSEUDONYMISATION: readonly string[] = ['PIPC 가명정보 처리 가이드라인 (2024-02)'];

export const CATALOGUE: readonly Entry[] = [
  {
    id: 1,
    name: { ko: '얼굴 미검출 상한', en: 'Face miss bound' },
    what: {
      ko: '시험용 인물을 필터에 1초씩 보이고, 한 프레임이라도 가려지지 않은 인물의 비율을 95 % 신뢰로 위에서 제한한 값.',
      en: 'Known people are shown to the filter for one second each; the share that was uncovered on even one frame, bounded from above with 95 % confidence.',
    },
    line: { ko: '1 % 이하', en: 'at most 1 %' },
    unit: 'track',
    form: 'share',
    method: 'cp95-upper',
    principle: 'safety',
    area: 'service',
    references: PSEUDONYMISATION,
  },
  {
    id: 2,
    name: { ko: '번호판 미검출 상한', en: 'Plate miss bound' },
    what: { ko: '시험용 차량 번호판에 대한 같은 값.', en: 'The same for number plates of known vehicles.' },
    line: { ko: '1 % 이하', en: 'at most 1 %' },
    unit: 'track',
    form: 'share',
    method: 'cp95-upper',
    principle: 'safety',
    area: 'service',
    references: PSEUDONYMISATION,
  },
  {
    id: 3,
    name: { ko: '가장 나쁜 조건의 미검출', en: 'Worst-stratum miss' },
    what: {
      ko: '크기·자세·조명 등 조건별 미검출 상한 가운데 가장 큰 값. 평균이 가리는 차이를 드러낸다.',
      en: 'The largest miss bound of any stratum of size, pose and light: what a mean would hide.',
    },
    line: { ko: '1 % 이하', en: 'at most 1 %' },
    unit: 'track',
    form: 'share',
    method: 'cp95-upper-max',
    principle: 'safety',
    area: 'service',
    references: [],
  },
  {
    id: 4,
    name: { ko: '출력 영상의 재식별', en: 'Re-identification of output' },
    what: {
      ko: '가려진 출력에서 인식기의 1순위 적중률이 우연보다 얼마나 높은지.',
      en: 'How far a recogniser’s rank-1 rate on the covered output is above chance.',
    },
    line: { ko: '신뢰구간이 0을 포함', en: 'the interval holds 0' },
    unit: 'identity',
    form: 'share',
    method: 'rank1-minus-chance',
    principle: 'safety',
    area: 'service',
    references: [],
  },
  {
    id: 5,
    name: { ko: '장애 시 차단의 정확성', en: 'Fail-closed correctness' },
    what: {
      ko: '강제 장애(중단, 정지, 손상, 과부하) 가운데 원본 프레임이 나가지 않은 비율.',
      en: 'Of injected faults (crash, stall, corruption, overload), those with no raw frame out.',
    },
    line: { ko: '100 %', en: '100 %' },
    unit: 'fault',
    form: 'share',
    method: 'fault-injection',
    principle: 'safety',
    area: 'service',
    references: ['ISMS-P 2.9.2'],
  },
  {
    id: 6,
    name: { ko: '전체 가림 비율', en: 'Fail-closed share' },
    what: {
      ko: '필터가 확신하지 못해 통째로 가린 프레임의 비율. 숨기지 않고 공개한다. 공개 기록은 구간 값이므로 범위로 표시.',
      en: 'Frames that left covered whole because the filter was not sure. Reported, not hidden; public counts are buckets, hence a range.',
    },
    line: NO_LINE,
    unit: 'frame',
    form: 'share',
    method: 'bucket-range',
    principle: 'transparency',
    area: 'service',
    references: [],
  },
  {
    id: 7,
    name: { ko: '원본 유출', en: 'Raw egress' },
    what: {
      ko: '출력 소켓이 아닌 경로로 나간 바이트 수.',
      en: 'Bytes that left on any path other than the output’s.',
    },
    line: { ko: '0바이트', en: '0 bytes' },
    unit: 'byte',
    form: 'bytes',
    method: 'egress-count',
    principle: 'safety',
    area: 'service',
    references: ['ISMS-P 2.6.1', 'ISMS-P 2.6.7'],
  },
  {
    id: 8,
    name: { ko: '식별자 제거', en: 'Identifier stripping' },
    what: {
      ko: '심어 둔 식별자(MAC, 카드, 번호판)가 출력에서 발견된 수.',
      en: 'Planted identifiers (MAC, card, plate) that were found in the output.',
    },
    line: { ko: '0건', en: 'none' },
    unit: 'identifier',
    form: 'share',
    method: 'planted-identifiers',
    principle: 'safety',
    area: 'service',
    references: [],
  },
  {
    id: 9,
    name: { ko: '공개 통계의 최소 인원 k', en: 'Release k' },
    what: {
      ko: '공개된 칸 가운데 가장 적은 기여자 수.',
      en: 'The fewest contributors behind any released cell.',
    },
    line: { ko: '5 이상', en: 'at least 5' },
    unit: 'release',
    form: 'number',
    method: 'minimum',
    principle: 'safety',
    area: 'service',
    references: [],
  },
  {
    id: 10,
    name: { ko: '프라이버시 예산 ε 사용', en: 'ε spent' },
    what: {
      ko: '공개 값의 잡음이 센서마다 하루에 쓸 수 있었던 ε의 최댓값과 정책이 정한 한도.',
      en: 'The most that the noise of a sensor’s releases may have spent in a day, against what its policy allows.',
    },
    line: { ko: '정책 한도 이하', en: 'within the policy’s cap' },
    unit: 'sensor-day',
    form: 'number',
    method: 'max-per-day',
    principle: 'safety',
    area: 'service',
    references: [],
  },
  {
    id: 11,
    name: { ko: '연결 공격의 이점', en: 'Linkage attack advantage' },
    what: {
      ko: '모의 도시에서 공개 값으로 사람을 가려내는 공격의 AUC − 0.5 상한.',
      en: 'AUC − 0.5, upper end, of attacks that single people out of releases in a simulated city.',
    },
    line: { ko: '0.05 이하', en: 'at most 0.05' },
    unit: 'trial',
    form: 'number',
    method: 'auc-bootstrap-upper',
    principle: 'safety',
    area: 'service',
    references: [],
  },
  {
    id: 12,
    name: { ko: '보유기간 준수', en: 'Retention compliance' },
    what: {
      ko: '보유기간이 끝난 창(window) 가운데 열쇠가 제때 파기된 비율. 파기의 증거이지 증명은 아니다.',
      en: 'Windows whose key was destroyed on time, of those that were due. Evidence of deletion, not proof.',
    },
    line: { ko: '100 %', en: '100 %' },
    unit: 'window',
    form: 'share',
    method: 'shred-on-time',
    principle: 'lawfulness',
    area: 'governance',
    references: [],
  },
  {
    id: 13,
    name: { ko: '거부 반영 시간', en: 'Opt-out latency' },
    what: {
      ko: '거부 신호에서 반영까지 걸린 시간의 95백분위.',
      en: '95th percentile of the time from a refusal’s signal to its effect.',
    },
    line: { ko: '1초 이하(공용 표지)', en: 'at most 1 s (common marker)' },
    unit: 'signal',
    form: 'ms',
    method: 'p95',
    principle: 'control',
    area: 'citizens',
    references: [],
  },
  {
    id: 14,
    name: { ko: '원장 무결성', en: 'Ledger integrity' },
    what: {
      ko: '검증에서 드러난 오류와 분기의 수. 증인의 공동서명이 없으면 판단하지 않는다.',
      en: 'Faults found by verifying the log, and forks on record. Not judged without a witness’s cosignature.',
    },
    line: { ko: '0건', en: 'none' },
    unit: 'leaf',
    form: 'count',
    method: 'rfc6962-audit',
    principle: 'accountability',
    area: 'governance',
    references: ['ISMS-P 2.9.4', 'ISMS-P 2.9.5'],
  },
  {
    id: 15,
    name: { ko: '목적이 확인된 이용', en: 'Purpose coverage' },
    what: {
      ko: '이용 기록 가운데 허용된 목적으로 실제 제공된 것과 일치하는 비율.',
      en: 'Pulls that match something the box let out for an allowed purpose.',
    },
    line: { ko: '100 %', en: '100 %' },
    unit: 'pull',
    form: 'share',
    method: 'pull-release-match',
    principle: 'purpose',
    area: 'governance',
    references: [],
  },
  {
    id: 16,
    name: { ko: '모델 출처', en: 'Model provenance' },
    what: {
      ko: '시험을 거친 모델이 판단한 창의 비율.',
      en: 'Windows decided by a model that was tried with canaries in this period.',
    },
    line: { ko: '100 %', en: '100 %' },
    unit: 'window',
    form: 'share',
    method: 'digest-match',
    principle: 'accountability',
    area: 'service',
    references: [],
  },
  {
    id: 17,
    name: { ko: '보안 패치 지연', en: 'Patch age' },
    what: {
      ko: '설치되지 않은 심각한 보안 수정 가운데 가장 오래된 것의 일수.',
      en: 'Days since the oldest fix of high severity that is not installed.',
    },
    line: NO_LINE,
    unit: 'day',
    form: 'days',
    method: 'oldest-unpatched',
    principle: 'safety',
    area: 'service',
    references: ['ISMS-P 2.10.8'],
  },
  {
    id: 18,
    name: { ko: '전송 암호화', en: 'Encryption in transit' },
    what: { ko: 'TLS 1.3 상호인증 연결의 비율.', en: 'Connections with mutual TLS 1.3.' },
    line: { ko: '100 %', en: '100 %' },
    unit: 'connection',
    form: 'share',
    method: 'connection-count',
    principle: 'safety',
    area: 'service',
    references: ['ISMS-P 2.7', 'ISMS-P 2.10.5'],
  },
  {
    id: 19,
    name: { ko: '안내판 최신성', en: 'Signage currency' },
    what: {
      ko: '기록된 안내판이 현재 정책과 설정을 말하는지.',
      en: 'Whether the sign on record says what the policy and configuration in force say.',
    },
    line: { ko: '일치', en: 'it does' },
    unit: 'sign',
    form: 'yes',
    method: 'digest-match',
    principle: 'transparency',
    area: 'citizens',
    references: ['개인정보 보호법 제25조 제4항', 'DTPR'],
  },
  {
    id: 20,
    name: { ko: '시계 신뢰', en: 'Clock trust' },
    what: { ko: '서명된 시각과의 최대 차이.', en: 'Largest offset to a signed time.' },
    line: NO_LINE,
    unit: 'probe',
    form: 'ms',
    method: 'offset-max',
    principle: 'accountability',
    area: 'governance',
    references: ['ISMS-P 2.9.6'],
  },
];

/** Where an indicator is unknown: which evidence is missing, and what gives it. Commands are named as they are typed. */
import type { Words } from './catalogue.ts';

const CANARIES: Words = {
  ko: '실행 중인 장치가 여유가 있을 때 한 시간에 한 번 시험용 인물과 차량으로 스스로 측정합니다(cameras.NAME.canaries). 바로 측정하려면: garim canary --record',
  en: 'A running box measures it by itself once an hour with known people and vehicles, where it has time for that (cameras.NAME.canaries). At once: garim canary --record',
};

function measured(about: string, what: Words): Words {
  const command = `garim ledger measured ${about} OUTPUT`;
  return { ko: `${what.ko} 결과를 기록: ${command}`, en: `${what.en} Put on record by: ${command}` };
}

export const MISSING: Readonly<Record<number, Words>> = {
  1: CANARIES,
  2: CANARIES,
  3: CANARIES,
  4: measured('re-identification', {
    ko: '장치는 얼굴 인식기를 갖고 있지 않으므로 스스로 측정할 수 없습니다. 내보낸 영상에 외부 인식기를 시험한 결과가 필요합니다.',
    en: 'The box has no recogniser, so it can not measure this. Missing is what one of somebody else makes of the filtered feed.',
  }),
  5: measured('fault-injection', {
    ko: '운영 중인 장치에 장애를 일으키지 않습니다. 장애 주입 시험(소스의 test/fault)의 결과가 필요합니다.',
    en: 'A box in use injects no faults into itself. Missing is the outcome of tests that do, e.g. of test/fault in the sources.',
  }),
  6: {
    ko: '카메라의 구간 기록이 필요합니다: garim run',
    en: 'Missing is a window of a camera that is over: garim run',
  },
  7: measured('raw-egress', {
    ko: '장치가 자신의 유출을 스스로 증명할 수 없습니다. 장치 밖이나 패킷 필터(예: nftables 계수기)에서 센 결과가 필요합니다.',
    en: 'A box can not vouch for its own silence. Missing are counts from outside of it, or of the packet filter (counters of nftables).',
  }),
  8: measured('identifier-stripping', {
    ko: '심어 둔 식별자를 센서에 보내고 출력에서 찾아본 결과가 필요합니다.',
    en: 'Missing is a search of the output for identifiers that were planted at the sensors.',
  }),
  9: {
    ko: '최소 인원 k로 공개한 통계가 이 기간에 없습니다(센서, garim policy).',
    en: 'No sensor released a table under a threshold k in the period (sensors, garim policy).',
  },
  10: {
    ko: '잡음을 넣어 공개한 통계가 이 기간에 없습니다(epsilonPerDay, garim policy).',
    en: 'No sensor released a table under noise in the period (epsilonPerDay, garim policy).',
  },
  11: measured('linkage-attack', {
    ko: '모의 도시에 대한 공격 시험 결과가 필요합니다: garim attack --json OUTPUT',
    en: 'Missing is the outcome of attacks on the simulated city: garim attack --json OUTPUT',
  }),
  12: {
    ko: '보유기간(ledger.detailDays)이 끝난 구간이 아직 없습니다.',
    en: 'No window has come to the end of its term (ledger.detailDays) in the period yet.',
  },
  13: measured('optout-latency', {
    ko: '장치는 철회와 일시 중지가 여덟 건 이상 모이면 스스로 기록합니다. 공용 표지는 시험한 결과가 필요합니다.',
    en: 'The box puts withdrawals and pauses on record by itself, eight of them together at least. Of the common marker, a trial is missing.',
  }),
  14: {
    ko: '원장의 첫 기록이나 --config 또는 --witness가 이름을 댄 증인의 공동서명이 필요합니다(ledger.witnesses): garim witness',
    en: 'Missing is the cosignature of a witness that the first leaf of the log, --config or --witness names (ledger.witnesses): garim witness',
  },
  15: {
    ko: '이 기간에 이용한 사람이 없거나, 이용한 구간이 아직 끝나지 않았습니다.',
    en: 'Nobody pulled anything in the period, or the window of it is not over.',
  },
  16: CANARIES,
  17: measured('patch-age', {
    ko: '장치는 어떤 보안 수정이 나왔는지 알지 못합니다. 취약점 점검(예: debsecan)의 결과가 필요합니다.',
    en: 'The box does not know which fixes exist. Missing is the output of a scan for them, e.g. of debsecan.',
  }),
  18: measured('transport', {
    ko: '장치는 다른 기기의 접속이 있으면 스스로 셉니다. 이 기간에는 없었습니다.',
    en: 'The box counts connections of other machines by itself; there were none in the period.',
  }),
  19: {
    ko: '안내판의 다이제스트가 기록되어 있지 않습니다: garim notice --hung',
    en: 'The digest of the sign is not on record: garim notice --hung',
  },
  20: measured('clock-offset', {
    ko: '장치는 증인(ledger.witnesses)의 서명 시각과 시계를 스스로 비교합니다. 증인이 없으면 외부 측정이 필요합니다.',
    en: 'The box holds its clock against the time that a witness signs (ledger.witnesses). Without one, a measurement from outside is missing.',
  }),
};

/** Annex to an impact assessment: what is processed, which risks remain, and by which indicator of `garim report` each measure is watched. */
import { type Html, html } from '../base/html.ts';
import type { Notice } from './content.ts';
import { both, FILTERED, GROUNDS, keptFor, PAPER_STYLE, page, type Words } from './words.ts';

interface Risk {
  risk: Words;
  measure: Words;
  /** What the measure does not do. */
  left: Words;
  /** Numbers of indicators. */
  indicators: readonly number[];
}

const CAMERA_RISKS: readonly Risk[] = [
  {
    risk: { ko: '가려지지 않은 얼굴·번호판', en: 'A face or plate that is not covered' },
    measure: {
      ko: '앞뒤 두 번의 판단이 있는 프레임만 내보내고, 늦으면 전체를 가림',
      en: 'A frame leaves only between two verdicts; late ones are covered whole',
    },
    left: {
      ko: '검출기가 끝내 보지 못한 대상은 가려지지 않음',
      en: 'What the detector never sees is not covered',
    },
    indicators: [1, 2, 3, 6],
  },
  {
    risk: { ko: '가린 영상에서의 재식별', en: 'Re-identification from covered video' },
    measure: { ko: '최대 4×4칸의 잡음 섞인 값만 남김', en: 'A cover holds at most 4 × 4 noised cells' },
    left: { ko: '옷차림, 걸음, 장소로 알아보는 것은 막지 못함', en: 'Clothes, gait and place are not hidden' },
    indicators: [4],
  },
  {
    risk: { ko: '원본 유출', en: 'Uncovered video gets out' },
    measure: {
      ko: '원본은 한 프로세스의 메모리에만 있고 나가는 길이 없음',
      en: 'It exists in the memory of one process, which has no way out',
    },
    left: { ko: '장치를 물리적으로 손에 넣은 사람', en: 'Whoever holds the device itself' },
    indicators: [5, 7, 18],
  },
  {
    risk: { ko: '목적 외 이용', en: 'Use for another purpose' },
    measure: {
      ko: '이용할 때마다 목적과 함께 먼저 기록',
      en: 'Each pull is on record, with its purpose, before it is served',
    },
    left: { ko: '받은 뒤의 이용은 보이지 않음', en: 'What is done with it afterwards is not seen' },
    indicators: [14, 15],
  },
];

const SENSOR_RISKS: readonly Risk[] = [
  {
    risk: { ko: '통계에서 사람을 가려냄', en: 'Singling people out of figures' },
    measure: { ko: '최소 인원 k 또는 정확한 잡음, 지연 공개', en: 'Fewest contributors or exact noise, released late' },
    left: { ko: '다른 자료와의 결합을 모두 내다볼 수는 없음', en: 'Not every join with other data can be foreseen' },
    indicators: [9, 10, 11],
  },
  {
    risk: { ko: '식별자가 남음', en: 'Identifiers that remain' },
    measure: {
      ko: '정책이 이름 붙인 항목만 처리, 열쇠는 창마다 버림',
      en: 'Only named fields are read; keys are forgotten with their window',
    },
    left: { ko: '자유로운 글 속의 드문 표현', en: 'Rare wordings in free text' },
    indicators: [8, 13],
  },
];

export function dpiaPage(notice: Notice): string {
  const { cameras, sensors, controller, policy } = notice;
  const risks = [...(cameras.length > 0 ? CAMERA_RISKS : []), ...(sensors.length > 0 ? SENSOR_RISKS : [])];
  const body = html`<h1>${both({ ko: '개인정보 영향평가 부속서', en: 'Annex to the data-protection impact assessment' })}</h1>
<p>${both(controller.name)} · ${both(controller.department)} · <code>${policy}</code></p>
<p>${both({ ko: '장치의 설정과 정책에서 만들어졌습니다. 평가 자체를 대신하지 않습니다.', en: 'Made from the settings and the policy of the device. It does not stand in for the assessment itself.' })}</p>
<section><h2>${both({ ko: '처리의 내용', en: 'What is processed' })}</h2>${camerasOf(notice)}${sensorsOf(notice)}</section>
<section><h2>${both({ ko: '위험과 대책', en: 'Risks and measures' })}</h2><table><thead><tr>${HEAD.map((words) => html`<th scope="col">${both(words)}</th>`)}</tr></thead>
<tbody>${risks.map(({ risk, measure, left, indicators }) => html`<tr><td>${both(risk)}</td><td>${both(measure)}</td><td>${both(left)}</td><td>${indicators.join(', ')}</td></tr>`)}</tbody></table>
<p>${both({ ko: '지표의 현재 값은 garim report가 기록에서 계산합니다. 근거가 없으면 “알 수 없음”입니다.', en: 'garim report computes the present value of each indicator from the record; without evidence it is unknown.' })}</p></section>`;
  return page('영향평가 부속서', PAPER_STYLE, body);
}

const HEAD: readonly Words[] = [
  { ko: '위험', en: 'Risk' },
  { ko: '대책', en: 'Measure' },
  { ko: '남는 위험', en: 'What is left' },
  { ko: '지표', en: 'Indicators' },
];

function camerasOf({ cameras }: Notice): Html | undefined {
  if (cameras.length === 0) return undefined;
  return html`<p>${both(FILTERED)}</p><table><thead><tr><th scope="col">${both({ ko: '카메라', en: 'Camera' })}</th><th scope="col">${both({ ko: '목적과 근거', en: 'Purpose and ground' })}</th><th scope="col">${both({ ko: '보관', en: 'Kept' })}</th><th scope="col">${both({ ko: '가림', en: 'Covers' })}</th></tr></thead>
<tbody>${cameras.map((camera) => html`<tr><td><code>${camera.name}</code><br>${both(camera.place)}</td><td>${both(camera.purpose)}<br>${camera.ground}: ${both(GROUNDS[camera.ground]!)}</td><td>${both(keptFor(camera.retentionDays))}</td><td>${camera.look}${camera.masks > 0 ? `, ${camera.masks} masks` : ''}</td></tr>`)}</tbody></table>`;
}

function sensorsOf({ sensors }: Notice): Html | undefined {
  if (sensors.length === 0) return undefined;
  return html`<table><thead><tr><th scope="col">${both({ ko: '센서', en: 'Sensor' })}</th><th scope="col">${both({ ko: '목적', en: 'Purpose' })}</th><th scope="col">${both({ ko: '항목', en: 'Fields' })}</th><th scope="col">${both({ ko: '공개 조건', en: 'Released when' })}</th></tr></thead>
<tbody>${sensors.map((sensor) => html`<tr><td><code>${sensor.name}</code><br>${sensor.adapter} ${sensor.place}</td><td><code>${sensor.purpose}</code></td><td>${sensor.fields.map(({ name, term, mode, becomes }) => html`${name}: ${term} (${mode}) → ${becomes}<br>`)}</td><td>k ≥ ${sensor.k}${sensor.epsilonPerDay === undefined ? '' : `, ε ≤ ${sensor.epsilonPerDay}/d`}<br>${sensor.windowMs / 60_000} min</td></tr>`)}</tbody></table>`;
}

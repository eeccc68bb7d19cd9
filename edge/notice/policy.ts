/** The operation and management policy: the matters that Article 25(1) of the Decree lists, in its order. */
import { type Html, html } from '../base/html.ts';
import type { Notice } from './content.ts';
import { both, FILTERED, GROUNDS, keptFor, PAPER_STYLE, page, type Words } from './words.ts';

export function policyPage(notice: Notice): string {
  const { controller, cameras, policy } = notice;
  const table = (head: readonly Words[], rows: readonly (readonly Html[])[]): Html =>
    html`<table><thead><tr>${head.map((words) => html`<th scope="col">${both(words)}</th>`)}</tr></thead><tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`;
  const name = (text: string): Html => html`<code>${text}</code>`;
  const CAMERA: Words = { ko: '카메라', en: 'Camera' };
  const sections: [Words, Html][] = [
    [
      { ko: '설치 근거 및 목적', en: 'Ground and purpose' },
      table(
        [CAMERA, { ko: '근거(개인정보 보호법)', en: 'Ground (PIPA)' }, { ko: '목적', en: 'Purpose' }],
        cameras.map((camera) => [
          name(camera.name),
          html`${camera.ground}: ${both(GROUNDS[camera.ground]!)}`,
          both(camera.purpose),
        ]),
      ),
    ],
    [
      { ko: '설치 대수, 위치 및 촬영 범위', en: 'Number, locations and range' },
      html`<p>${both({ ko: `모두 ${cameras.length}대`, en: `${cameras.length} in all` })}</p>${table(
        [CAMERA, { ko: '위치', en: 'Location' }, { ko: '촬영 범위', en: 'Range' }],
        cameras.map((camera) => [name(camera.name), both(camera.place), both(camera.range)]),
      )}`,
    ],
    [
      { ko: '관리책임자, 담당 부서 및 접근 권한자', en: 'Manager, department and who may access' },
      html`<p>${both(controller.name)} · ${both(controller.department)} · ${controller.phone} ${controller.email}</p><p>${both({ ko: '접근 권한:', en: 'Access:' })} ${both(controller.access)}</p>`,
    ],
    [
      { ko: '촬영 시간, 보관 기간, 보관 장소 및 처리 방법', en: 'Hours, retention, place and processing' },
      html`${table(
        [CAMERA, { ko: '촬영 시간', en: 'Hours' }, { ko: '보관', en: 'Kept' }, { ko: '장소', en: 'Where' }],
        cameras.map((camera) => [
          name(camera.name),
          both(camera.hours),
          both(keptFor(camera.retentionDays)),
          both(placeOf(camera)),
        ]),
      )}<p>${both(FILTERED)}</p>`,
    ],
    [
      { ko: '영상의 확인 방법 및 장소', en: 'How and where video is checked' },
      html`<p>${both(controller.viewing)}</p>`,
    ],
    [
      { ko: '정보주체의 열람 등 요구에 대한 조치', en: 'Requests of data subjects' },
      html`<p>${both({
        ko: '요구는 위 부서에서 받습니다. 나가는 영상에서 얼굴과 번호판은 되돌릴 수 없게 가려지므로 누구인지 찾아 드릴 수 없을 수 있습니다. 언제 무엇이 수집되고 누가 이용했는지는 장소와 시간만으로, 신원을 밝히지 않고 확인할 수 있습니다.',
        en: 'The office above takes requests. Faces and plates are covered beyond recovery, so a person may not be found in what is kept. What was collected when, and who used it, can be looked up by place and time alone, without saying who asks.',
      })}</p>${controller.url === undefined ? undefined : html`<p>${controller.url}</p>`}`,
    ],
    [
      { ko: '안전성 확보 조치', en: 'Safeguards' },
      html`<ul>${SAFEGUARDS.map((words) => html`<li>${both(words)}</li>`)}</ul>`,
    ],
    [
      { ko: '그 밖의 사항', en: 'Other matters' },
      html`<p>${both({ ko: '이 방침은 장치의 설정에서 만들어졌으며, 시행 중인 정책의 지문은 다음과 같습니다.', en: 'This paper was made from the settings of the device; the policy in force is' })} <code>${policy}</code></p>`,
    ],
  ];
  const body = html`<h1>${both({ ko: `${controller.name.ko} 고정형 영상정보처리기기 운영·관리 방침`, en: `${controller.name.en}: policy on fixed visual data processing devices` })}</h1>
${sections.map(([title, content], i) => html`<section><h2>${i + 1}. ${both(title)}</h2>${content}</section>`)}`;
  return page('운영·관리 방침', PAPER_STYLE, body);
}

function placeOf({ isRecorded, retentionDays }: { isRecorded: boolean; retentionDays: number }): Words {
  if (isRecorded) return { ko: '현장 장치', en: 'on the device' };
  return retentionDays === 0 ? { ko: '—', en: '—' } : { ko: '영상을 받는 기관', en: 'with those who take the feed' };
}

const SAFEGUARDS: readonly Words[] = [
  {
    ko: '가리지 않은 영상은 카메라 프로세스의 메모리에만 있고, 판단이 늦거나 실패하면 화면 전체를 가립니다.',
    en: 'Uncovered pictures exist only in the memory of the camera process; where the filter is late or fails, the whole picture is covered.',
  },
  {
    ko: '수집·제공·이용은 누구나 검증할 수 있는 추가 전용 원장에 기록합니다.',
    en: 'Collection, release and use go on record in an append-only log that anybody can verify.',
  },
  {
    ko: '화면과 영상은 암호로 보호된 계정에만 열리고, 틀린 시도는 제한합니다.',
    en: 'Feeds open to accounts with a password only, and wrong attempts are limited.',
  },
];

/**
 * The sign at the site of one camera: purpose and place, range and time, and whom to ask (PIPA Article 25(4)), in letters that are read from
 * some steps away; and below, what becomes of the picture and where its use can be looked up.
 */
import { html } from '../base/html.ts';
import type { CameraNotice, Notice } from './content.ts';
import { both, FILTERED, FONT, keptFor, page, type Words } from './words.ts';

export function signPage({ controller }: Notice, camera: CameraNotice, digest: string): string {
  const rows: [Words, Words][] = [
    [{ ko: '설치 목적', en: 'Purpose' }, camera.purpose],
    [{ ko: '설치 장소', en: 'Place' }, camera.place],
    [{ ko: '촬영 범위', en: 'Range' }, camera.range],
    [{ ko: '촬영 시간', en: 'Hours' }, camera.hours],
    [{ ko: '보관', en: 'Kept' }, keptFor(camera.retentionDays)],
    [
      { ko: '관리책임자', en: 'Manager' },
      {
        ko: `${controller.name.ko} ${controller.department.ko}`,
        en: `${controller.name.en}, ${controller.department.en}`,
      },
    ],
  ];
  const contact = [controller.phone, controller.email].filter((part) => part !== undefined);
  const lookUp =
    controller.url === undefined
      ? undefined
      : html`<p>${both({ ko: '이용 기록과 운영 방침:', en: 'Records of use, and policy:' })} <b>${controller.url}</b></p>`;
  const body = html`<main><h1><svg viewBox="0 0 64 40" role="img" aria-label="카메라 camera"><path d="M2 8h40a4 4 0 0 1 4 4v3l14-7v24l-14-7v3a4 4 0 0 1-4 4H2z"/><circle cx="20" cy="20" r="8"/></svg>
<span>CCTV 설치 안내<small lang="en">Video surveillance in operation</small></span></h1>
<table>${rows.map(([name, said]) => html`<tr><th scope="row">${both(name)}</th><td>${both(said)}</td></tr>`)}
<tr><th scope="row">${both({ ko: '연락처', en: 'Contact' })}</th><td>${contact.map((part) => html`<b class="phone">${part}</b>`)}</td></tr></table>
<section><p lang="ko"><b>${FILTERED.ko}</b></p><p class="en" lang="en">${FILTERED.en}</p>${lookUp}</section>
<footer>${camera.name} · ${digest}</footer></main>`;
  return page(`CCTV ${camera.name}`, STYLE, body);
}

const STYLE = `
body{margin:0;color:#101820;font:20px/1.45 ${FONT};word-break:keep-all;overflow-wrap:anywhere}
main{max-width:900px;margin:24px auto;border:6px solid #0f4c6b;border-radius:18px;overflow:hidden}
h1{display:flex;align-items:center;gap:26px;margin:0;padding:24px 34px;background:#0f4c6b;color:#fff;font-size:46px;line-height:1.15}
h1 small{display:block;font-size:21px;font-weight:400}h1 svg{width:110px;flex:none;fill:#fff}h1 circle{fill:#0f4c6b}
table{border-collapse:collapse;width:calc(100% - 68px);margin:20px 34px}
th{width:24%;text-align:left;vertical-align:top;padding:9px 16px 9px 0;font-size:20px}td{padding:9px 0;font-size:24px;font-weight:600}
tr+tr{border-top:1.5px solid #c9d4dc}.en{display:block;font-size:.68em;font-weight:400;color:#46535f}.phone{display:block;font-size:27px}
section{margin:0 34px 18px;padding:16px 20px;border-radius:12px;background:#eaf3f2}section p{margin:4px 0;font-size:19px}section .en{font-size:15px}
footer{padding:0 34px 16px;color:#55626f;font:11px ui-monospace,D2Coding,NanumGothicCoding,monospace;word-break:break-all}
@page{size:A4;margin:10mm}@media print{main{margin:0;max-width:none;zoom:.84;break-inside:avoid}h1,section{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;

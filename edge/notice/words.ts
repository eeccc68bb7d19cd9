/** Words that several papers share. References to the act were read in translation (Articles 25 and 25-2, Decree Articles 24 and 25). */
import { type Html, html } from '../base/html.ts';

export interface Words {
  ko: string;
  en: string;
}

export function both({ ko, en }: Words): Html {
  return ko === en ? html`${ko}` : html`<span lang="ko">${ko}</span> <span class="en" lang="en">${en}</span>`;
}

/** Subparagraphs of Article 25(1). */
export const GROUNDS: Readonly<Record<string, Words>> = {
  '25(1)1': { ko: '법령에서 구체적으로 허용하는 경우', en: 'specifically allowed by statute' },
  '25(1)2': { ko: '범죄의 예방 및 수사', en: 'prevention and investigation of crimes' },
  '25(1)3': { ko: '시설의 안전·관리 및 화재 예방', en: 'safety and management of facilities, prevention of fire' },
  '25(1)4': { ko: '교통단속', en: 'traffic enforcement' },
  '25(1)5': { ko: '교통정보의 수집·분석 및 제공', en: 'collection, analysis and provision of traffic information' },
  '25(1)6': {
    ko: '촬영된 영상정보를 저장하지 않는 경우로서 대통령령으로 정하는 경우',
    en: 'cases prescribed by Decree where images are not stored',
  },
};

export function keptFor(days: number): Words {
  return days === 0
    ? { ko: '저장하지 않음', en: 'not kept' }
    : { ko: `가린 영상 ${days}일`, en: `the covered video, ${days} ${days === 1 ? 'day' : 'days'}` };
}

/** What Garim does to every camera's picture: no setting turns it off. A detector misses some, and a sign must not hide that. */
export const FILTERED: Words = {
  ko: '이 카메라의 영상은 현장 장치가 얼굴과 차량 번호판을 자동으로 찾아 되돌릴 수 없게 가린 뒤에만 나갑니다. 원본은 저장하거나 보내지 않으며 소리는 녹음하지 않습니다. 찾지 못하는 경우가 있을 수 있고, 그 비율은 공개합니다.',
  en: 'Before video leaves this device, software finds faces and number plates and covers them beyond recovery. The original is neither stored nor sent, and no sound is recorded. Some may be missed; how many is published.',
};

export function page(title: string, style: string, body: Html): string {
  return html`<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${title}</title><style>${style}</style></head>
<body>${body}</body></html>
`.text;
}

/** No quote, ampersand or angle bracket, so that it stands in a page as it is. */
export const FONT = 'system-ui,Noto Sans KR,Noto Sans CJK KR,Apple SD Gothic Neo,Malgun Gothic,NanumGothic,sans-serif';

export const PAPER_STYLE = `
body{max-width:820px;margin:32px auto;padding:0 24px;color:#17212b;font:15px/1.6 ${FONT};word-break:keep-all;overflow-wrap:anywhere}
h1{font-size:25px;line-height:1.3;margin:0 0 6px}h2{font-size:17px;margin:30px 0 8px;padding-top:8px;border-top:2px solid #17212b}
h1 .en,h2 .en{display:block;font-weight:400;font-size:.72em}.en{color:#55626f}
table{border-collapse:collapse;width:100%;margin:8px 0;font-size:14px}th,td{text-align:left;vertical-align:top;padding:6px 10px 6px 0;border-bottom:1px solid #d5dce3}
p{margin:6px 0}code{font:12px/1.5 ui-monospace,D2Coding,NanumGothicCoding,monospace;word-break:break-all}
@page{size:A4;margin:18mm 16mm}@media print{body{margin:0;padding:0;max-width:none;font-size:10.5pt}h2{break-after:avoid}tr{break-inside:avoid}}
`;

/** The report as one HTML file that needs nothing else: no script, no font, no picture from elsewhere. */

import { Html, html } from '../../base/html.ts';
import { AREAS, CATALOGUE, type Entry, PRINCIPLES, type Words } from '../catalogue.ts';
import { MISSING } from '../missing.ts';
import type { Period } from '../period.ts';
import type { Result, Status } from '../result.ts';
import { plotOf } from './plots.ts';
import { STYLE } from './style.ts';
import { both, entryOf, LACKS, number, percent, STATUS, valueText } from './words.ts';

export interface ReportLeaf {
  /** The entry as it stands in the log. */
  text: string;
  /** c2sp.org/tlog-proof. */
  proof: string;
}

export interface Report {
  period: Period;
  /** When it was made, ISO 8601. */
  madeAt: string;
  software: string;
  /** Undefined when there is no log. */
  log:
    | {
        box: string;
        origin: string;
        vkey: string | undefined;
        /** Whether that key came from elsewhere than the log. */
        isKeyGiven: boolean;
        size: number;
        /** Base64. */
        root: string;
        /** The signed checkpoint, verbatim. */
        note: string;
        faults: readonly string[];
      }
    | undefined;
  results: ReadonlyMap<number, Result>;
  /** Leaves that are shown with their proofs. */
  leaves: ReadonlyMap<number, ReportLeaf>;
}

const STATUSES: readonly Status[] = ['pass', 'fail', 'reported', 'unknown'];

export function reportPage(report: Report): string {
  const { period } = report;
  const title = html`<title>개인정보 보호 지표 ${period.name} Privacy indicators</title>`;
  // A browser that saves or opens the file must not be talked into loading anything.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
  const page = html`<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">${title}<style>${new Html(STYLE)}</style></head>
<body>${headerOf(report)}<main>${summaryOf(report)}${principlesOf(report)}${areasOf(report)}${readingOf(report)}${proofsOf(report)}</main>
<footer><p>Garim ${report.software} · ${report.madeAt}</p></footer></body></html>
`;
  return page.text;
}

function headerOf({ period, log, madeAt }: Report): Html {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const facts: [Words, Html | string][] = [
    [{ ko: '기간(UTC)', en: 'Period' }, `${day(period.fromMs)} – ${day(period.toMs - 1)}`],
    [{ ko: '작성', en: 'Made at' }, madeAt],
    ...(log === undefined
      ? []
      : ([
          [{ ko: '장치', en: 'Box' }, html`<code>${log.box}</code>`],
          [{ ko: '원장', en: 'Log' }, html`<code>${log.origin}</code>`],
          [{ ko: '기록 수', en: 'Leaves' }, number(log.size)],
          [{ ko: '루트', en: 'Root' }, html`<code>${log.root}</code>`],
        ] satisfies [Words, Html | string][])),
  ];
  return html`<header><h1>${both({ ko: `개인정보 보호 지표 보고서 ${period.name}`, en: `Personal-information protection indicators, ${period.name}` })}</h1>
<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${both(name)}</dt><dd>${value}</dd></div>`)}</dl>${verificationOf(log)}</header>`;
}

function verificationOf(log: Report['log']): Html {
  if (log === undefined)
    return html`<div class="banner bad" role="note"><strong>${both({ ko: '원장이 없습니다. 근거가 없으므로 모든 지표는 “알 수 없음”입니다.', en: 'There is no log. Without evidence every indicator is unknown.' })}</strong></div>`;
  if (log.faults.length > 0)
    return html`<div class="banner bad" role="alert"><strong>${both({ ko: '원장이 검증을 통과하지 못했습니다. 그 안의 기록을 근거로 쓰지 않았습니다.', en: 'The log FAILS VERIFICATION. Nothing in it was taken as evidence.' })}</strong>
<ul lang="en">${log.faults.map((fault) => html`<li>${fault}</li>`)}</ul></div>`;
  const key = log.isKeyGiven
    ? { ko: '밖에서 받은 키로 검증했습니다.', en: 'Verified with a key that came from elsewhere.' }
    : {
        ko: '원장 자신의 키로 검증했습니다. 원장을 통째로 바꿔치기한 경우는 드러나지 않습니다.',
        en: 'Verified with the key that the log itself names: a log that was replaced as a whole would pass.',
      };
  return html`<div class="banner"><strong>${both({ ko: '모든 기록을 다시 계산해 서명된 루트와 맞추었습니다.', en: 'Every leaf was hashed again and led to the signed root.' })}</strong>
<br>${both(key)}<br><code>${log.vkey ?? ''}</code></div>`;
}

function summaryOf({ results }: Report): Html {
  const counts = STATUSES.map((status) => {
    const count = [...results.values()].filter((result) => result.status === status).length;
    const { mark, ko, en } = STATUS[status];
    return html`<li class="${status}"><span aria-hidden="true">${mark}</span> <b>${count}</b> ${both({ ko, en })}</li>`;
  });
  const tiles = CATALOGUE.map(({ id, name }) => {
    const status = statusOf(results, id);
    const { mark, ko, en } = STATUS[status];
    return html`<li><a class="${status}" href="#indicator-${id}" aria-label="${`${id} ${name.ko} ${name.en}: ${ko} ${en}`}" title="${`${name.ko} ${name.en}`}">${id} <span class="mark" aria-hidden="true">${mark}</span><small>${ko}</small></a></li>`;
  });
  return html`<section aria-label="요약 Summary"><ul class="counts">${counts}</ul><ul class="tiles">${tiles}</ul></section>`;
}

function statusOf(results: Report['results'], id: number): Status {
  return results.get(id)?.status ?? 'unknown';
}

function principlesOf(report: Report): Html[] {
  return Object.entries(PRINCIPLES).map(
    ([principle, words]) =>
      html`<section><h2>${both(words)}</h2>${CATALOGUE.filter((entry) => entry.principle === principle).map((entry) => cardOf(entry, report))}</section>`,
  );
}

function cardOf(entry: Entry, report: Report): Html {
  const { id, name, what, line, references } = entry;
  const result = report.results.get(id);
  const status = result?.status ?? 'unknown';
  const { mark, ko, en } = STATUS[status];
  const isKnown = result !== undefined && result.status !== 'unknown';
  const plot = isKnown ? plotOf(entry, result) : undefined;
  const figures = isKnown
    ? html`<p class="value ${status}">${valueText(entry, result)}</p>`
    : html`<p class="value unknown">—</p>${lackOf(id, result)}`;
  const rows: [Words, string][] = isKnown
    ? [
        [{ ko: '분자/분모', en: 'of' }, countText(entry, result)],
        ...(result.low === undefined || result.high === undefined
          ? []
          : ([[{ ko: '범위', en: 'range' }, rangeText(entry, result.low, result.high)]] satisfies [Words, string][])),
        [{ ko: '방법', en: 'method' }, result.method ?? entry.method],
      ]
    : [];
  rows.push([{ ko: '기준(제안)', en: 'line, proposed' }, line.ko === line.en ? line.en : `${line.ko} · ${line.en}`]);
  if (references.length > 0) rows.push([{ ko: '관련', en: 'see' }, references.join(', ')]);
  return html`<article id="indicator-${id}"><div class="head"><span class="no" aria-hidden="true">${id}</span><h3>${both(name)}</h3>
<span class="pill ${status}"><span aria-hidden="true">${mark}</span> ${ko} <span lang="en">${en}</span></span></div>
<div class="body ${isKnown ? '' : 'bare'}"><div><p class="what">${both(what)}</p>${figures}<dl class="meta">${rows.map(([term, value]) => html`<dt>${both(term)}</dt><dd>${value}</dd>`)}</dl></div>
<div>${plot}</div>${isKnown ? proofLineOf(id, result, report) : undefined}</div></article>`;
}

/** Why there is no figure, and what would give one. Where there is no log that can be believed, that comes first. */
function lackOf(id: number, result: Result | undefined): Html {
  const lack = result?.status === 'unknown' ? result.lack : 'no-leaves';
  const isLogAtFault = lack === 'no-log' || lack === 'log-fails';
  const missing = MISSING[id];
  return html`<p>${both(LACKS[lack])}</p>${isLogAtFault || missing === undefined ? undefined : html`<p class="missing">${both(missing)}</p>`}`;
}

/** A value that is no count of its denominator stands alone: a latency of 50 signals is not 900 of 50. */
function countText({ form, unit }: Entry, { num, den, value }: { num: number; den: number; value: number }): string {
  const isPart = num !== value || form === 'share' || form === 'count' || form === 'bytes' || form === 'yes';
  return isPart ? `${number(num)} / ${number(den)} (${unit})` : `n = ${number(den)} (${unit})`;
}

function rangeText({ form }: Entry, low: number, high: number): string {
  return form === 'share' ? `${percent(low)} – ${percent(high)}` : `${number(low)} – ${number(high)}`;
}

/** Which leaves a figure comes from, and where their proofs are. */
function proofLineOf(id: number, { proofs, evidence }: Result, { leaves, log }: Report): Html {
  if (id === 14 && log !== undefined && proofs.length === 0)
    return html`<div class="proof">${both({ ko: '근거: 원장 전체,', en: 'Evidence: the whole log,' })} <a href="#checkpoint">checkpoint ${number(log.size)}</a></div>`;
  const shown = proofs.filter((index) => leaves.has(index));
  const ranges = shown.length === proofs.length ? '' : `(${rangesOf(proofs)}) `;
  return html`<div class="proof">${both({ ko: `근거: 기록 ${number(proofs.length)}건`, en: `Evidence: ${number(proofs.length)} ${proofs.length === 1 ? 'leaf' : 'leaves'}` })}
${ranges}${shown.map((index) => html`<a href="#leaf-${index}">#${index}</a> `)}<br><code>${evidence}</code></div>`;
}

const RANGES_MAX = 6;

/** `3–17, 20`, cut short. */
function rangesOf(indices: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && index === last[1] + 1) last[1] = index;
    else ranges.push([index, index]);
  }
  const texts = ranges.slice(0, RANGES_MAX).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  return `${texts.join(', ')}${ranges.length > RANGES_MAX ? ', …' : ''}`;
}

function areasOf({ results }: Report): Html {
  const rows = Object.entries(AREAS).map(([area, words]) => {
    const own = CATALOGUE.filter((entry) => entry.area === area);
    const items = own.map(({ id, name }) => {
      const status = statusOf(results, id);
      return html`<a class="${status}" href="#indicator-${id}">${id}&nbsp;${name.ko}&nbsp;${STATUS[status].mark}</a><br>`;
    });
    const passed = own.filter(({ id }) => statusOf(results, id) === 'pass').length;
    return html`<tr><th scope="row">${both(words)}</th><td>${items}</td><td>${passed} / ${own.length}</td></tr>`;
  });
  return html`<section><h2>${both({ ko: '스마트도시 인증 분야별', en: 'By the areas of the smart-city certification' })}</h2>
<table><caption>${both({ ko: '어느 지표가 어느 분야에 드는지는 우리의 제안입니다.', en: 'Which indicator stands where is our proposal.' })}</caption>
<thead><tr><th scope="col">${both({ ko: '분야', en: 'Area' })}</th><th scope="col">${both({ ko: '지표', en: 'Indicators' })}</th><th scope="col">${both({ ko: '충족', en: 'Pass' })}</th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

const NOTES: readonly Words[] = [
  {
    ko: '“알 수 없음”은 근거가 없다는 뜻입니다. 근거 없이 “충족”이 되는 일은 없습니다.',
    en: 'Unknown means that there is no evidence. Nothing passes without.',
  },
  {
    ko: '95 % 상한은 클로퍼–피어슨 단측 구간입니다. 서로 독립인 인물·차량을 세며, 프레임을 세지 않습니다.',
    en: '95 % bounds are one-sided Clopper–Pearson intervals over independent people and vehicles, not over frames.',
  },
  {
    ko: '시험용 인물은 그들 자신의 분포만 증명합니다. 실제 거리의 사람이 그들과 다르면 값도 다를 수 있습니다.',
    en: 'Canaries prove their own distribution only: if people on the street differ from them, so may the figure.',
  },
  {
    ko: '기준선은 법이 정한 값이 아니라 제안입니다. 원칙별 배치도 그렇습니다. 원문을 확인하지 않은 ISO/IEC 27701, GDPR, ISMS-P 3.x 조항은 적지 않았습니다.',
    en: 'Lines are proposals and not law; so is the place of each indicator. Clauses of ISO/IEC 27701, of the GDPR and of ISMS-P 3.x are left out: their texts were not checked.',
  },
];

function readingOf({ log }: Report): Html {
  const command = `garim ledger verify --proof leaf-N.tlog-proof --key '${log?.vkey ?? 'KEY'}'`;
  return html`<section><h2>${both({ ko: '읽는 법', en: 'How to read this' })}</h2><ul>${NOTES.map((note) => html`<li>${both(note)}</li>`)}
<li>${both({ ko: '아래 증명은 오프라인에서, 우리 것이 아닌 도구로도 확인할 수 있습니다(C2SP tlog-proof).', en: 'The proofs below can be checked offline, also with tools that are not ours (C2SP tlog-proof):' })} <code>${command}</code></li></ul></section>`;
}

function proofsOf({ log, leaves }: Report): Html | undefined {
  if (log === undefined) return undefined;
  const items = [...leaves].map(([index, { text, proof }]) => {
    const href = `data:text/plain;base64,${Buffer.from(proof).toString('base64')}`;
    return html`<div class="leaf" id="leaf-${index}"><h3>#${index} <a class="screen" download="leaf-${index}.tlog-proof" href="${href}">${both({ ko: '증명 내려받기', en: 'proof' })}</a></h3><pre>${text}</pre></div>`;
  });
  return html`<section><h2>${both({ ko: '근거와 증명', en: 'Evidence and proofs' })}</h2>
<div class="leaf" id="checkpoint"><h3>checkpoint</h3><pre>${log.note}</pre></div>${items}</section>`;
}

/** The same as data. */
export function reportJson({ period, madeAt, software, log, results }: Report): unknown {
  return {
    v: 1,
    period: period.name,
    madeAt,
    software,
    log: log && { ...log, isVerified: log.faults.length === 0 },
    indicators: [...results].map(([id, result]) => {
      const { name, unit, method, line, principle, area, references } = entryOf(id);
      const missing = result.status === 'unknown' ? { missing: MISSING[id] } : {};
      return { id, name, unit, method, passLine: line, principle, area, references, ...result, ...missing };
    }),
  };
}

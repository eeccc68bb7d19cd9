/** The pages that need no login, as HTML without script. Pure: every value is escaped here and nowhere else. */
import { parseInstant } from '../../base/instant.ts';
import type { Language, Presence, PublicAnswer, PublicLeaf } from './port.ts';
import { TEXTS } from './texts.ts';

export interface UsePage {
  language: Language;
  places: readonly string[];
  place: string;
  /** As it was written. */
  time: string;
  fault?: 'unknownPlace' | 'unknownTime' | 'busy';
  answer?: PublicAnswer;
}

export function usePage({ language, places, place, time, fault, answer }: UsePage): string {
  const text = TEXTS[language];
  const options = places.map(
    (name) => `<option value="${escaped(name)}"${name === place ? ' selected' : ''}>${escaped(name)}</option>`,
  );
  const form = `<form method="get" action="/use">
      <input type="hidden" name="lang" value="${language}" />
      <label for="place">${text.place}</label>
      <select id="place" name="place">${options.join('')}</select>
      <label for="time">${text.time}</label>
      <input id="time" name="time" type="datetime-local" value="${escaped(localInput(time))}" required />
      <button type="submit">${text.ask}</button>
    </form>`;
  const query = { ...(place === '' ? {} : { place }), ...(time === '' ? {} : { time }) };
  return page(language, text.title, '/use', query, [
    `<p>${text.lead}</p>`,
    form,
    fault === undefined ? '' : alert(text[fault]),
    answer === undefined ? '' : answerOf(answer, language),
    `<p><a href="/presence?lang=${language}">${text.presence}</a></p>`,
  ]);
}

export interface PresencePage {
  language: Language;
  /** As it was written. */
  code: string;
  fault?: 'unknownCode' | 'notRecorded' | 'busy';
  found?: Presence & { answer: PublicAnswer };
  isObjected?: boolean;
  /** For a display that is logged in. */
  sign?: { code: string; endsMs: number; leftMs: number };
}

export function presencePage({ language, code, fault, found, isObjected, sign }: PresencePage): string {
  const text = TEXTS[language];
  return page(
    language,
    text.presence,
    '/presence',
    code === '' ? {} : { code },
    [
      sign === undefined
        ? ''
        : `<section class="sign"><h2>${text.signTitle}</h2><p class="code">${escaped(sign.code)}</p><p>${text.until(timeOf(sign.endsMs, language))}</p></section>`,
      `<p>${text.presenceLead}</p>
    <form method="get" action="/presence">
      <input type="hidden" name="lang" value="${language}" />
      <label for="code">${text.code}</label>
      <input id="code" name="code" value="${escaped(code)}" autocomplete="off" autocapitalize="characters" spellcheck="false" required />
      <button type="submit">${text.ask}</button>
    </form>`,
      fault === undefined ? '' : alert(text[fault]),
      isObjected === true ? `<p role="status"><strong>${text.objected}</strong></p>` : '',
      found === undefined
        ? ''
        : `<p>${text.shown}: ${escaped(timeOf(found.startMs, language))} – ${escaped(timeOf(found.endMs, language))}</p>
    ${answerOf(found.answer, language)}
    <form method="post" action="/presence?lang=${language}">
      <input type="hidden" name="code" value="${escaped(code)}" />
      <p>${text.objectNote}</p>
      <button type="submit">${text.object}</button>
    </form>`,
      `<p><a href="/use?lang=${language}">${text.title}</a></p>`,
    ],
    // A sign shows the next code by itself.
    sign?.leftMs,
  );
}

function answerOf({ leaves, isCut, size, vkey }: PublicAnswer, language: Language): string {
  const text = TEXTS[language];
  const items = leaves.map((leaf) => itemOf(leaf, language));
  return [
    leaves.length === 0 ? `<p><strong>${text.nothing}</strong></p>` : `<ol class="leaves">${items.join('')}</ol>`,
    isCut ? alert(text.cut) : '',
    `<p>${text.recent}</p>`,
    `<p>${text.checked(size)}</p>`,
    `<p>${text.key}: <code>${escaped(vkey)}</code></p>`,
  ].join('\n    ');
}

function itemOf({ index, leaf, text }: PublicLeaf, language: Language): string {
  const { number, proof } = TEXTS[language];
  return `<li><p>${escaped(text[language])}</p>
      <details><summary>${number(index)}</summary><pre>${escaped(JSON.stringify(leaf, undefined, 1))}</pre>
      <a href="${proofPath(index)}">${proof}</a></details></li>`;
}

export function proofPath(index: number): string {
  return `/proof/${index}.tlog-proof`;
}

function alert(text: string): string {
  return `<p class="login-error" role="alert">${text}</p>`;
}

function page(
  language: Language,
  title: string,
  path: string,
  query: Readonly<Record<string, string>>,
  parts: readonly string[],
  changesInMs?: number,
): string {
  const other = language === 'ko' ? 'en' : 'ko';
  const link = `${path}?${new URLSearchParams({ ...query, lang: other })}`;
  const refresh =
    changesInMs === undefined ? '' : `<meta http-equiv="refresh" content="${Math.ceil(changesInMs / 1000) + 1}" />`;
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    ${refresh}
    <title>${title}</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/app.css" />
  </head>
  <body class="public">
    <main>
    <p class="language"><a href="${escaped(link)}" lang="${other}" hreflang="${other}">${TEXTS[language].other}</a></p>
    <h1>${title}</h1>
    ${parts.filter((part) => part !== '').join('\n    ')}
    </main>
  </body>
</html>
`;
}

function timeOf(ms: number, language: Language): string {
  return new Date(ms).toLocaleString(language === 'ko' ? 'ko-KR' : 'en-GB', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
}

/** What a field for times shows: the time at the place, to the minute. */
function localInput(time: string): string {
  const ms = parseInstant(time);
  if (ms === undefined) return '';
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function escaped(text: string): string {
  const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (char) => named[char] ?? char);
}

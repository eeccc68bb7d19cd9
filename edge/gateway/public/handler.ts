/**
 * `/use`, `/presence` and `/proof/N.tlog-proof`: what anybody may ask of the record. No login, no cookie, and nothing of the question is kept or
 * logged. Bounded: few questions at once, since each reads the log; an objection needs a code that the sign showed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseInstant } from '../../base/instant.ts';
import { readForm } from '../http/form.ts';
import { type Answer, respond, respondJson, retryAfter } from '../http/respond.ts';
import { presencePage, proofPath, usePage } from './pages.ts';
import { type Inquiries, LANGUAGES, type Language, type PublicAnswer } from './port.ts';
import { TEXTS } from './texts.ts';

/** Each reads up to some megabytes of the log. */
const QUESTIONS_AT_ONCE_MAX = 2;
/** Proofs within one answer; each takes some 2 kB. The others are under their own address. */
const PROOFS_INLINE_MAX = 64;
const BUSY_MS = 2_000;
const HTML = 'text/html; charset=utf-8';

interface Asking {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  language: Language;
  wantsJson: boolean;
}

export class PublicPages {
  readonly #record: Inquiries;
  #questions = 0;

  constructor(record: Inquiries) {
    this.#record = record;
  }

  /** False for a path that is none of these. `isKnown`: whether the asker is logged in, as the sign's display is. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    pathname: string,
    isKnown: () => Promise<boolean>,
  ): Promise<boolean> {
    const asking = askingOf(request, response);
    const key = `${request.method} ${pathname}`;
    const index = /^GET \/proof\/(\d{1,15})\.tlog-proof$/.exec(key)?.[1];
    if (index !== undefined) await this.#proof(asking, Number(index));
    else if (key === 'GET /use') await this.#use(asking);
    else if (key === 'GET /presence') await this.#presence(asking, asking.query.get('code') ?? '', isKnown);
    else if (key === 'POST /presence') await this.#object(asking);
    else return false;
    return true;
  }

  async #use(asking: Asking): Promise<void> {
    const { query, language, wantsJson, response } = asking;
    const places = this.#record.places();
    const place = query.get('place') ?? '';
    // A plus sign in an address means a space.
    const time = (query.get('time') ?? '').replace(/ (?=\d{2}:\d{2}$)/, '+');
    const page = { language, places, place, time };
    if (place === '' && time === '')
      return wantsJson ? respondJson(response, { places }) : html(response, usePage(page));
    const ms = parseInstant(time);
    const fault = !places.includes(place) ? 'unknownPlace' : ms === undefined ? 'unknownTime' : undefined;
    if (fault !== undefined || ms === undefined) {
      const status = fault === 'unknownPlace' ? 404 : 400;
      if (wantsJson) return respondJson(response, { error: TEXTS.en[fault ?? 'unknownTime'], places }, status);
      return html(response, usePage({ ...page, fault: fault ?? 'unknownTime' }), { status });
    }
    const answer = await this.#ask({ place, fromMs: ms, toMs: ms });
    if (answer === undefined) return busy(asking, () => usePage({ ...page, fault: 'busy' }));
    if (!wantsJson) return html(response, usePage({ ...page, answer }));
    respondJson(response, { place, time: new Date(ms).toISOString(), ...(await this.#withProofs(answer)) });
  }

  async #presence(asking: Asking, code: string, isKnown: () => Promise<boolean>, isObjected = false): Promise<void> {
    const { language, wantsJson, response } = asking;
    const sign = (await isKnown()) ? this.#record.presenceCode() : undefined;
    const page = { language, code, ...(sign === undefined ? {} : { sign }) };
    if (code === '') {
      const shown = sign === undefined ? {} : { code: sign.code, ends: new Date(sign.endsMs).toISOString() };
      return wantsJson ? respondJson(response, shown) : html(response, presencePage(page));
    }
    const presence = this.#record.presenceOf(code);
    if (presence === undefined) {
      if (wantsJson) return respondJson(response, { error: TEXTS.en.unknownCode }, 404);
      return html(response, presencePage({ ...page, fault: 'unknownCode' }), { status: 404 });
    }
    const { startMs, endMs } = presence;
    const answer = await this.#ask({ fromMs: startMs, toMs: endMs - 1 });
    if (answer === undefined) return busy(asking, () => presencePage({ ...page, fault: 'busy' }));
    if (!wantsJson) return html(response, presencePage({ ...page, found: { ...presence, answer }, isObjected }));
    const shown = { from: new Date(startMs).toISOString(), to: new Date(endMs).toISOString() };
    respondJson(response, { shown, isObjected, ...(await this.#withProofs(answer)) });
  }

  async #object(asking: Asking): Promise<void> {
    const { request, response, language, wantsJson } = asking;
    const code = (await readForm(request))?.get('code') ?? '';
    const nobody = async (): Promise<boolean> => false;
    if (this.#record.presenceOf(code) === undefined) return this.#presence(asking, code || '-', nobody);
    try {
      await this.#record.object(code);
    } catch {
      if (wantsJson) return respondJson(response, { error: TEXTS.en.notRecorded }, 503);
      return html(response, presencePage({ language, code, fault: 'notRecorded' }), { status: 503 });
    }
    await this.#presence(asking, code, nobody, true);
  }

  async #proof({ response }: Asking, index: number): Promise<void> {
    const proof = await this.#record.proof(index);
    if (proof === undefined) return respond(response, { status: 404, body: 'no signed entry of that number\n' });
    const headers = { 'Content-Disposition': `attachment; filename="${index}.tlog-proof"` };
    respond(response, { status: 200, body: proof, headers });
  }

  /** Undefined when as many are asking as may. */
  async #ask(query: Parameters<Inquiries['lookUp']>[0]): Promise<PublicAnswer | undefined> {
    if (this.#questions >= QUESTIONS_AT_ONCE_MAX) return undefined;
    this.#questions++;
    try {
      return await this.#record.lookUp(query);
    } finally {
      this.#questions--;
    }
  }

  async #withProofs({ origin, vkey, size, leaves, isCut }: PublicAnswer): Promise<object> {
    const proved: object[] = [];
    for (const [i, { index, leaf, text }] of leaves.entries()) {
      const proof = i < PROOFS_INLINE_MAX ? await this.#record.proof(index) : undefined;
      proved.push({ index, leaf, text, proofPath: proofPath(index), ...(proof === undefined ? {} : { proof }) });
    }
    return { origin, key: vkey, size, leaves: proved, isCut };
  }
}

function askingOf(request: IncomingMessage, response: ServerResponse): Asking {
  const url = request.url ?? '';
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const accepts = request.headers.accept ?? '';
  const wantsJson =
    query.get('format') === 'json' || (accepts.includes('application/json') && !accepts.includes('text/html'));
  const asked = query.get('lang') ?? request.headers['accept-language']?.slice(0, 2) ?? '';
  return { request, response, query, wantsJson, language: LANGUAGES.find((one) => one === asked) ?? 'ko' };
}

function html(response: ServerResponse, body: string, more: Partial<Answer> = {}): void {
  respond(response, { status: 200, body, contentType: HTML, ...more });
}

function busy({ response, wantsJson }: Asking, page: () => string): void {
  const headers = retryAfter(BUSY_MS);
  const body = wantsJson ? `${JSON.stringify({ error: TEXTS.en.busy })}` : page();
  respond(response, { status: 503, body, headers, contentType: wantsJson ? 'application/json' : HTML });
}

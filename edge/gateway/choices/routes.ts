/**
 * `/choices`: what people chose, by phone or by way of the city's desk.
 *
 *     GET  /choices               anybody   what can be chosen here, and the public keys of tokens; for a browser a page
 *     POST /choices/tokens        the desk  makes tokens of what holders blinded; it shows its own bearer token
 *     POST /choices/opt-ins       anybody   spends a token; the answer is the consent record, the receipt
 *     POST /choices/withdrawals   anybody   signed with the key of a record
 *     POST /choices/pauses        anybody   spends a token
 *
 * The desk decides who gets tokens and how many (in person, with a resident's card), and can't recognise them afterwards; whoever spends one
 * shows no identity. So no request here has a login, and none is told apart by where it comes from: rates are of all requests together, each kind
 * by itself, and nothing of a request is logged or kept in memory when it is answered. A flood can therefore use up a rate for others;
 * withdrawals have their own, and the common signals need none of this.
 *
 * An identifier that crosses the network in the clear would tell a bystander more than the box ever does: posts are taken from this box (a
 * proxy that ends TLS) or through a proxy that says `X-Forwarded-Proto: https`.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { RateLimit } from '../../base/rate.ts';
import {
  optInRequestSchema,
  pauseRequestSchema,
  tokensRequestSchema,
  withdrawalRequestSchema,
} from '../../policy/choices/requests.ts';
import { readBody } from '../http/body.ts';
import { respond, respondJson, retryAfter } from '../http/respond.ts';
import { pageOf } from './page.ts';
import type { PeoplesChoices, Refused } from './port.ts';

/** The largest is a batch of 32 blinded tokens, 1.5 KB; an opt-in has at most 1 KB. */
const BODY_BYTES_MAX = 4 * 1024;

/** To check a token takes some milliseconds of the process that also takes readings: a flood of made-up ones gets a small share of a core. */
const SPENDINGS_PER_S_MAX = 10;
/** A read and a signature: cheap, and to withdraw must be as easy as to agree. */
const WITHDRAWALS_PER_S_MAX = 50;
const OFFERS_PER_S_MAX = 20;
/** Batches; a full one costs about as much as twenty spendings. */
const BATCHES_PER_S_MAX = 2;
/** Wrong tokens of the desk, of all senders together. */
const WRONG_TOKENS_PER_S_MAX = 5;

export interface ChoiceRoutesOptions {
  choices: PeoplesChoices;
  /** Without it no tokens are made here. */
  deskToken: string | undefined;
  clock: Clock;
}

type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export class ChoiceRoutes {
  readonly #options: ChoiceRoutesOptions;
  readonly #wrongTokens: RateLimit;
  readonly #routes: ReadonlyMap<string, Serve>;

  constructor(options: ChoiceRoutesOptions) {
    const { choices, clock } = options;
    this.#options = options;
    this.#wrongTokens = new RateLimit(clock, WRONG_TOKENS_PER_S_MAX);
    const offers = new RateLimit(clock, OFFERS_PER_S_MAX);
    const batches = this.#post(new RateLimit(clock, BATCHES_PER_S_MAX), tokensRequestSchema, async (asked) => {
      const issued = await choices.issue(asked);
      if ('refused' in issued) return issued;
      const { epoch, publicKey, evaluated, proof } = issued;
      return { epoch, publicKey: base64(publicKey), evaluated: evaluated.map(base64), proof: base64(proof) };
    });
    this.#routes = new Map<string, Serve>([
      [
        'GET /choices',
        async (request, response) => {
          if (isOver(offers, response)) return;
          const offer = await choices.offer();
          if ('refused' in offer || !(request.headers.accept ?? '').includes('text/html'))
            return answer(response, offer);
          respond(response, { status: 200, body: pageOf(offer), contentType: 'text/html; charset=utf-8' });
        },
      ],
      [
        'POST /choices/tokens',
        (request, response) => (this.#isDesk(request, response) ? batches(request, response) : Promise.resolve()),
      ],
      [
        'POST /choices/opt-ins',
        this.#post(new RateLimit(clock, SPENDINGS_PER_S_MAX), optInRequestSchema, (asked) => choices.optIn(asked), 201),
      ],
      [
        'POST /choices/withdrawals',
        this.#post(new RateLimit(clock, WITHDRAWALS_PER_S_MAX), withdrawalRequestSchema, async (asked) => {
          const withdrawn = await choices.withdraw(asked);
          return typeof withdrawn === 'string' ? { withdrawn: true } : withdrawn;
        }),
      ],
      [
        'POST /choices/pauses',
        this.#post(new RateLimit(clock, SPENDINGS_PER_S_MAX), pauseRequestSchema, (asked) => choices.pause(asked)),
      ],
    ]);
  }

  /** `key` is method and path. Undefined when it is none of these. */
  find(key: string): Serve | undefined {
    return this.#routes.get(key);
  }

  /** Cheap refusals first; the rate is paid for what is handed on. */
  #post<Schema extends z.ZodType>(
    rate: RateLimit,
    schema: Schema,
    serve: (asked: z.output<Schema>) => Promise<object | Refused>,
    status = 200,
  ): Serve {
    return async (request, response) => {
      const parsed = await readRequest(request, response, schema);
      if (parsed === undefined || isOver(rate, response)) return;
      answer(response, await serve(parsed), status);
    };
  }

  #isDesk({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { deskToken } = this.#options;
    if (deskToken === undefined) {
      refuse(response, 404, 'no-desk', 'This box makes no tokens: choices.deskToken is not set.');
      return false;
    }
    const waitMs = this.#wrongTokens.waitMs();
    if (waitMs > 0) {
      refuse(response, 429, 'too-fast', 'Too many wrong tokens.', retryAfter(waitMs));
      return false;
    }
    const shown = /^Bearer +(\S{1,512})$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    if (timingSafeEqual(digestOf(shown), digestOf(deskToken))) return true;
    this.#wrongTokens.took();
    refuse(response, 401, 'not-the-desk', 'Tokens are made for the desk only.', { 'WWW-Authenticate': 'Bearer' });
    return false;
  }
}

async function readRequest<Schema extends z.ZodType>(
  request: IncomingMessage,
  response: ServerResponse,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const refused = (status: number, error: string, what: string): undefined => {
    // What is left of the body is not read: the connection ends with the answer.
    refuse(response, status, error, what, request.complete ? {} : { Connection: 'close' });
    return undefined;
  };
  if (!isPrivate(request)) return refused(403, 'tls-needed', 'Send this over TLS.');
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return refused(415, 'not-json', 'Send application/json.');
  }
  const text = await readBody(request, BODY_BYTES_MAX);
  if (text === undefined) return refused(413, 'too-large', `Send at most ${BODY_BYTES_MAX} bytes.`);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  // Names of our own fields; zod's message would repeat the sender's.
  const at = parsed.error.issues.map((issue) => issue.path.join('.')).filter((name) => name !== '');
  const where =
    at.length === 0 ? 'It has not the fields that it must have.' : `At fault: ${[...new Set(at)].join(', ')}.`;
  return refused(400, 'malformed', where);
}

/** Undefined is no request either. The parser's error would quote the text. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPrivate({ headers, socket }: IncomingMessage): boolean {
  if (headers['x-forwarded-proto'] !== undefined) return headers['x-forwarded-proto'] === 'https';
  return /^(::ffff:)?127\.|^::1$/.test(socket.remoteAddress ?? '');
}

function isOver(rate: RateLimit, response: ServerResponse): boolean {
  const waitMs = rate.waitMs();
  if (waitMs > 0) refuse(response, 429, 'too-fast', 'Too many at once, of all who ask. Try again.', retryAfter(waitMs));
  else rate.took();
  return waitMs > 0;
}

function answer(response: ServerResponse, value: object | Refused, status = 200): void {
  if (!('refused' in value)) {
    respondJson(response, value, status);
    return;
  }
  const { status: refusedWith, what, isPassing = false } = REFUSALS[value.refused];
  refuse(response, refusedWith, value.refused, what, isPassing ? retryAfter(AGAIN_MS) : {});
}

const AGAIN_MS = 10_000;

const REFUSALS: Record<Refused['refused'], { status: number; what: string; isPassing?: true }> = {
  'token-expired': { status: 403, what: 'The token is of another day. Get a new one at the desk.' },
  'token-forged': {
    status: 403,
    what: 'The token is not of this box, or not for this request. Get a new one at the desk.',
  },
  'token-spent': { status: 403, what: 'The token was spent already. Get a new one at the desk.' },
  'tokens-exhausted': { status: 503, what: 'No more tokens today. Try again tomorrow.' },
  'sensor-unknown': { status: 404, what: 'There is no such sensor here.' },
  'nothing-to-agree-to': { status: 409, what: 'The sensor uses nothing that needs consent.' },
  'category-unknown': { status: 409, what: 'The sensor does not see this kind of identifier.' },
  'key-malformed': { status: 400, what: 'holderKey is no Ed25519 public key.' },
  'too-many': { status: 503, what: 'The box holds as many opt-ins as it can.', isPassing: true },
  'record-unknown': { status: 404, what: 'There is no such record here, or the signature is not of its key.' },
  'zone-unknown': { status: 404, what: 'There is no such zone here.' },
  'already-paused': { status: 409, what: 'The zone is paused already. The token was not spent.' },
  'paused-too-often': {
    status: 429,
    what: 'The zone was paused as often as it may be this hour. The token was not spent.',
  },
  'not-kept': { status: 503, what: 'The box could not keep the choice. Try again.', isPassing: true },
  unavailable: { status: 503, what: 'Choices are not taken just now. Try again.', isPassing: true },
};

function refuse(
  response: ServerResponse,
  status: number,
  error: string,
  what: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  respond(response, {
    status,
    body: `${JSON.stringify({ error, what })}\n`,
    contentType: 'application/json',
    headers,
  });
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * What each RTSP method does for a viewer that is authenticated. Answers with a response; `after` runs once the response is
 * written, so that a viewer has the answer to PLAY before the first packet.
 */
import type { Feed, FeedDirectory, StreamFormat } from '../feed.ts';
import { refusalText } from '../use/texts.ts';
import {
  feedUrl,
  isLiveRange,
  parseTarget,
  parseTransport,
  type RtspTarget,
  TRACK,
  type TransportOffer,
} from './headers.ts';
import { FORMAT_WAIT_MS, SESSION_TIMEOUT_S } from './limits.ts';
import { METHODS, type RtspMethod, type RtspRequest, type RtspResponse } from './message.ts';
import { describeFeed } from './sdp.ts';
import type { ViewerSession } from './session.ts';
import type { Refused } from './use.ts';

export interface Outcome {
  response: RtspResponse;
  after?: () => void;
}

/** What the methods need of the connection that a request came over. */
export interface MethodContext {
  feeds: FeedDirectory;
  user: string;
  /** Whether the viewer came over IPv6. */
  isIPv6: boolean;
  /** Undefined for an unknown session, one of another user, and one over another TCP connection. */
  findSession(id: string, user: string): ViewerSession | undefined;
  /** `full`: as many viewers as allowed, or no free ports. `refused`: the offer can't be met on this connection. */
  openSession(feedName: string, user: string, offer: TransportOffer): Promise<ViewerSession | 'full' | 'refused'>;
  endSession(session: ViewerSession): void;
  /** Remembers what is said in the address, and resolves with why nothing may be delivered, if that is so. Nothing is on record as pulled yet. */
  mayPull(feedName: string, uri: string): Promise<Refused | undefined>;
  /** Resolves after the time or when the connection is gone. */
  pause(ms: number): Promise<void>;
}

export const PUBLIC_HEADER = ['Public', METHODS.join(', ')] as const;

export async function perform(method: RtspMethod, request: RtspRequest, context: MethodContext): Promise<Outcome> {
  switch (method) {
    case 'DESCRIBE':
      return { response: await describe(request, context) };
    case 'SETUP':
      return { response: await setup(request, context) };
    default:
      return withSession(method, request, context);
  }
}

async function describe(request: RtspRequest, context: MethodContext): Promise<RtspResponse> {
  const target = parseTarget(request.uri);
  const feed = target === undefined ? undefined : context.feeds.get(target.feed);
  if (target === undefined || feed === undefined) return { status: 404 };
  const refused = await context.mayPull(target.feed, request.uri);
  if (refused !== undefined) return refusal(refused);
  const accept = request.headers.get('accept');
  if (accept !== undefined && !/application\/(sdp|\*)|\*\/\*/i.test(accept)) return { status: 406 };
  const format = feed.format ?? (await firstFormat(feed, context));
  if (format === undefined) return { status: 503, headers: [['Retry-After', '2']] };
  return {
    status: 200,
    headers: [
      ['Content-Base', feedUrl(target)],
      ['Cache-Control', 'no-cache'],
    ],
    body: { type: 'application/sdp', text: describeFeed(feed.name, format, context.isIPv6) },
  };
}

async function firstFormat(feed: Feed, context: MethodContext): Promise<StreamFormat | undefined> {
  const { promise, resolve } = deferred<StreamFormat>();
  using _subscription = feed.subscribe({ onFormat: resolve, onAccessUnit: () => {} });
  return await Promise.race([promise, context.pause(FORMAT_WAIT_MS).then(() => feed.format)]);
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function setup(request: RtspRequest, context: MethodContext): Promise<RtspResponse> {
  const target = parseTarget(request.uri);
  if (target === undefined || context.feeds.get(target.feed) === undefined) return { status: 404 };
  if (!target.isTrack) return { status: 459 };
  if (request.headers.has('session')) {
    const session = sessionOf(request, context);
    if (session === undefined) return { status: 454 };
    // A session holds one track, and keeps the transport that it began with.
    return { status: session.feedName === target.feed ? 455 : 459 };
  }
  const transport = request.headers.get('transport');
  if (transport === undefined) return { status: 400 };
  const offer = parseTransport(transport);
  if (offer === undefined) return { status: 461 };
  const refused = await context.mayPull(target.feed, request.uri);
  if (refused !== undefined) return refusal(refused);
  const session = await context.openSession(target.feed, context.user, offer);
  if (session === 'full') return { status: 503, headers: [['Retry-After', '10']] };
  if (session === 'refused') return { status: 461 };
  return { status: 200, headers: [['Transport', session.transportHeader], sessionHeader(session)] };
}

async function withSession(
  method: Exclude<RtspMethod, 'DESCRIBE' | 'SETUP'>,
  request: RtspRequest,
  context: MethodContext,
): Promise<Outcome> {
  const session = sessionOf(request, context);
  session?.touch();
  if (method === 'OPTIONS') {
    return { response: { status: 200, headers: [PUBLIC_HEADER, ...(session ? [sessionHeader(session)] : [])] } };
  }
  if (session === undefined) {
    const isPing = method === 'GET_PARAMETER' && !request.headers.has('session');
    return { response: { status: isPing ? parameterStatus(request) : 454 } };
  }
  const headers = [sessionHeader(session)];
  const target = parseTarget(request.uri);
  if (target === undefined ? request.uri !== '*' : target.feed !== session.feedName) {
    return { response: { status: 454 } };
  }
  switch (method) {
    case 'PLAY':
      return target === undefined ? { response: { status: 400, headers } } : await play(request, target, session);
    case 'PAUSE':
      session.pause();
      return { response: { status: 200, headers } };
    case 'TEARDOWN':
      context.endSession(session);
      return { response: { status: 200 } };
    case 'GET_PARAMETER':
    case 'SET_PARAMETER':
      return { response: { status: parameterStatus(request), headers } };
  }
}

async function play(request: RtspRequest, target: RtspTarget, session: ViewerSession): Promise<Outcome> {
  const headers = [sessionHeader(session)];
  if (!isLiveRange(request.headers.get('range') ?? 'npt=now-')) return { response: { status: 457, headers } };
  // Playing already: a live feed has nothing to queue, so it is a keep-alive.
  if (session.state === 'playing') return { response: { status: 200, headers: [...headers, ['Range', 'npt=now-']] } };
  const refused = await session.admitted();
  if (refused !== undefined) return { response: { ...refusal(refused), headers } };
  // It may have ended while the pull was recorded.
  if (session.state !== 'ready') return { response: { status: 454 } };
  const { sequence, rtpTimestamp } = session.play();
  const info = `url=${feedUrl(target)}${TRACK};seq=${sequence};rtptime=${rtpTimestamp}`;
  return {
    response: { status: 200, headers: [...headers, ['Range', 'npt=now-'], ['RTP-Info', info]] },
    after: () => session.startDelivery(),
  };
}

function refusal(reason: Refused): RtspResponse {
  return {
    status: reason === 'not-recorded' ? 503 : 403,
    body: { type: 'text/plain; charset=utf-8', text: refusalText(reason) },
  };
}

/** There are no parameters to get or set: without a body it is a keep-alive. */
function parameterStatus(request: RtspRequest): 200 | 451 {
  return request.body.length === 0 ? 200 : 451;
}

function sessionOf(request: RtspRequest, context: MethodContext): ViewerSession | undefined {
  const id = request.headers.get('session')?.split(';')[0]?.trim();
  return id === undefined ? undefined : context.findSession(id, context.user);
}

function sessionHeader(session: ViewerSession): readonly [string, string] {
  return ['Session', `${session.id};timeout=${SESSION_TIMEOUT_S}`];
}

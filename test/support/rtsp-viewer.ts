/** A viewer of an RTSP server whose one feed is pushed by hand: what it sends, and what it makes of what comes back. */
import assert from 'node:assert/strict';
import { systemClock } from '../../edge/base/clock.ts';
import type { AccessUnit, StreamFormat } from '../../edge/gateway/feed.ts';
import { ManualDirectory, type ManualFeed } from './manual-feed.ts';
import { annexB, Depacketiser, parseRtp } from './rtp.ts';
import { type RtspClient, sessionOf } from './rtsp-client.ts';
import { type RtspFixture, startRtspFixture } from './rtsp-fixture.ts';

export const SPS = Buffer.from([0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x01]);
export const PPS = Buffer.from([0x68, 0xcb, 0x83]);
export const FORMAT: StreamFormat = { codec: 'h264', widthPx: 640, heightPx: 360, frameRate: 25, sps: SPS, pps: PPS };
export const TCP = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

export function unit(number: number, isKey: boolean, bytes = 100): AccessUnit {
  const slice = Buffer.alloc(bytes, 0x11).fill(isKey ? 0x65 : 0x41, 0, 1);
  const data = isKey ? annexB(SPS, PPS, slice) : annexB(slice);
  return { ptsUs: number * 40_000, capturedMs: systemClock.monotonicMs(), isKey, cover: 'regions', data };
}

export async function play(client: RtspClient, url: string): Promise<string> {
  const setup = await client.request('SETUP', `${url}/trackID=0`, TCP);
  assert.equal(setup.status, 200);
  const session = sessionOf(setup);
  assert.equal((await client.request('PLAY', url, { Session: session })).status, 200);
  return session;
}

export function received(client: RtspClient): Depacketiser {
  const depacketiser = new Depacketiser();
  for (const frame of client.frames) if (frame.channel === 0) depacketiser.push(parseRtp(frame.payload));
  return depacketiser;
}

export const typesOf = (nals: Buffer[]): number[] => nals.map((nal) => nal[0]! & 0x1f);

export async function fixtureOf(
  feed: ManualFeed,
): Promise<{ fixture: RtspFixture; url: string; directory: ManualDirectory }> {
  const directory = new ManualDirectory(feed);
  const fixture = await startRtspFixture(directory);
  return { fixture, url: `${fixture.base}/${feed.name}`, directory };
}

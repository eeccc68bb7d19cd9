/** The session description (RFC 4566, RFC 6184) of a feed: one H.264 track, nothing about the host or the people behind it. */
import { createHash } from 'node:crypto';
import type { StreamFormat } from '../feed.ts';
import { TRACK } from './headers.ts';

/** Dynamic payload type of the one track. */
export const H264_PAYLOAD_TYPE = 96;

/** `isIPv6`: how the viewer is connected; GStreamer opens its UDP sockets by the family that it reads here. */
export function describeFeed(name: string, format: StreamFormat, isIPv6: boolean): string {
  const profileLevelId = Buffer.from(format.sps.subarray(1, 4)).toString('hex').toUpperCase();
  const parameterSets = [format.sps, format.pps].map((nal) => Buffer.from(nal).toString('base64')).join(',');
  return `${[
    'v=0',
    `o=- ${numberOf(name)} ${numberOf(parameterSets)} IN ${isIPv6 ? 'IP6 ::1' : 'IP4 127.0.0.1'}`,
    `s=${name}`,
    `c=IN ${isIPv6 ? 'IP6 ::' : 'IP4 0.0.0.0'}`,
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    `m=video 0 RTP/AVP ${H264_PAYLOAD_TYPE}`,
    `a=rtpmap:${H264_PAYLOAD_TYPE} H264/90000`,
    `a=fmtp:${H264_PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${profileLevelId};sprop-parameter-sets=${parameterSets}`,
    `a=framerate:${Number(format.frameRate.toFixed(3))}`,
    `a=control:${TRACK}`,
  ].join('\r\n')}\r\n`;
}

/** A number that changes with the text: the origin line must tell one description from another. */
function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

/** Made-up H.264: NAL units of the right types, with content that is easy to recognise. No decoder will take it. */
import type { AccessUnit, StreamFormat } from '../../edge/gateway/feed.ts';

/** Baseline profile, level 3.1. */
export const SPS = Buffer.from([0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16]);
export const PPS = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
export const FORMAT: StreamFormat = { codec: 'h264', widthPx: 1280, heightPx: 720, frameRate: 25, sps: SPS, pps: PPS };

export function annexB(...nals: Uint8Array[]): Buffer {
  return Buffer.concat(nals.flatMap((nal) => [Buffer.from([0, 0, 0, 1]), nal]));
}

/** A coded picture whose payload repeats one byte that is not zero. */
export function slice(isKey: boolean, fill: number, sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from([isKey ? 0x65 : 0x41]), Buffer.alloc(sizeBytes - 1, fill)]);
}

export function unit(ptsUs: number, isKey: boolean, sizeBytes = 100, capturedMs = 0): AccessUnit {
  const picture = slice(isKey, 0xaa, sizeBytes);
  return { ptsUs, capturedMs, isKey, cover: 'regions', data: isKey ? annexB(SPS, PPS, picture) : annexB(picture) };
}

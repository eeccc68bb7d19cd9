/** What an installer looks at before leaving, as the running agent knows it: for the console's setup page. What the box must be asked itself, `garim doctor` asks. */
import { X509Certificate } from 'node:crypto';
import { UserError } from '../../base/errors.ts';
import { isLoopback, parseListen } from '../../config/listen.ts';
import type { Config } from '../../config/schema.ts';
import { type Notice, noticeOf, signDigest } from '../../notice/content.ts';
import { signPage } from '../../notice/sign.ts';
import type { CertificateKeeper } from '../certificate/keeper.ts';
import type { Recorder } from '../record/recorder.ts';

export interface ChecklistItem {
  name: 'certificate' | 'listen' | 'record' | 'sign';
  isWell: boolean;
  detail: string;
  /** What to do; empty when all is well. */
  fix: string;
}

export interface ChecklistParts {
  config: Config;
  /** What of the sensors may leave: the sign tells it. */
  policy: Parameters<typeof noticeOf>[1];
  certificates: Pick<CertificateKeeper, 'pairOf' | 'ends'>;
  record: Pick<Recorder, 'status'>;
}

export function checklistOf(parts: ChecklistParts): ChecklistItem[] {
  const { config, certificates, record } = parts;
  return [certificateItem(certificates), listenItem(config), recordItem(record), signItem(parts)];
}

/** The sign of a camera, a page of its own; undefined where the settings do not suffice for one. */
export function signOf(parts: Pick<ChecklistParts, 'config' | 'policy'>, name: string): string | undefined {
  const notice = noticeIn(parts);
  if (notice instanceof UserError) return undefined;
  const camera = notice.cameras.find((each) => each.name === name);
  return camera && signPage(notice, camera, signDigest(notice));
}

/** Cameras that have a sign. */
export function signsIn(parts: ChecklistParts): string[] {
  const notice = noticeIn(parts);
  return notice instanceof UserError ? [] : notice.cameras.map(({ name }) => name);
}

function noticeIn({ config, policy }: Pick<ChecklistParts, 'config' | 'policy'>): Notice | UserError {
  try {
    return noticeOf(config, policy);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function signItem(parts: ChecklistParts): ChecklistItem {
  const notice = noticeIn(parts);
  if (!(notice instanceof UserError)) return { name: 'sign', isWell: true, detail: signDigest(notice), fix: '' };
  return { name: 'sign', isWell: false, detail: notice.message, fix: notice.fix ?? '' };
}

function certificateItem(certificates: ChecklistParts['certificates']): ChecklistItem {
  const pair = certificates.pairOf('http');
  if (pair === undefined) {
    const fix = 'Have one made above, or by garim setup.';
    return { name: 'certificate', isWell: false, detail: 'none: passwords would cross a network in the clear', fix };
  }
  const { fingerprint256, validTo } = new X509Certificate(pair.cert);
  const until = new Date(validTo).toISOString().slice(0, 10);
  return { name: 'certificate', isWell: true, detail: `until ${until}; SHA-256 ${fingerprint256}`, fix: '' };
}

function listenItem({ http, rtsp }: Config): ChecklistItem {
  const open = [http, rtsp].filter(({ listen, tls }) => tls === undefined && !isLoopback(parseListen(listen).host));
  const detail = `${http.listen}, ${rtsp.listen}`;
  if (open.length === 0) return { name: 'listen', isWell: true, detail, fix: '' };
  const fix = 'Listen on 127.0.0.1, or set http.tls and rtsp.tls.';
  return { name: 'listen', isWell: false, detail: `${detail}: not encrypted`, fix };
}

function recordItem(record: ChecklistParts['record']): ChecklistItem {
  const { state, origin, vkey, witnesses } = record.status();
  const detail = `${origin}, key ${vkey}, ${witnesses.length} witnesses`;
  if (state !== 'kept') return { name: 'record', isWell: false, detail, fix: 'See the notices of the console.' };
  return { name: 'record', isWell: true, detail, fix: 'Note its key outside the box.' };
}

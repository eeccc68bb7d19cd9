/**
 * Keeps credentials out of everything that people or machines read later.
 *
 * Every secret that the process learns (camera URLs, passwords, push targets) is registered once with `registerSecret()`;
 * `scrub()` then removes it from any text, whoever wrote that text: our own messages, libav's, a child's stderr.
 */
const MIN_SECRET_CHARS = 4;
const secrets = new Set<string>();

/**
 * Remembers a secret for `scrub()`, also percent-encoded, percent-decoded, and as JSON writes it: the log is scrubbed by the line. Very short
 * ones are ignored: they would blank innocent text.
 */
export function registerSecret(secret: string): void {
  const decoded = safeDecode(secret);
  for (const form of [secret, decoded, encodeURIComponent(secret), encodeURIComponent(decoded)]) {
    if (form.length < MIN_SECRET_CHARS) continue;
    secrets.add(form);
    secrets.add(JSON.stringify(form).slice(1, -1));
  }
}

/** Registers the URL's `user:password` part, its password, and query values that are credentials (token, SRT passphrase, ...). */
export function registerUrlSecrets(url: string): void {
  // Greedy up to the last @ of the authority: installers write passwords with a bare @, and libav takes them.
  const userInfo = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(url)?.[1];
  if (userInfo !== undefined) {
    registerSecret(userInfo);
    const colon = userInfo.indexOf(':');
    if (colon >= 0) registerSecret(userInfo.slice(colon + 1));
  }
  for (const match of url.matchAll(
    /[?&;](?:user|username|password|passwd|pwd|pass|passphrase|token|access_token|key|streamid|secret|sig|signature|auth)=([^&#;]+)/gi,
  )) {
    registerSecret(match[1] ?? '');
  }
}

/** The text without any registered secret and without `user:password@` in URLs. */
export function scrub(text: string): string {
  let out = text;
  // Longest first, so that a secret that holds another one goes as a whole.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) out = out.replaceAll(secret, '***');
  return out.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/"'<>]+@/gi, '$1***@');
}

/** A URL fit to be shown: scheme, host, port and path; no credentials, no query. */
export function redactUrl(url: string): string {
  return scrub(url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1').replace(/\?.*$/, ''));
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Secrets: what follows a word for one, forms of well-known issuers, and opaque strings. */
import { type Recogniser, type Rule, recogniser } from '../rule.ts';
import type { Span } from '../span.ts';

const RULES: readonly Rule[] = [
  {
    category: 'credential',
    pattern:
      /(?<key>\b(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[ _-]?key|access[ _-]?(?:key|token|code)|auth(?:orization|[ _-]?(?:key|token))?|client[ _-]?secret|private[ _-]?key|app[ _-]?s?key|nwk[ _-]?s?key|session(?:[ _-]?(?:id|key|token))?|sid|cookie|bearer|otp|passcode|credentials?|license[ _-]?key|psk|wpa[ _-]?key|door[ _-]?code)["']?(?:\s{0,3}(?:[:=]|->)\s{0,3}|\s(?:is|was)\s))(?:(?:Basic|Bearer|Digest) )?(?:"[^"\n]{1,512}"|'[^'\n]{1,512}'|[^\s"',;<>]{1,512})/gi,
  },
  // Other languages; "wifi", "del router" and the like may stand between.
  {
    category: 'credential',
    pattern:
      /(?<key>(?:passwort|kennwort|zugangscode|mots? de passe|contraseña|clave|password|parola d'ordine|hasło|wachtwoord|palavra-passe|senha|lösenord|heslo)["']?(?: (?:lautet|ist|est|es|è|to|is|é|är|je)| (?:[\p{Ll}']{1,8} ){0,2}(?:\p{L}{1,12}-)?(?:wi-?fi|wlan|router|gast|invitados|ospiti)){0,2}\s{0,2}[:=]?\s{0,2})(?=[^\s]{0,63}[\d!#$%&*?+_])[^\s"',;<>]{4,64}/giu,
    needs: /pass|kennwort|zugangscode|contraseña|clave|parola|hasło|wachtwoord|senha|lösenord|heslo/i,
  },
  {
    category: 'credential',
    pattern: /(?<key>\b(?:gate|door|entry|access|alarm|lock) ?code(?: is)?[ :=]{1,3})[\dA-Z*#]{3,12}/gi,
    needs: /code/i,
  },
  {
    category: 'credential',
    pattern:
      /(?<key>(?:비밀\s?번호|패스워드|암호|비번|인증\s?(?:번호|키|코드)|토큰|출입\s?코드)\s{0,2}(?:[:=는은]|이)?\s{0,3})[^\s"',;<>가-힣]{2,512}/g,
  },
  { category: 'credential', pattern: /(?<key>\b(?:Basic|Bearer|Digest) )[A-Za-z0-9+/=._~-]{8,4096}/g },
  { category: 'credential', pattern: /\beyJ[A-Za-z0-9_-]{8,4096}(?:\.[A-Za-z0-9_-]{1,4096}){0,2}/g },
  {
    category: 'credential',
    pattern:
      /(?<![A-Za-z0-9])(?:AKIA|ASIA|AIza|ya29\.|sk[-_](?:live|test|proj|ant)?|pk[-_](?:live|test)|rk[-_]live|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|npm_|pypi-|SG\.|hf_|NNSXS\.|tskey-|dop_v1_)[A-Za-z0-9_\-.]{10,512}/g,
  },
  { category: 'credential', pattern: /-----BEGIN [A-Z ]{3,40}-----[^-]{0,16000}(?:-----END [A-Z ]{3,40}-----)?/g },
  { category: 'credential', pattern: /\bssh-(?:rsa|ed25519|dss) [A-Za-z0-9+/=]{20,4096}(?: [^\s]{1,128})?/g },
];

const findByRule = recogniser(RULES);
const OPAQUE = /(?<![A-Za-z0-9+/_\-=])[A-Za-z0-9+/_-]{20,1024}={0,2}(?![A-Za-z0-9+/_\-=])/g;
const OPAQUE_CLASSES_MIN = 3;
/** Changes of kind (upper, lower, digit) per character: names in camel case or snake case have fewer. */
const OPAQUE_CHANGES_MIN = 0.25;

function isOpaque(token: string): boolean {
  let changes = 0;
  let previous = '';
  const kinds = new Set<string>();
  for (const character of token) {
    const kind = /[A-Z]/.test(character) ? 'A' : /[a-z]/.test(character) ? 'a' : /\d/.test(character) ? '0' : '-';
    if (kind !== previous && previous !== '') changes++;
    if (kind !== '-') kinds.add(kind);
    previous = kind;
  }
  return kinds.size >= OPAQUE_CLASSES_MIN && changes / token.length >= OPAQUE_CHANGES_MIN;
}

export const findCredentials: Recogniser = (subject) => {
  const spans: Span[] = findByRule(subject);
  for (const { 0: token, index } of subject.text.matchAll(OPAQUE))
    if (isOpaque(token)) spans.push({ start: index, end: index + token.length, category: 'credential' });
  return spans;
};

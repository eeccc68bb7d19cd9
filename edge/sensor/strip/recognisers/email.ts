/** E-mail addresses, written out or not, and names of accounts. */
import { type Rule, recogniser } from '../rule.ts';

// Letters of any alphabet: addresses may be internationalised (RFC 6531).
const LOCAL = String.raw`[\p{L}\p{N}!#$%&'*+/=?^_\x60{|}~.\-]{1,64}`;
const LABEL = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,62})`;
const DOT = String.raw`(?:\.|\s{0,2}[(\[{<]\s{0,2}(?:dot|\.|punkt|punto|점)\s{0,2}[)\]}>]\s{0,2}|\s{1,2}(?:dot|punkt|punto|점)\s{1,2})`;
const AT = String.raw`(?:\s{0,2}[(\[{<]{1,2}\s{0,2}(?:at|@|a|ät|arroba|chez|골뱅이)\s{0,2}[)\]}>]{1,2}\s{0,2}|\s{0,2}골뱅이\s{0,2}|\s{1,2}@\s{0,2}|\s{0,2}@\s{1,2})`;
/** The sign and the stop as people say them. */
const SAID_AT =
  'at|ät|arroba|arobase|arobas|chiocciola|chiocciolina|małpa|apenstaartje|klammeraffe|affenschwanz|골뱅이|앳|앳마크';
const SAID_DOT = 'dot|punkt|punto|point|kropka|punt|점|닷|쩜';
const BEFORE = String.raw`(?<![\p{L}\p{N}._%+\-])`;

/** "We met at example.org", "the van at loading point north": the preposition counts only with a stop that is said, in a word for nothing else. */
const PREPOSITION = /\sat\s/i;
const SAID_STOP = /[\s([{<](?:dot|punkt|punto|kropka)[\s)\]}>]/iu;

const RULES: readonly Rule[] = [
  {
    category: 'email',
    pattern: new RegExp(`(?:${BEFORE}${LOCAL}|"[^"\\n]{1,64}")@(?:${LABEL}\\.){1,8}${LABEL}`, 'gu'),
    needs: '@',
  },
  {
    category: 'email',
    pattern: new RegExp(`(?:${BEFORE}${LOCAL}|"[^"\\n]{1,64}")@\\[[0-9A-Fa-f:.IPv]{2,50}\\]`, 'gu'),
    needs: '@',
  },
  {
    category: 'email',
    pattern: new RegExp(`${BEFORE}${LOCAL}${AT}${LABEL}(?:${DOT}${LABEL}){1,6}`, 'giu'),
    needs: /@|골뱅이|[([{<]\s{0,2}(?:a|ät|chez)/iu,
  },
  { category: 'email', pattern: new RegExp(`${BEFORE}${LOCAL}@${LABEL}(?:${DOT}${LABEL}){1,6}`, 'giu'), needs: '@' },
  {
    category: 'email',
    pattern: new RegExp(
      `${BEFORE}${LOCAL}\\s{1,2}at\\s{1,2}${LABEL}\\s{0,2}(?:\\s{1,2}dot\\s{1,2}|\\[dot\\]|\\(dot\\))\\s{0,2}[a-z]{2,12}(?:\\s{1,2}dot\\s{1,2}[a-z]{2,12}){0,2}`,
      'giu',
    ),
    needs: /\sat\s/i,
  },
  {
    category: 'email',
    pattern: new RegExp(
      `${BEFORE}${LOCAL}\\s{1,2}at\\s{1,2}(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|naver|daum|hanmail|kakao|protonmail|gmx|web)(?:\\.|\\s{1,2})[a-z]{2,4}\\b`,
      'giu',
    ),
    needs: /\sat\s/i,
  },
  // Said aloud: either the sign is a word that means nothing else, or a stop is said too.
  {
    category: 'email',
    pattern: new RegExp(
      `${BEFORE}${LOCAL}(?:\\s{1,2}(?:${SAID_AT})\\s{1,2}|\\s{0,2}[([{<]\\s{0,2}(?:${SAID_AT})\\s{0,2}[)\\]}>]\\s{0,2})${LABEL}(?:(?:\\.|\\s{0,2}[([{<]?\\s{0,2}(?<=[\\s([{<])(?:${SAID_DOT})(?=[\\s)\\]}>])\\s{0,2}[)\\]}>]?\\s{0,2})${LABEL}){1,4}`,
      'giu',
    ),
    needs: new RegExp(`[\\s([{<](?:${SAID_AT})[\\s)\\]}>]`, 'i'),
    isValid: (value) => !PREPOSITION.test(value) || SAID_STOP.test(value),
  },
  {
    category: 'email',
    pattern:
      /(?<![\p{L}\p{N}._%+-])[a-z0-9._-]{1,64}\s{0,2}\(?(?:골뱅이|앳)\)?\s{0,2}(?:[a-z0-9-]{1,63}|네이버|지메일|다음|한메일|카카오|네이트|구글)\s{0,2}(?:\.|점|닷|쩜)?\s{0,2}(?:com|net|kr|컴|넷|케이알|co\s{0,2}(?:\.|점|닷)\s{0,2}kr)/giu,
    needs: /골뱅이|앳/,
  },
  {
    category: 'email',
    pattern: /(?<![\p{L}\p{N}.+-])[\p{L}\p{N}._+-]{1,64}?_at_[\p{L}\p{N}-]{1,63}(?:_dot_[\p{L}\p{N}-]{1,63}){1,6}/giu,
    needs: '_',
  },
  // A user at a host without a domain.
  {
    category: 'account',
    pattern: new RegExp(
      `${BEFORE}[\\p{L}\\p{N}_][\\p{L}\\p{N}._\\-]{0,63}@[\\p{L}\\p{N}][\\p{L}\\p{N}\\-]{1,62}`,
      'gu',
    ),
    needs: '@',
  },
  { category: 'account', pattern: /(?<![\p{L}\p{N}@])@[\p{L}\p{N}_][\p{L}\p{N}_.]{1,30}/gu, needs: '@' },
  {
    category: 'account',
    pattern:
      /(?<key>\b(?:user ?(?:name|id)?|login|account ?(?:name|id)|uid|uname|screen ?name|nickname|handle|member ?(?:id|no)|customer ?(?:id|no|number)|client ?(?:id|no)|employee ?(?:id|no)|student ?(?:id|no)|badge|kakao ?(?:id)?|telegram|instagram|twitter|skype|discord)["']?\s{0,3}[:=#]\s{0,3}["']?)[^\s"',;<>&]{2,64}/gi,
  },
  {
    category: 'account',
    pattern: /(?<key>(?:아이디|사용자|회원\s?번호|고객\s?번호|닉네임|계정)\s{0,2}[:=]\s{0,3})[^\s"',;<>]{2,64}/g,
  },
  {
    category: 'account',
    pattern: /(?<key>(?:아이디|계정|닉네임)(?:는|은)?\s{1,2})[A-Za-z][A-Za-z0-9_.-]{2,40}/g,
  },
  {
    category: 'account',
    pattern: /(?<key>(?:\/home\/|\/Users\/|[A-Za-z]:\\Users\\|\\\\Users\\\\))[^\s/\\"':;<>]{1,64}/g,
  },
];

export const findEmails = recogniser(RULES);

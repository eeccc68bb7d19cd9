/** Telephone numbers: international, and in the national forms of Korea, North America, Europe and some of Asia. */
import { digitsOf } from '../checksums.ts';
import { type Recogniser, type Rule, recogniser } from '../rule.ts';

const PHONE_WORDS =
  /\b(?:tel|phones?|telephone|mobile|mob|cell|cellphone|fax|call(?:ed|ing)?|dial|whatsapp|sms|texts?|ring|reach|contact|desk|office|hotline|registered|handy|telefon[eo]?|telefono|teléfono|tél|téléphone|móvil|portable|cellulare|numero|numéro|número|nummer|numer|kom|komórka|rückruf|telefoon|gsm|puhelin|puh)\b|전화|연락처|휴대폰|핸드폰|폰|팩스|内線|電話|携帯|电话|手机|тел/i;

const hasDigits =
  (min: number, max: number) =>
  (value: string): boolean => {
    const { length } = digitsOf(value.replace(/ ?(?:x|ext\.?|내선).{0,10}$/i, ''));
    return length >= min && length <= max;
  };

const DIALLED: readonly Rule[] = [
  {
    category: 'phone',
    pattern: /(?<![\w+])\+ ?\(?\d(?:[ .\-/()_]{0,3}\d){5,16}(?: {0,2}(?:x|ext\.?|내선) ?\d{1,6})?(?!\d)/gi,
    isValid: hasDigits(7, 17),
  },
  {
    category: 'phone',
    pattern: /(?<!\d)00[ \-.]?[1-9](?:[ .\-/()_]{0,3}\d){6,14}(?: {0,2}(?:x|ext\.?) ?\d{1,6})?(?!\d)/gi,
  },
  // Korea: mobile, area, internet, personal, and nationwide service numbers.
  {
    category: 'phone',
    pattern: /(?<!\d)(?:\(?82\)?[ .-]{0,2}\(?0?\)?)?[01]?1[016789][ .\-_/)=~,]{0,3}\d{3,4}[ .\-_/=~,]{0,3}\d{4}(?!\d)/g,
    isValid: isKoreanMobile,
  },
  {
    category: 'phone',
    pattern: /(?<!\d)\(?0(?:2|[3-6][1-5]|70|80|50\d|60|303)\)?[ .\-_/]{0,3}\d{3,4}[ .\-_/]{0,3}\d{4}(?!\d)/g,
  },
  { category: 'phone', pattern: /(?<!\d)1[568]\d{2}[ \-.]\d{4}(?![\d.])/g, context: PHONE_WORDS },
  // North America.
  {
    category: 'phone',
    pattern:
      /(?<!\d)(?:(?:1|91)[ .-]{0,2})?(?:\([2-9]\d{2}\) {0,2}|[2-9]\d{2}[ .\-/]{1,3})\d{3}[ .-]{1,3}\d{4}(?: {0,2}(?:x|ext\.?) ?\d{1,6})?(?!\d)/gi,
  },
  // A trunk prefix and two or more groups, or a long block: most of Europe, Asia, Oceania.
  {
    category: 'phone',
    pattern: /(?<![\d.])\(?0\d{1,4}\)?(?:[ .\-/]{1,2}\(?\d{2,7}\)?){1,5}(?: {0,2}(?:x|ext\.?) ?\d{1,6})?(?!\d)/gi,
    isValid: hasDigits(7, 12),
  },
  { category: 'phone', pattern: /(?<![\d.])0[1-9]\d{8,9}(?!\d)/g },
  {
    category: 'phone',
    pattern: /(?<![\d.])0[ -]\(?\d{3}\)?[ .-]?\d{2,7}(?:[ .-]\d{2,4}){0,2}(?!\d)/g,
    isValid: hasDigits(10, 11),
  },
  // Parentheses round an area code.
  {
    category: 'phone',
    pattern: /(?<!\d)\(\d{1,5}\)[ \-.]{0,2}\d{2,8}(?:[ \-.]\d{2,5}){0,4}(?!\d)/g,
    isValid: hasDigits(6, 13),
  },
  { category: 'phone', pattern: /(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)/g },
  { category: 'phone', pattern: /(?<!\d)5\d{2}[ .-]\d{3}[ .-]\d{2}[ .-]\d{2}(?!\d)/g },
  // Anything of that length beside a word that says so.
  {
    category: 'phone',
    pattern:
      /(?<![\d.])\(?\d{1,15}\)?(?:[ .\-/]{1,3}\(?\d{1,15}\)?|\(\d{1,15}\)){0,6}(?: {0,2}(?:x|ext\.?) ?\d{1,6})?(?!\d)/gi,
    isValid: hasDigits(7, 15),
    context: PHONE_WORDS,
  },
];

/** After a word that says so, or spelled out. */
const SAID: readonly Rule[] = [
  {
    category: 'phone',
    pattern:
      /(?<key>(?:\b(?:tel|phone|mobile|fax|cell)(?: (?:no|number))?|전화(?:번호)?|연락처|휴대폰|팩스)[ .]{0,2}[:=#] {0,3})[\d][\d \-().]{2,18}\d/gi,
  },
  { category: 'phone', pattern: /(?<key>(?:\b(?:ext|extension)|내선)[.: ]{1,3})\d{2,6}(?!\d)/gi },
  // The prefix in syllables or with letters for noughts, the rest in digits; and words that speakers put between the groups.
  {
    category: 'phone',
    pattern:
      /(?<![\p{L}\p{N}])[공영빵0Oo][일1Il][공영빵0Oo](?:(?:에|의|다시|대시|국에|국의|[ .\-_/~]){0,6})(?:[\d공영일이삼사오육륙칠팔구Oo][ ]?){3,4}(?:(?:에|의|다시|대시|국에|국의|[ .\-_/~]){0,6})(?:[\d공영일이삼사오육륙칠팔구Oo][ ]?){3}[\d공영일이삼사오육륙칠팔구Oo](?!\d)/gu,
  },
  { category: 'phone', pattern: /(?:[공영일이삼사오육륙칠팔구][ \-.]{0,2}){8,14}/g },
  {
    category: 'phone',
    pattern:
      /\b(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)[ ,\-.]{1,2}){6,16}(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)\b/gi,
  },
];

function isKoreanMobile(value: string): boolean {
  return /^(?:82)?0?1[016789]\d{7,8}$/.test(digitsOf(value)) && digitsOf(value).length >= 10;
}

const findDialled = recogniser(DIALLED, { digitsMin: 6 });
const findSaid = recogniser(SAID);

export const findPhones: Recogniser = (subject) => [...findDialled(subject), ...findSaid(subject)];

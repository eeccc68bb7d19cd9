/**
 * Dates finer than a year, dates of birth and ages.
 *
 * Where the line is: the Safe Harbor rule of HIPAA (45 CFR 164.514) keeps years and drops whatever is finer.
 */
import { type Rule, recogniser } from '../rule.ts';

const MONTH =
  '(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia|januari|februari|maart|mei|augustus|januar|februar|märz|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre)';
const DAY = '(?:[12]\\d|3[01]|0?[1-9])';
const YEAR = "(?:(?:1[89]|2[01])\\d{2}|'?\\d{2})";
const TIME =
  '(?:[T ,]{1,2}(?:at )?\\d{1,2}[:.]\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?(?: ?(?:am|pm|z|utc|gmt|kst|[+\\-]\\d{2}:?\\d{2}))?)?';
const FULL = [
  `(?:1[89]|2[01])\\d{2} ?[\\-./년] ?(?:1[0-2]|0?[1-9]) ?[\\-./월] ?${DAY}(?: ?[일.])?${TIME}`,
  `\\d{2}년 ?\\d{1,2}월 ?\\d{1,2}일`,
  `\\d{2}[\\-./](?:1[0-2]|0[1-9])[\\-./](?:[0-2]\\d|3[01])(?!\\d)${TIME}`,
  `${DAY} ?[\\-./] ?(?:1[0-2]|0?[1-9]) ?[\\-./] ?${YEAR}(?!\\d)${TIME}`,
  `(?:1[0-2]|0?[1-9]) ?[\\-./] ?${DAY} ?[\\-./] ?${YEAR}(?!\\d)${TIME}`,
  `${DAY}(?:st|nd|rd|th|\\.)?[ \\-.]{0,2}(?:of |de )?${MONTH}(?:[ \\-.,]{1,2}(?:de |del )?${YEAR}(?!\\d))?\\b${TIME}`,
  `\\b${MONTH}[ \\-.]{1,2}${DAY}(?:st|nd|rd|th)?\\b(?:,?[ \\-.]{1,2}${YEAR}(?!\\d))?${TIME}`,
].join('|');
const BIRTH_KEY =
  '(?:\\b(?:date of birth|birth ?dates?|birthday|d\\.?o\\.?b\\.?|born(?: on)?|geboren(?: am)?|geburtsdatum|n[ée]e? le|nacid[oa](?: el)?|fecha de nacimiento|data di nascita|nat[oa] il|urodzon[yae]|ur\\.|geb(?:oren|\\.)?)(?![a-zà-ž])|생년월일|생일|출생(?:일)?)';

const RULES: readonly Rule[] = [
  {
    category: 'date-of-birth',
    pattern: new RegExp(`(?<key>${BIRTH_KEY}[^\\n\\d]{0,16})(?<!\\d)(?:${FULL}|\\d{6,8})(?!\\d)`, 'gi'),
  },
  {
    category: 'date-of-birth',
    pattern: new RegExp(`(?<key>${BIRTH_KEY}[^\\n\\d]{0,8})(?:1[89]|20)\\d{2}(?!\\d)`, 'gi'),
  },
  { category: 'date', pattern: new RegExp(`(?<![\\d.\\-/A-Za-z])(?:${FULL})(?![\\d/]|-\\d)`, 'gi') },
  {
    category: 'date',
    pattern:
      /(?<!\d)(?:19|20)\d{2}-?(?:1[0-2]|0[1-9])-?(?:[12]\d|3[01]|0[1-9])(?:T\d{2}:?\d{2}(?::?\d{2})?(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\d-])/gi,
  },
  {
    category: 'date',
    pattern: /(?<![\d./])(?:1[0-2]|0?[1-9])\/(?:(?:[12]\d|3[01]|0?[1-9])|(?:19|20)\d{2})(?![\d./]|\.\d)/g,
  },
  { category: 'date', pattern: /(?<![\d./])(?:[12]\d|3[01]|0?[1-9])\/(?:1[0-2]|0?[1-9])(?![\d./]|\.\d)/g },
  {
    category: 'date',
    pattern: new RegExp(
      `(?<key>\\b(?:in|since|until|till|by|of|on|last|next|this|from|before|after|during) )(?:January|February|March|April|May|June|July|August|September|October|November|December)\\b(?:,? ${YEAR}(?!\\d))?`,
      'g',
    ),
  },
  {
    category: 'date',
    pattern:
      /\b(?:January|February|March|April|June|July|August|September|October|November|December|May),? (?:19|20)\d{2}(?!\d)/gi,
  },
  {
    category: 'date',
    pattern: /(?<!\d)(?:(?:(?:19|20)\d{2}|\d{2})\s?년\s?)?(?:1[0-2]|0?[1-9])\s?월\s?(?:[12]\d|3[01]|0?[1-9])\s?일/g,
  },
  {
    category: 'age',
    pattern:
      /(?<![\d.])\d{1,3}(?= ?-? ?(?:years?|yrs?)[ -]{1,2}old\b| ?(?:y\/o|yo|y\.o\.)(?![A-Za-z])| ?(?:Jahre alt|años|ans)\b|\s?(?:세|살))/gi,
  },
  {
    category: 'age',
    pattern:
      /(?<key>\b(?:aged?|age[sd]?|turn(?:ed|s|ing)?|alter|edad)(?: (?:is|of))?\s{0,2}[:=]?\s{1,2})(?:1[01]\d|[1-9]?\d)(?![\d:%°]|\.\d| ?(?:degrees?|%|percent|off|on|times|mins?|minutes|hours|seconds|days|weeks))/gi,
  },
  { category: 'age', pattern: /(?<key>(?:나이|연령|만)\s{0,2}[:=]?\s{0,2})\d{1,3}(?=\s?(?:세|살)|\s|$)/g },
];

export const findDates = recogniser(RULES, { digitsMin: 0 });

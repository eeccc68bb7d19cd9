/** Identifiers that the Republic of Korea gives out. */
import { digitsOf, isDate, isRepeated, weighted } from '../checksums.ts';
import { HANGUL, type Recogniser, type Rule, recogniser } from '../rule.ts';

/** Syllables that stand in Korean plates: private, business, rental, delivery, military, diplomatic. */
const KR_PLATE_SYLLABLES =
  '가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자허하호배국합육해공외교영준협';
const REGIONS = '서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주';

/**
 * Resident and foreigner registration numbers. The check digit is not asked for: numbers given since October 2020 have none. The date of
 * birth and the century digit make the form plausible enough, and a longer number is covered in any case.
 */
function isRrn(value: string): boolean {
  const digits = digitsOf(value);
  const [year, month, day] = [0, 2, 4].map((at) => Number(digits.slice(at, at + 2)));
  return isDate(year!, month!, day!) && !isRepeated(digits);
}

const BRN_WEIGHTS = [1, 3, 7, 1, 3, 7, 1, 3, 5];

/** Business registration number: National Tax Service's weights, the ninth digit counting its tens too. */
function isBrn(value: string): boolean {
  const digits = digitsOf(value);
  const sum = weighted(digits, BRN_WEIGHTS) + Math.floor((Number(digits[8]) * 5) / 10);
  return (10 - (sum % 10)) % 10 === Number(digits[9]);
}

/** What is counted right after a number ("1234명", but "1234 명의자"): then a syllable before it is a word. */
const COUNTED =
  '(?:명|년|톤|회|개|원|그루|미터|킬로|대|건|세대|가구|평|호|번지|페이지|쪽|시간|분|일)(?![가-힣])|㎡|k?m(?![a-z])|kg|번지';
const KR_VEHICLE = /번호판|차량|차번|주차|신차|임시운행|차가|차를|자동차|오토바이|이륜차|택시|버스|트럭|lpr|plate/i;

const NUMBERED: readonly Rule[] = [
  { category: 'kr-rrn', digitsMin: 13, pattern: /(?<!\d)\d{6}[ \-./_]{0,3}\d{7}(?!\d)/g, isValid: isRrn },
  // The back half hidden: the front is still the date of birth.
  {
    category: 'kr-rrn',
    digitsMin: 6,
    pattern: /(?<!\d)\d{6}[ \-./_]{0,3}[0-9*xX●○•]\d{0,5}[*xX●○•]{1,7}/g,
    isValid: (v) => isRrn(v.slice(0, 6)),
  },
  {
    category: 'kr-rrn',
    pattern:
      /(?<key>(?:주민(?:등록)?|외국인(?:등록)?|등록)\s{0,2}번호[^\d\n]{0,8}|\b(?:rrn|frn|arc)(?: (?:no|number))?[^\w\n]{1,4}(?:is )?)\d[\d \-*]{4,20}\d/gi,
  },
  {
    category: 'national-id',
    digitsMin: 7,
    pattern: /(?<![A-Za-z0-9])[MSROGDPTmsrogdpt]\d{3}[A-Za-z]\d{4}(?![A-Za-z0-9])/g,
  },
  { category: 'national-id', digitsMin: 8, pattern: /(?<![A-Za-z0-9])[MSROGDTmsrogdt]\d{8}(?![A-Za-z0-9])/g },
  // Driving licence: region code, year, serial, check; older ones name the region.
  {
    category: 'national-id',
    digitsMin: 12,
    pattern: /(?<!\d)(?:1[1-9]|2[0-8])[ \-.]\d{2}[ \-.]\d{6}[ \-.]\d{2}(?!\d)/g,
  },
  {
    category: 'national-id',
    pattern: new RegExp(`(?:${REGIONS}) ?(?:\\d{2}[ \\-])?\\d{2}[ \\-]\\d{6}[ \\-]\\d{2}(?!\\d)`, 'g'),
  },
  { category: 'national-id', digitsMin: 10, pattern: /(?<!\d)\d{3}[ \-.]\d{2}[ \-.]\d{5}(?!\d)/g, isValid: isBrn },
  {
    category: 'national-id',
    digitsMin: 10,
    pattern: /(?<!\d)\d{3}[ \-.]\d{2}[ \-.]\d{5}(?!\d)/g,
    context: /사업자|business|brn/i,
  },
  {
    category: 'national-id',
    pattern:
      /(?<key>(?:여권|면허|운전면허|사업자(?:등록)?|건강보험|보험증|학번|사번)\s{0,2}(?:증\s{0,2})?번호?[^A-Za-z0-9\n]{1,6})[A-Za-z0-9][A-Za-z0-9 -]{3,20}[A-Za-z0-9]/g,
  },
  // Read by a camera that left a digit out.
  {
    category: 'plate',
    pattern: /(?<key>(?:번호판|차량\s?번호|차번호|차량|plate)[^\d\n가-힣]{1,4})[\d?*]{1,3} ?[가-힣?*] ?[\d?*]{2,4}/gi,
  },
];

const PLATES: readonly Rule[] = [
  {
    category: 'plate',
    pattern: new RegExp(
      `(?<!\\d)(?!(?<=제)\\d{2,3}호)\\d{2,3} ?[-._/]? ?[${KR_PLATE_SYLLABLES}] ?[-._/]? ?\\d{4}(?!\\d|${COUNTED})`,
      'g',
    ),
  },
  // With the region of older plates one digit is enough.
  {
    category: 'plate',
    pattern: new RegExp(
      `(?:${REGIONS})[\\s\\-._/]{0,2}\\d{1,3}[\\s\\-._/]{0,2}[${KR_PLATE_SYLLABLES}][\\s\\-._/]{0,2}\\d{4}(?!\\d)`,
      'g',
    ),
  },
  // A reader may lose a digit.
  {
    category: 'plate',
    pattern: new RegExp(`(?<!\\d)\\d ?[${KR_PLATE_SYLLABLES}] ?\\d{4}(?!\\d|${COUNTED})`, 'g'),
    context: KR_VEHICLE,
  },
  // Motorcycles: region, district, syllable.
  {
    category: 'plate',
    pattern: new RegExp(
      `(?:${REGIONS})[\\s\\-]{0,2}(?:[가-힣]{2,4}[\\s\\-]{0,2})?[${KR_PLATE_SYLLABLES}][\\s\\-]{0,2}\\d{4}(?!\\d|${COUNTED})`,
      'g',
    ),
  },
  // Temporary permits.
  {
    category: 'plate',
    pattern: new RegExp(
      `(?:(?:${REGIONS})\\s?(?:[가-힣]{2,4}\\s?)?)임시?(?:\\s?운행)?[\\s\\-]?\\d{4,6}(?!\\d|${COUNTED})`,
      'g',
    ),
  },
  {
    category: 'plate',
    pattern: new RegExp(`(?<![가-힣])임시?(?:\\s?운행)?[\\s\\-]?(?:\\d{2}[\\s\\-])?\\d{4,6}(?!\\d|${COUNTED})`, 'g'),
    context: KR_VEHICLE,
  },
  { category: 'plate', pattern: /(?:외교|영사|준외|준영|국기|협정|대표)[\s-]?\d{3}[\s-]?\d{3}(?!\d)/g },
];

const findNumbered = recogniser(NUMBERED, { digitsMin: 4 });
const findPlates = recogniser(PLATES, { digitsMin: 4, needs: HANGUL });

export const findKorean: Recogniser = (subject) => [...findNumbered(subject), ...findPlates(subject)];

/** Who answers for the box and what each camera is there for: what signs, policies and registers say comes from here (edge/notice/). */
import { z } from 'zod';

const CHARS_MAX = 300;
const text = z.string().min(1).max(CHARS_MAX);

const words = z
  .union([text, z.strictObject({ ko: text.describe('Korean.'), en: text.describe('English.') })])
  .transform((given) => (typeof given === 'string' ? { ko: given, en: given } : given));

export const controllerSchema = z
  .strictObject({
    name: words.describe('Who runs the cameras, e.g. a city office.'),
    department: words.describe('Office in charge. No names of persons are needed.'),
    phone: z
      .string()
      .regex(/^\+?[0-9][0-9 -]{3,30}$/, 'write a telephone number, e.g. 02-123-4567')
      .describe('Telephone of the office; it stands on every sign.'),
    email: z.email().max(200).optional().describe('E-mail address of the office.'),
    address: words.optional().describe('Postal address.'),
    url: z
      .url({ protocol: /^https$/ })
      .max(300)
      .optional()
      .describe('Page where the operation policy and the use of the feeds can be looked up.'),
    access: words.describe('Who may see the feeds, as posts and not as names.'),
    viewing: words.describe('How and where the feeds are looked at.'),
  })
  .describe('Who answers for this box; needed for garim notice.');

export const siteSchema = z
  .strictObject({
    place: words.describe('Where the camera stands.'),
    purpose: words.describe('What it is there for.'),
    ground: z
      .enum(['25(1)1', '25(1)2', '25(1)3', '25(1)4', '25(1)5', '25(1)6'])
      .describe('Subparagraph of PIPA Article 25(1) that it stands on.'),
    range: words.describe('What it shows.'),
    hours: words.default({ ko: '24시간', en: '24 hours' }).describe('When it films.'),
    retentionDays: z
      .int()
      .min(0)
      .max(3650)
      .default(0)
      .describe('How long the filtered feed is kept, here or by those who pull it. 0: it is not kept.'),
    register: z
      .strictObject({
        category: text.describe('설치목적구분 of the national register, e.g. 생활방범 or 교통정보수집.'),
        roadAddress: text.optional().describe('소재지도로명주소.'),
        lotAddress: text.optional().describe('소재지지번주소.'),
        lat: z.number().min(-90).max(90).optional().describe('WGS84위도.'),
        lon: z.number().min(-180).max(180).optional().describe('WGS84경도.'),
        megapixels: z.number().positive().max(500).optional().describe('카메라화소수, in megapixels.'),
        direction: text.optional().describe('촬영방면정보.'),
        installed: z
          .string()
          .regex(/^\d{4}-\d{2}$/, 'write year and month, e.g. 2026-11')
          .optional()
          .describe('설치연월.'),
      })
      .optional()
      .describe('What the national CCTV register wants beside it (data.go.kr 15155042).'),
  })
  .describe('What signs and registers say of this camera.');

export type ControllerSettings = z.output<typeof controllerSchema>;
export type SiteSettings = z.output<typeof siteSchema>;

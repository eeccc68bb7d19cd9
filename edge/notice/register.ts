/** One row a camera for the national register of CCTV (data.go.kr 15155042), as CSV with the register's own column names. */
import type { Notice } from './content.ts';

const COLUMNS = [
  '관리기관명',
  '소재지도로명주소',
  '소재지지번주소',
  '설치목적구분',
  '카메라대수',
  '카메라화소수',
  '촬영방면정보',
  '보관일수',
  '설치연월',
  '관리기관전화번호',
  'WGS84위도',
  'WGS84경도',
  '데이터기준일자',
] as const;

/** Cameras without `register` are left out. `day`: the date of the data, `2026-11-23`. */
export function registerCsv({ controller, cameras }: Notice, day: string): string {
  const rows = cameras.flatMap(({ register, retentionDays }) =>
    register === undefined
      ? []
      : [
          [
            controller.name.ko,
            register.roadAddress,
            register.lotAddress,
            register.category,
            1,
            // In units of ten thousand pixels.
            register.megapixels === undefined ? undefined : Math.round(register.megapixels * 100),
            register.direction,
            retentionDays,
            register.installed,
            controller.phone,
            register.lat,
            register.lon,
            day,
          ],
        ],
  );
  return [COLUMNS, ...rows].map((cells) => `${cells.map(cellOf).join(',')}\r\n`).join('');
}

/** Quoted where it must be (RFC 4180); text that a spreadsheet would take for a formula is made text. */
function cellOf(value: string | number | undefined): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The page that people print: the marker at its size, and what to do with it in Korean and English. Text is drawn with strokes of our own, so
 * that it looks the same everywhere.
 */
import sharp from 'sharp';
import { measureText, textPaths } from '../draw/font.ts';
import { MARKER_FAMILY, MARKER_ID, TAG_CELLS, tagPath } from './tag.ts';

/** A4, millimetres. */
const PAGE = { widthMm: 210, heightMm: 297 };
const CELL_MM = 20;
const TAG_TOP_MM = 2;
const TEXT_TOP_MM = TAG_TOP_MM + TAG_CELLS * CELL_MM + 6;
const TEXT_WIDTH_MM_MAX = 186;
const DOTS_PER_INCH = 300;
const MM_PER_INCH = 25.4;

/** Height of the capitals and text, millimetres. */
const LINES: readonly (readonly [heightMm: number, text: string])[] = [
  [6, '나를 빼 주세요'],
  [4.5, 'LEAVE ME OUT'],
  [3.2, 'A4 또는 A5로 인쇄하여 가슴과 등에 펴서 다세요. 접거나 가리지 마세요.'],
  [3.2, '표시가 보이면 가림 카메라는 1초 안에 온몸을 가리고, 사람 수에서도 뺍니다.'],
  [3.2, '10 m보다 멀거나 옆에서 보이면 읽지 못할 수 있습니다.'],
  [3.2, '모두가 같은 표시를 씁니다. 번호도 이름도 없고, 기록도 남지 않습니다.'],
  [3.2, 'Print on A4 or A5. Wear it flat on chest and back. Do not fold or hide it.'],
  [3.2, 'A Garim camera that can read it covers your whole body within a second and does not count you.'],
  [3.2, 'Farther than 10 m or seen from the side it may not be read.'],
  [3.2, 'Everybody wears the same marker: no number, no name, and no record is kept.'],
];
const LINE_GAP = 1.95;

export function markerPageSvg(): string {
  const { widthMm, heightMm } = PAGE;
  const strokes: string[] = [];
  let y = TEXT_TOP_MM;
  for (const [capitalMm, text] of LINES) {
    const room = Math.min(1, TEXT_WIDTH_MM_MAX / measureText(text, capitalMm));
    const height = capitalMm * room;
    const left = (widthMm - measureText(text, height)) / 2;
    const path = textPaths(text, height)
      .map((line) => `M${line.map(([px, py]) => `${(left + px).toFixed(2)},${(y + py).toFixed(2)}`).join('L')}`)
      .join('');
    strokes.push(`<path d="${path}" stroke-width="${(height / 9).toFixed(2)}"/>`);
    y += capitalMm * LINE_GAP;
  }
  const tagLeft = (widthMm - TAG_CELLS * CELL_MM) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${widthMm}mm" height="${heightMm}mm" viewBox="0 0 ${widthMm} ${heightMm}">
<title>Garim marker, ${MARKER_FAMILY} ${MARKER_ID}</title>
<rect width="${widthMm}" height="${heightMm}" fill="white"/>
<path d="${tagPath(CELL_MM, tagLeft, TAG_TOP_MM)}" fill="black" shape-rendering="crispEdges"/>
<g fill="none" stroke="black" stroke-linecap="round" stroke-linejoin="round">${strokes.join('')}</g>
</svg>
`;
}

/** The page as a PNG for printing on A4, 300 dots per inch. */
export function markerPagePng(): Promise<Buffer> {
  const widthPx = Math.round((PAGE.widthMm / MM_PER_INCH) * DOTS_PER_INCH);
  return sharp(Buffer.from(markerPageSvg()), { density: DOTS_PER_INCH })
    .resize({ width: widthPx })
    .grayscale()
    .withMetadata({ density: DOTS_PER_INCH })
    .png({ palette: true })
    .toBuffer();
}

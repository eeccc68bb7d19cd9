/**
 * A decoded still before filtering: upright, sRGB, without metadata. It never leaves the process; redact/picture-redactor.ts paints it.
 *
 * Transparency is laid on white. Kept, it could hide a face under pixels that no detector sees and any editor brings back.
 */
import sharp from 'sharp';
import { messageOf, UserError } from '../../base/errors.ts';
import { STILL_PIXELS_MAX } from '../../base/limits.ts';

export interface RawPicture {
  /** RGB, 8 bit, row-major without padding. */
  rgb: Uint8Array<ArrayBuffer>;
  widthPx: number;
  heightPx: number;
}

/** Formats that are read, and written again as they came. */
const STILL_FORMATS = ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const;
export type StillFormat = (typeof STILL_FORMATS)[number];

/** @throws UserError that says what is wrong with the file, without naming it */
export async function readPicture(file: string): Promise<{ picture: RawPicture; format: StillFormat }> {
  try {
    const {
      width,
      height,
      pages = 1,
      format: container,
      compression,
    } = await sharp(file, {
      limitInputPixels: false,
    }).metadata();
    const format = container === 'heif' && compression === 'av1' ? 'avif' : container;
    const isKnown = (name: string | undefined): name is StillFormat => STILL_FORMATS.some((known) => known === name);
    if (!isKnown(format)) {
      throw new UserError(`pictures of the format ${compression === 'hevc' ? 'HEIC' : format} are not supported`, {
        fix: `convert it to one of ${STILL_FORMATS.join(', ')}`,
      });
    }
    if (pages > 1) throw new UserError(`it holds ${pages} pictures (pages or an animation)`, { fix: 'split it' });
    if (width * height > STILL_PIXELS_MAX) {
      throw new UserError(
        `a picture of ${width}x${height} px is larger than the ${Math.floor(STILL_PIXELS_MAX / 1e6)} megapixels that are allowed`,
        { fix: 'make it smaller, or cut it into parts' },
      );
    }
    // A damaged file is an error, not a picture with a grey half that may hide what was not found.
    const { data, info } = await sharp(file, { limitInputPixels: STILL_PIXELS_MAX, failOn: 'error', autoOrient: true })
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    const rgb = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    return { picture: { rgb, widthPx: info.width, heightPx: info.height }, format };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`it can't be read as a picture: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes stills: nothing but FilteredPictures, without any metadata. */

import sharp, { type Sharp } from 'sharp';
import { messageOf, WorldError } from '../../base/errors.ts';
import { discard, partialNameFor, publish } from '../../base/whole-file.ts';
import { FilteredPicture } from '../redact/filtered-picture.ts';
import type { StillFormat } from './raw-picture.ts';

const JPEG_QUALITY = 90;
const WEBP_QUALITY = 90;
const AVIF_QUALITY = 70;

/** The file appears whole or not at all. @throws WorldError `disk-failed` */
export async function writePicture(picture: FilteredPicture, format: StillFormat, file: string): Promise<void> {
  if (!FilteredPicture.isFiltered(picture)) throw new TypeError('only filtered pictures are written');
  const partial = partialNameFor(file);
  try {
    await encoderFor(picture, format).toFile(partial);
    await publish(partial, file);
  } catch (error) {
    await discard(partial);
    throw new WorldError('disk-failed', `can't write ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function encoderFor({ rgb, widthPx, heightPx }: FilteredPicture, format: StillFormat): Sharp {
  // Made from bare pixels: sharp has no metadata to pass on.
  const image = sharp(rgb, { raw: { width: widthPx, height: heightPx, channels: 3 }, limitInputPixels: false });
  switch (format) {
    case 'jpeg':
      return image.jpeg({ quality: JPEG_QUALITY });
    case 'png':
      return image.png();
    case 'webp':
      return image.webp({ quality: WEBP_QUALITY });
    case 'tiff':
      return image.tiff({ compression: 'lzw', predictor: 'horizontal' });
    case 'avif':
      return image.avif({ quality: AVIF_QUALITY });
  }
}

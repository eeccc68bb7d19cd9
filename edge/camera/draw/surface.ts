/** A drawing surface in main memory: what slates and the simulated street draw on. */
export interface Surface {
  widthPx: number;
  heightPx: number;
  /** RGB, 8 bit, row-major [heightPx, widthPx, 3], no padding. */
  rgb: Uint8Array<ArrayBuffer>;
}

export function createSurface(widthPx: number, heightPx: number): Surface {
  return { widthPx, heightPx, rgb: new Uint8Array(widthPx * heightPx * 3) };
}

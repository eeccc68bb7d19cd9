/** What we use of js-aruco2, which has no types of its own. */
declare module 'js-aruco2' {
  import type { Image, Point } from 'js-aruco2/src/cv.js';

  /** Corners clockwise from the tag's own top-left one. */
  interface Marker {
    id: number;
    corners: Point[];
    hammingDistance: number;
  }

  class Detector {
    /** Codes at `maxHammingDistance` and beyond are refused. */
    constructor(config: { dictionaryName: string; maxHammingDistance: number });
    /** Quadrilaterals whose contour has at least `minSize` points and whose sides have at least `minLength` pixels. */
    findCandidates(contours: Point[][], minSize: number, epsilon: number, minLength: number): Point[][];
    clockwiseCorners(candidates: Point[][]): Point[][];
    findMarkers(grey: Image, candidates: Point[][], warpSize: number): Marker[];
  }

  const aruco: {
    AR: {
      DICTIONARIES: Record<string, { nBits: number; tau: number; codeList: number[] }>;
      Detector: typeof Detector;
    };
  };
  export default aruco;
}

declare module 'js-aruco2/src/cv.js' {
  interface Point {
    x: number;
    y: number;
  }

  interface Image {
    width: number;
    height: number;
    data: Uint8Array;
  }

  const cv: {
    CV: {
      /** 255 where a pixel is darker by `threshold` than the mean of the square of `2 * kernelSize + 1` pixels around it. */
      adaptiveThreshold(source: Image, target: Image, kernelSize: number, threshold: number): Image;
      /** `border` is working memory: (width + 2) x (height + 2). */
      findContours(binary: Image, border: Int32Array): Point[][];
    };
  };
  export default cv;
}

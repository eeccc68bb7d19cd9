/** The COCO classes that a street needs, by their number from 0. */
import type { DetectionLabel } from '../port.ts';

export const COCO_CLASSES = 80;

/** Bicycles carry no plate that could be read, so they are left out. */
export const COCO_LABELS: readonly { index: number; label: DetectionLabel }[] = [
  { index: 0, label: 'person' },
  { index: 2, label: 'vehicle' }, // car
  { index: 3, label: 'vehicle' }, // motorcycle
  { index: 5, label: 'vehicle' }, // bus
  { index: 7, label: 'vehicle' }, // truck
];

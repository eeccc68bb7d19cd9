/** The COCO classes that a street needs, by their number from 0. */
import type { DetectionLabel, VehicleKind } from '../port.ts';

export const COCO_CLASSES = 80;

export const COCO_LABELS: readonly { index: number; label: DetectionLabel; kind?: VehicleKind }[] = [
  { index: 0, label: 'person' },
  { index: 1, label: 'vehicle', kind: 'bicycle' },
  { index: 2, label: 'vehicle', kind: 'car' },
  { index: 3, label: 'vehicle', kind: 'motorcycle' },
  { index: 5, label: 'vehicle', kind: 'bus' },
  { index: 7, label: 'vehicle', kind: 'truck' },
];

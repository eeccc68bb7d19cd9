/**
 * What faces and plates sit on: a face in the upper part of a person, a plate on a vehicle. The network tells persons and vehicles in the
 * same pass, so that a weak box can be judged by where it lies. Pure.
 */
import { areaOf, intersectionArea } from '../track/geometry.ts';
import type { Box, Detection, DetectionLabel } from './port.ts';

/** What carries which, and how far down in it the middle of the carried may lie, as a share of the carrier's height. */
const CARRIERS = {
  face: { by: 'person', downShareMax: 0.45 },
  plate: { by: 'vehicle', downShareMax: 1 },
} as const;
/** Share of the carried that lies in its carrier at least. */
const INSIDE_SHARE_MIN = 0.9;
/** Areas of a carrier and what it carries: a box that is hardly larger is the same thing by another name. */
const AREA_RATIO_MIN = 1.8;

/**
 * The detections of one look, faces and plates with the score of the best carrier that they lie on. `known` is what the networks can see:
 * where they know no persons, that there is none means nothing, and faces stay as they are.
 */
export function withCarriers(detections: readonly Detection[], known: ReadonlySet<DetectionLabel>): Detection[] {
  const carriers = {
    face: detections.filter(({ label }) => label === CARRIERS.face.by),
    plate: detections.filter(({ label }) => label === CARRIERS.plate.by),
  };
  return detections.map((detection) => {
    const { label } = detection;
    if ((label !== 'face' && label !== 'plate') || !known.has(CARRIERS[label].by)) return detection;
    let carrierScore = 0;
    for (const carrier of carriers[label]) {
      if (carrier.score > carrierScore && isOn(detection, carrier, CARRIERS[label].downShareMax))
        carrierScore = carrier.score;
    }
    return { ...detection, carrierScore };
  });
}

function isOn(carried: Box, carrier: Box, downShareMax: number): boolean {
  return (
    areaOf(carrier) >= AREA_RATIO_MIN * areaOf(carried) &&
    intersectionArea(carrier, carried) >= INSIDE_SHARE_MIN * areaOf(carried) &&
    carried.y + carried.h / 2 <= carrier.y + downShareMax * carrier.h
  );
}

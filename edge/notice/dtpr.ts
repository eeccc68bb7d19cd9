/**
 * Disclosure by the elements of DTPR (Digital Trust for Places and Routines, by Helpful Places), version 1 of its taxonomy. Its texts exist in six
 * languages and not in Korean, so only the identifiers are given here. Where it has no element for a thing, none is named.
 */
import type { CameraNotice, Notice, SensorNotice } from './content.ts';
import type { Words } from './words.ts';

interface Chain {
  name: string;
  title: Words;
  elements: string[];
}

const PURPOSES: Readonly<Record<string, readonly string[]>> = {
  '25(1)2': ['purpose__safety_security'],
  '25(1)3': ['purpose__safety_security', 'purpose__fire_emergency'],
  '25(1)4': ['purpose__enforcement'],
  '25(1)5': ['purpose__mobility'],
  '25(1)6': ['purpose__planning_decision_making'],
};

/** Adapters whose sensor has an element of its own. */
const TECHNOLOGIES: Readonly<Record<string, string>> = {
  'wifi-probes': 'tech__identifiable_wifi_sensor',
  lpr: 'tech__de_identified_image',
  gps: 'tech__gps',
  'transit-card': 'tech__identifiable_rfid',
  'people-counter': 'tech__person_detection',
  environment: 'tech__weather_station',
};

export function dtprOf(notice: Notice): unknown {
  return {
    taxonomy: 'dtpr.v1',
    controller: notice.controller.name,
    contact: { phone: notice.controller.phone, email: notice.controller.email },
    url: notice.controller.url,
    policy: notice.policy,
    chains: [...notice.cameras.map(cameraChain), ...notice.sensors.map(sensorChain)],
  };
}

function cameraChain(camera: CameraNotice): Chain {
  return {
    name: camera.name,
    title: camera.purpose,
    elements: [
      'accountable__organization',
      ...(PURPOSES[camera.ground] ?? []),
      'tech__de_identified_video',
      'data__pixel_based_image',
      'process__computer_vision',
      'process__de_identified',
      'process__immutable_query_ledger',
      'access__available_to_the_accountable_organization',
      ...(camera.retentionDays === 0 ? ['retention__no_data_retained'] : ['retention__data_retained']),
      ...(camera.isRecorded ? ['storage__stored_locally'] : []),
    ],
  };
}

function sensorChain(sensor: SensorNotice): Chain {
  const technology = Object.hasOwn(TECHNOLOGIES, sensor.adapter) ? TECHNOLOGIES[sensor.adapter] : undefined;
  return {
    name: sensor.name,
    title: { ko: sensor.purpose, en: sensor.purpose },
    elements: [
      'accountable__organization',
      ...(sensor.purpose === 'dpv:ImproveTransportMobility' ? ['purpose__mobility'] : []),
      ...(technology === undefined ? [] : [technology]),
      'data__tabular',
      'process__aggregated',
      sensor.epsilonPerDay === undefined ? 'process__k_anonymity' : 'process__differential_privacy',
      'process__immutable_query_ledger',
      'access__available_to_the_accountable_organization',
      ...(sensor.retentionMs === 0 ? ['retention__no_data_retained'] : ['retention__data_retained']),
    ],
  };
}

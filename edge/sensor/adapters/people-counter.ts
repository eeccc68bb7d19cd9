/** People counters at doors and on paths: plain JSON, CSV rows, or NGSI-LD `CrowdFlowObserved`. */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { measureSet } from './measures.ts';
import { isNgsi } from './ngsi.ts';
import { time } from './values.ts';

const measures = measureSet(['peopleIn', 'peopleOut', 'peoplePresent', 'batteryPct']);

const schema = z.object({
  dateObserved: time(),
  observedAt: time(),
  time: time(),
  timestamp: time(),
  ...measures.shape,
});

export const peopleCounter = jsonAdapter({
  name: 'people-counter',
  about: 'People counters: plain JSON or NGSI-LD CrowdFlowObserved',
  fields: measures.fields,
  forms: [
    form(
      (object) => measures.isIn(object) && !(isNgsi(object) && object['type'] !== 'CrowdFlowObserved'),
      schema,
      (value) => [
        { at: value.dateObserved ?? value.observedAt ?? value.time ?? value.timestamp, fields: measures.read(value) },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImprovePublicServices',
    release: 'crowd-flow',
    windowMs: 3_600_000,
    k: 10,
    contributionsMax: 1,
    epsilonPerDay: 0.7,
    retentionMs: 0,
    // Whoever is in view alone shows in its mean; passages are held to noise.
    fields: measures.policiesWithout('peoplePresent'),
  },
});

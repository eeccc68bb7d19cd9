/**
 * Consumption of homes: NGSI-LD `SmartMeteringObservation`, plain JSON or CSV rows. Under half an hour, or where no interval is said, a
 * reading shows what people do at home: it goes to a field of its own, of the stricter category.
 */
import { z } from 'zod';
import { form, jsonAdapter } from './json-adapter.ts';
import { groupWord, identifier, idOf, numeric, time, word } from './values.ts';

/** From here on a reading is `meter-coarse`. */
const COARSE_INTERVAL_MINUTES_MIN = 30;

/** Of one home in one interval: kWh, or m³ for gas and water. */
const CONSUMPTION_MAX = 100_000;

const consumption = () => numeric(0, CONSUMPTION_MAX);
const intervalMinutes = () => numeric(0, 527_040);

const observation = z.object({
  type: z.literal('SmartMeteringObservation'),
  id: z.string().max(160),
  refDevice: z.string().max(160).nullish(),
  observedAt: time(),
  dateObserved: time(),
  intervalMinutes: intervalMinutes(),
  totalConsumption: consumption(),
  meterType: word(),
});

const plain = z.object({
  time: time(),
  timestamp: time(),
  meterId: identifier(),
  meter_id: identifier(),
  intervalMinutes: intervalMinutes(),
  consumption: consumption(),
  kwh: consumption(),
  meterType: word(),
});

interface Observed {
  meter: string | undefined;
  amount: number | null | undefined;
  interval: number | null | undefined;
  meterType: string | null | undefined;
}

function fieldsOf({ meter, amount, interval, meterType }: Observed) {
  const isCoarse = typeof interval === 'number' && interval >= COARSE_INTERVAL_MINUTES_MIN;
  return {
    meter,
    meterType: groupWord(meterType),
    consumptionFine: isCoarse ? undefined : amount,
    consumptionCoarse: isCoarse ? amount : undefined,
  };
}

export const smartMeter = jsonAdapter({
  name: 'smart-meter',
  about: 'Smart meters: NGSI-LD SmartMeteringObservation or plain JSON',
  fields: {
    meter: { type: 'string', category: 'device-id', about: 'Meter, which stands for the home' },
    meterType: { type: 'string', category: 'count', about: 'electricity, gas or water' },
    consumptionFine: {
      type: 'number',
      category: 'meter-fine',
      about: 'Consumption in less than 30 minutes, or in a time not said; unit of the meter',
    },
    consumptionCoarse: {
      type: 'number',
      category: 'meter-coarse',
      about: 'Consumption in 30 minutes or more; unit of the meter',
    },
  },
  forms: [
    form(
      (object) => object['type'] === 'SmartMeteringObservation',
      observation,
      (value) => [
        {
          at: value.observedAt ?? value.dateObserved,
          fields: fieldsOf({
            meter: idOf(value.refDevice) ?? value.id,
            amount: value.totalConsumption,
            interval: value.intervalMinutes,
            meterType: value.meterType,
          }),
        },
      ],
    ),
    form(
      (object) => 'meterId' in object || 'meter_id' in object,
      plain.refine((value) => idOf(value.meterId ?? value.meter_id) !== undefined, { path: ['meterId'] }),
      (value) => [
        {
          at: value.time ?? value.timestamp,
          fields: fieldsOf({
            meter: idOf(value.meterId ?? value.meter_id),
            amount: value.consumption ?? value.kwh,
            interval: value.intervalMinutes,
            meterType: value.meterType,
          }),
        },
      ],
    ),
  ],
  defaultPolicy: {
    purpose: 'dpv:ImprovePublicServices',
    release: 'metering',
    windowMs: 86_400_000,
    k: 10,
    contributionsMax: 1,
    epsilonPerDay: 0.5,
    retentionMs: 0,
    fields: {
      meter: { category: 'device-id', transform: { kind: 'contributor' } },
      meterType: { category: 'count', transform: { kind: 'group-value', values: ['electricity', 'gas', 'water'] } },
      consumptionFine: { category: 'meter-fine', transform: { kind: 'drop' } },
      consumptionCoarse: {
        category: 'meter-coarse',
        transform: { kind: 'measure', statistic: 'sum', clamp: [0, 30] },
      },
    },
  },
});

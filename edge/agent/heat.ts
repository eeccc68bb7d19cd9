/**
 * How warm the box runs, and whether its processor is held back because of it: then fewer pictures are looked at, and at last frames are covered
 * whole. Linux; elsewhere it is not known. Read from where kernels tell it: thermal zones and cooling devices, Intel's counters, and what the
 * firmware of a Raspberry Pi says (the last two were not tried on such boxes).
 */
import { readFile } from 'node:fs/promises';

const ZONES_MAX = 64;
const READ_EVERY_MS = 30_000;
/** Below the point at which the firmware slows the processor down on most boards (80 to 85 °C). */
export const WARM_C = 78;
const INTEL_COUNTERS = ['core', 'package'].map(
  (part) => `/sys/devices/system/cpu/cpu0/thermal_throttle/${part}_throttle_count`,
);
const PI_FIRMWARE = '/sys/devices/platform/soc/soc:firmware/get_throttled';
/** Frequency capped, throttled, soft temperature limit: now. Bit 0, low voltage, is no heat. */
const PI_HEAT_BITS = 0b1110;

export interface Heat {
  /** Of the warmest zone; undefined without a sensor. */
  celsius: number | undefined;
  isHeldBack: boolean;
  /** How often it was held back since boot, where that is counted. */
  timesHeldBack: number;
  /** Whether there is anything on this system that would tell. */
  isKnown: boolean;
}

type ReadText = (file: string) => Promise<string | undefined>;

export async function readHeat(readText: ReadText): Promise<Heat> {
  const zones = await numbersIn(readText, 'thermal_zone', 'temp');
  const brakes = (await numbersIn(readText, 'cooling_device', 'cur_state')).filter(({ type }) =>
    /cpufreq|processor/i.test(type),
  );
  const counted = (await Promise.all(INTEL_COUNTERS.map(async (file) => Number(await readText(file))))).filter(
    Number.isSafeInteger,
  );
  const firmware = Number.parseInt((await readText(PI_FIRMWARE)) ?? '', 16);
  const celsius = Math.max(...zones.map(({ value }) => value / 1000).filter((value) => value > -40 && value < 150));
  return {
    celsius: Number.isFinite(celsius) ? celsius : undefined,
    isHeldBack: brakes.some(({ value }) => value > 0) || (firmware & PI_HEAT_BITS) !== 0,
    timesHeldBack: counted.reduce((sum, times) => sum + times, 0),
    isKnown: Number.isFinite(celsius) || brakes.length > 0 || counted.length > 0 || Number.isInteger(firmware),
  };
}

/** Reads it while the agent runs, for its notices and metrics. */
export class HeatWatch {
  readonly #readText: ReadText;
  readonly #timer: NodeJS.Timeout;
  #last: Heat = { celsius: undefined, isHeldBack: false, timesHeldBack: 0, isKnown: false };

  constructor(readText: ReadText = (file) => readFile(file, 'utf8').catch(() => undefined)) {
    this.#readText = readText;
    this.#timer = setInterval(() => void this.look(), READ_EVERY_MS);
    this.#timer.unref();
    void this.look();
  }

  /** Never rejects. */
  async look(): Promise<void> {
    const heat = await readHeat(this.#readText);
    const isNew = this.#last.isKnown && heat.timesHeldBack > this.#last.timesHeldBack;
    this.#last = { ...heat, isHeldBack: heat.isHeldBack || isNew };
  }

  get now(): Heat {
    return this.#last;
  }

  notices(): string[] {
    const { celsius, isHeldBack } = this.#last;
    if (!isHeldBack) return [];
    const warm = celsius === undefined ? '' : ` (${Math.round(celsius)} °C)`;
    return [
      `The box is too warm${warm} and its processor is held back: fewer pictures are looked at, and more may be covered. Give it shade, a heat sink or air.`,
    ];
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

async function numbersIn(readText: ReadText, kind: string, file: string): Promise<{ type: string; value: number }[]> {
  const found: { type: string; value: number }[] = [];
  for (let index = 0; index < ZONES_MAX; index++) {
    const dir = `/sys/class/thermal/${kind}${index}`;
    const type = await readText(`${dir}/type`);
    if (type === undefined) break;
    const value = Number((await readText(`${dir}/${file}`)) ?? Number.NaN);
    if (Number.isFinite(value)) found.push({ type: type.trim(), value });
  }
  return found;
}

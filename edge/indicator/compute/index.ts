/** All indicators, by number. */
import type { Evidence } from '../evidence.ts';
import { type Indicator, known, type Result, unknown } from '../result.ts';
import { faceMisses, plateMisses, worstStratum } from './canaries.ts';
import { failClosedTime, modelProvenance } from './feeds.ts';
import {
  clockTrust,
  encryptionInTransit,
  failClosed,
  identifierStripping,
  linkageAttack,
  optOutLatency,
  patchAge,
  rawEgress,
  reIdentification,
} from './measured.ts';
import { ledgerIntegrity, purposeCoverage, retention, signage } from './record.ts';
import { epsilonSpent, releaseK } from './releases.ts';

const INDICATORS: Readonly<Record<number, Indicator>> = {
  1: faceMisses,
  2: plateMisses,
  3: worstStratum,
  4: reIdentification,
  5: failClosed,
  6: failClosedTime,
  7: rawEgress,
  8: identifierStripping,
  9: releaseK,
  10: epsilonSpent,
  11: linkageAttack,
  12: retention,
  13: optOutLatency,
  14: ledgerIntegrity,
  15: purposeCoverage,
  16: modelProvenance,
  17: patchAge,
  18: encryptionInTransit,
  19: signage,
  20: clockTrust,
};

/** Every indicator of the period. Of a log that does not verify nothing is believed but that. */
export function computeAll(evidence: Evidence): Map<number, Result> {
  const { integrity } = evidence;
  const isBelieved = integrity !== undefined && integrity.faults.length === 0;
  const results = new Map<number, Result>();
  for (const [id, compute] of Object.entries(INDICATORS)) {
    const number = Number(id);
    if (isBelieved) results.set(number, compute(evidence));
    else if (integrity === undefined) results.set(number, unknown('no-log'));
    else results.set(number, compute === ledgerIntegrity ? failedLog(integrity) : unknown('log-fails'));
  }
  return results;
}

/** Found by verifying, so it needs no leaf, and no leaf of such a log would prove it. */
function failedLog({ size, faults }: { size: number; faults: readonly string[] }): Result {
  return known({ status: 'fail', num: faults.length, den: size, value: faults.length, line: 0 }, []);
}

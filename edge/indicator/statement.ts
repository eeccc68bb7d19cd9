/** An indicator as a statement for the log: the box signs what it computed, so that a later report can't say otherwise. */
import { CATALOGUE } from './catalogue.ts';
import type { Period } from './period.ts';
import type { Result, Status } from './result.ts';

/** What goes into an `indicator` leaf. */
export interface Statement {
  kind: 'indicator';
  id: number;
  period: string;
  num?: number;
  den?: number;
  unit: string;
  method: string;
  value?: number;
  canarySet?: string;
  model?: string;
  evidence?: string;
  status: Status;
}

export function statementsOf(results: ReadonlyMap<number, Result>, period: Period): Statement[] {
  return CATALOGUE.flatMap(({ id, unit, method }) => {
    const result = results.get(id);
    if (result === undefined) return [];
    const base = { kind: 'indicator' as const, id, period: period.name, unit, method, status: result.status };
    if (result.status === 'unknown') return [base];
    const { num, den, value, canarySet, model, evidence } = result;
    return [
      {
        ...base,
        method: result.method ?? method,
        num,
        den,
        value,
        ...(canarySet === undefined ? {} : { canarySet }),
        ...(model === undefined ? {} : { model }),
        ...(evidence === undefined ? {} : { evidence }),
      },
    ];
  });
}

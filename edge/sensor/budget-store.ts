/** The privacy budget on disk: `sensors/budget.json` of the state folder. It says what was spent, and nothing about anybody. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf, WorldError } from '../base/errors.ts';
import { PrivacyBudget, utcDayOf } from './transform/budget.ts';

export interface BudgetStore {
  readonly budget: PrivacyBudget;
  /** Durable when it resolves. Writes only what changed. */
  save(): Promise<void>;
}

/** A folder without its file, or with one that can't be read, counts as a budget that is spent for today. */
export async function openBudgetStore(dir: string, nowMs: number): Promise<BudgetStore> {
  const file = path.join(dir, 'budget.json');
  let isNew: boolean;
  try {
    isNew = (await mkdir(dir, { recursive: true, mode: 0o700 })) !== undefined;
  } catch (error) {
    throw new WorldError('disk-failed', `cannot make ${dir}: ${messageOf(error)}`, { cause: error });
  }
  const budget = isNew ? PrivacyBudget.fresh() : await restore(file, utcDayOf(nowMs));
  let written = '';
  const save = async (): Promise<void> => {
    const text = JSON.stringify(budget.state());
    if (text === written) return;
    await writeDurably(file, text);
    written = text;
  };
  await save();
  return { budget, save };
}

async function restore(file: string, today: string): Promise<PrivacyBudget> {
  try {
    return PrivacyBudget.restore(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return PrivacyBudget.afterLoss(today);
  }
}

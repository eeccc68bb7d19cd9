/**
 * Three kinds of failure, told apart because three different people act on them.
 *
 * - `UserError`: an input or a setting is at fault. The message names it and says what to do. Exit code 1, no stack.
 * - `WorldError`: a camera, a disk or a network is at fault. The caller retries or falls back to cover. `code` is stable.
 * - anything else (`Error`, `AssertionError`): our own bug. It is logged with its stack, and the feed is covered.
 *
 * Messages never hold credentials: run URLs through `redactUrl()` (base/secrets.ts) first.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What to do about it, in the imperative; printed after the message. */
  readonly fix: string | undefined;

  constructor(message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.fix = options.fix;
  }
}

export type WorldErrorCode =
  | 'source-unreachable'
  | 'source-unauthorised'
  | 'source-stalled'
  | 'source-ended'
  | 'source-undecodable'
  | 'encoder-failed'
  | 'disk-full'
  | 'disk-failed'
  | 'model-missing'
  | 'model-digest-mismatch'
  | 'model-unusable'
  | 'process-lost'
  | 'ledger-busy'
  | 'ledger-damaged'
  | 'ledger-failed'
  | 'witness-failed'
  | 'hub-unreachable'
  | 'hub-refused';

export class WorldError extends Error {
  override readonly name = 'WorldError';
  readonly code: WorldErrorCode;

  constructor(code: WorldErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}

/** Text of an unknown thrown value, without stack and in one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
}

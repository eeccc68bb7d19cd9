/** What every source of messages is, and what it hands them to. `test/contract/intake.test.ts` holds them to it. */
import type { IntakeDropReason } from '../reading.ts';

export interface IntakeSink {
  /**
   * Milliseconds until the sensor may say more; 0: now. A source that can wait does, so that the flood stays outside; one that can't
   * refuses and says so to the sender.
   */
  waitMs(): number;
  /** One message as the sensor sent it, in the window when this returns. The bytes may be used again afterwards. */
  take(message: Uint8Array): 'taken' | IntakeDropReason;
  /** What never became a message. */
  dropped(reason: IntakeDropReason): void;
}

export interface IntakeState {
  state: 'connecting' | 'connected' | 'lost' | 'ended';
  /** In words; no credential, and nothing of a message. */
  lastError: string;
}

/** One source of one sensor. It mends itself; what it can't mend stands in `state`. */
export interface Intake {
  readonly state: IntakeState;
  /** Lets go of sockets, files and devices. Nothing is taken afterwards. */
  close(): Promise<void>;
}

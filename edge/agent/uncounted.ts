/** What cameras with counting lines can't count at present, for the console and the health page. */
import type { CountedClass } from '../camera/messages.ts';

/** A camera that starts or reconnects is no notice. */
const TELL_AFTER = 10;

export class UncountedNotices {
  readonly #cameras: ReadonlyMap<string, { classes: readonly CountedClass[]; times: number }>;

  constructor(cameras: readonly string[]) {
    this.#cameras = new Map(cameras.map((name) => [name, { classes: [], times: 0 }]));
  }

  /** Called once a second while the camera's process lives. */
  set(camera: string, classes: readonly CountedClass[]): void {
    const state = this.#cameras.get(camera);
    if (state === undefined) return;
    state.times = classes.length === 0 ? 0 : state.times + 1;
    state.classes = classes;
  }

  notices(): string[] {
    return [...this.#cameras].flatMap(([name, { classes, times }]) =>
      times < TELL_AFTER ? [] : [`camera ${name}: not counted: ${classes.join(', ')}. garim doctor says why.`],
    );
  }
}

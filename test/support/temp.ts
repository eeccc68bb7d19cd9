import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that goes away with `using`, with files written into it. */
export class TempDir implements Disposable {
  readonly path: string;

  constructor(files: Record<string, string> = {}) {
    this.path = mkdtempSync(path.join(tmpdir(), 'garim-test-'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.path, name)), { recursive: true });
      writeFileSync(path.join(this.path, name), text);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

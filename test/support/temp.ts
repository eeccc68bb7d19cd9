import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that goes away with `using`, with files written into it. */
export class TempDir implements Disposable {
  readonly path: string;

  constructor(files: Record<string, string> = {}) {
    this.path = mkdtempSync(path.join(tmpdir(), 'garim-test-'));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  /** Writes a file below the folder and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const file = path.join(this.path, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

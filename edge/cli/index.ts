/**
 * The table of commands. A command's module exports `define(command)`, which adds its options, examples and action; it is imported
 * only when that command is named, so that `garim config check` on a small box does not load libav.
 */
import type { Command } from 'commander';

export interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<{ define: (command: Command) => void }>;
}

export const commands: readonly CommandEntry[] = [
  { name: 'run', summary: 'filter cameras and serve their feeds', load: () => import('./run.ts') },
  { name: 'config', summary: 'check a configuration file, print its JSON Schema', load: () => import('./config.ts') },
  { name: 'doctor', summary: 'check this box and its cameras, and say what to do', load: () => import('./doctor.ts') },
  {
    name: 'simulate',
    summary: 'write a clip of a simulated street, and the truth about it',
    load: () => import('./simulate.ts'),
  },
  { name: 'version', summary: 'print the version', load: () => import('./version.ts') },
];

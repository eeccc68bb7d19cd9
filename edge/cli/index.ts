/**
 * The table of commands. A command's module builds its `Command` with options, examples and action; it is imported only when that
 * command is named, so that `garim config check` on a small box does not load libav.
 */
import type { Command } from 'commander';

export interface CommandEntry {
  name: string;
  summary: string;
  load: () => Promise<Command>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'filter cameras and serve their feeds',
    load: async () => (await import('./run.ts')).runCommand(),
  },
  {
    name: 'setup',
    summary: 'find cameras, try them, and write the configuration of this box',
    load: async () => (await import('./setup.ts')).setupCommand(),
  },
  {
    name: 'redact',
    summary: 'hide faces and licence plates in pictures and videos',
    load: async () => (await import('./redact.ts')).redactCommand(),
  },
  {
    name: 'strip-text',
    summary: 'replace what identifies people in free texts',
    load: async () => (await import('./strip-text.ts')).stripTextCommand(),
  },
  {
    name: 'sensor',
    summary: 'list adapters, send a file of readings through the filter',
    load: async () => (await import('./sensor.ts')).sensorCommand(),
  },
  {
    name: 'config',
    summary: 'check a configuration file, print its JSON Schema',
    load: async () => (await import('./config.ts')).configCommand(),
  },
  {
    name: 'policy',
    summary: 'check, explain, compare, sign and install what is released about people',
    load: async () => (await import('./policy.ts')).policyCommand(),
  },
  {
    name: 'attack',
    summary: 'try to single people out of what sensors release, in a simulated city',
    load: async () => (await import('./attack.ts')).attackCommand(),
  },
  {
    name: 'optout',
    summary: 'keep the list of vehicles that are left out, so that a hit proves nothing',
    load: async () => (await import('./optout.ts')).optoutCommand(),
  },
  {
    name: 'doctor',
    summary: 'check this box and its cameras, and say what to do',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  {
    name: 'models',
    summary: 'list, check, fetch and choose detection models',
    load: async () => (await import('./models.ts')).modelsCommand(),
  },
  {
    name: 'tune',
    summary: 'measure this box, and propose settings',
    load: async () => (await import('./tune.ts')).tuneCommand(),
  },
  {
    name: 'evaluate',
    summary: 'measure what is covered and what is missed',
    load: async () => (await import('./evaluate.ts')).evaluateCommand(),
  },
  {
    name: 'simulate',
    summary: 'write a clip of a simulated street, and the truth about it',
    load: async () => (await import('./simulate.ts')).simulateCommand(),
  },
  {
    name: 'ledger',
    summary: 'verify, show and prove what this box has on record',
    load: async () => (await import('./ledger.ts')).ledgerCommand(),
  },
  {
    name: 'use',
    summary: 'what was taken at a place and time, and who used it, with proofs',
    load: async () => (await import('./use.ts')).useCommand(),
  },
  {
    name: 'canary',
    summary: 'show the detector known people and vehicles, and count what is missed',
    load: async () => (await import('./canary.ts')).canaryCommand(),
  },
  {
    name: 'report',
    summary: 'the indicators of a period, computed from the record',
    load: async () => (await import('./report.ts')).reportCommand(),
  },
  {
    name: 'notice',
    summary: 'signs, operation policy and register entries, from the configuration',
    load: async () => (await import('./notice.ts')).noticeCommand(),
  },
  {
    name: 'witness',
    summary: "cosign other boxes' ledgers, so that none can show two histories",
    load: async () => (await import('./witness.ts')).witnessCommand(),
  },
  {
    name: 'marker',
    summary: 'write the page with the marker that says "leave me out"',
    load: async () => (await import('./marker.ts')).markerCommand(),
  },
  {
    name: 'confine',
    summary: 'write the systemd units that fence camera processes in',
    load: async () => (await import('./confine.ts')).confineCommand(),
  },
  {
    name: 'update',
    summary: 'sign releases for boxes, and install them with a way back',
    load: async () => (await import('./update.ts')).updateCommand(),
  },
  {
    name: 'time',
    summary: 'make this box follow a time server',
    load: async () => (await import('./time.ts')).timeCommand(),
  },
  {
    name: 'wipe',
    summary: 'take the keys and secrets of this box away',
    load: async () => (await import('./wipe.ts')).wipeCommand(),
  },
  { name: 'version', summary: 'print the version', load: async () => (await import('./version.ts')).versionCommand() },
];

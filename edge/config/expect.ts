/** What a configuration file holds: its JSON Schema, and sentences about its settings. */
import { z } from 'zod';
import { SchemaGuide } from './guide.ts';
import { configSchema } from './schema.ts';

/** JSON Schema (draft 2020-12) of a configuration file: what a person writes, so settings with defaults are optional. */
export function configJsonSchema(): z.core.JSONSchema.JSONSchema {
  return { ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }), title: 'Garim configuration' };
}

export const configGuide = new SchemaGuide(configSchema);

import type { z } from 'zod';
import { itemAt } from '../../platform/one-of';
import { InvalidInput } from '../../platform/refusal';

/**
 * The input as the schema reads it. Throws InvalidInput naming the first field that is wrong, as
 * "input.lines.0.quantity".
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, field = 'input'): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { path, message } = itemAt(parsed.error.issues, 0);
  throw new InvalidInput([field, ...path.map(String)].join('.'), message);
}

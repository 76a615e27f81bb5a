import { z } from 'zod';

/** The only reader of process.env. Every variable is documented in README with its default. */
const schema = z.object({
  TESSERA_MASTER_KEY: z.string().optional(),
});

export type Config = z.infer<typeof schema>;

export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  return schema.parse(environment);
}

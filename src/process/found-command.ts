import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { App } from '../app';
import { foundCoalition } from '../coalition/coalition/found-coalition';
import { ConfigError } from '../platform/config';

const USAGE = 'npm run found -- --code ACME --name "Acme Coalition" --issuer https://login.example.org --subject 00u1a2b3 [--country AT]';

const asked = z.object({
  code: z.string('missing').regex(/^[A-Z][A-Z0-9_-]{1,31}$/, '2 to 32 capital letters, digits, "-" or "_"'),
  name: z.string('missing').min(1).max(200),
  issuer: z.url('the `iss` of your identity provider, a URL'),
  subject: z.string('missing').min(1).max(255),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'two capital letters')
    .optional(),
});

/**
 * `npm run found`: begins a coalition in a database that has none, with the operator's brand and the login of its first
 * staff. Only whoever can reach the database can do so. Everything after it goes through the API.
 */
export async function foundFromCommandLine(app: App, args: readonly string[]): Promise<string> {
  const { name, code, country, issuer, subject } = readArguments(args);
  const { brandId } = await foundCoalition(app, { code, name, country, firstOperator: { issuer, subject } });
  return `The coalition of ${name} is founded (brand ${brandId}). ${subject} of ${issuer} signs in as its operator.`;
}

function readArguments(args: readonly string[]): z.infer<typeof asked> {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ args: [...args], options: { code: text, name: text, issuer: text, subject: text, country: text } });
    return asked.parse(values);
  } catch (error) {
    const problems = error instanceof z.ZodError ? error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`) : [(error as Error).message];
    throw new ConfigError([...problems, `for example: ${USAGE}`]);
  }
}

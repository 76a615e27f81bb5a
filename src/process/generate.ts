import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { printTesseraSchema } from '../api/server/build-schema';
import { describeDisclosures } from '../api/server/describe-disclosures';
import { describeVariables } from '../platform/config';
import { createOwnerDataSource } from '../platform/database/data-source';
import { dumpSchema } from '../platform/database/dump-schema';
import { startThrowawayServer } from '../platform/embedded/throwaway-server';

/**
 * Writes what is generated from the code: schema/schema.graphql, schema/schema.sql, schema/disclosure.md and the table
 * of variables in README.md. With `check` it writes nothing, and answers with the files that are out of step.
 */
export async function generate(root: string, check: boolean): Promise<string[]> {
  const readme = readFile(join(root, 'README.md'));
  const generated = {
    'schema/disclosure.md': describeDisclosures(),
    'schema/schema.graphql': printTesseraSchema(),
    'schema/schema.sql': await dumpMigratedSchema(),
    'README.md': readme.replace(VARIABLES, `$1\n${variablesTable()}\n$2`),
  };
  const changed = Object.entries(generated).filter(([file, text]) => readFile(join(root, file)) !== text);
  if (!check)
    for (const [file, text] of changed) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
  return changed.map(([file]) => file);
}

const VARIABLES = /(<!-- variables:begin[^>]*-->)[\s\S]*?(<!-- variables:end -->)/;

function variablesTable(): string {
  const rows = describeVariables().map(({ name, meaning, fallback }) => `| \`${name}\` | ${fallback === null ? '' : `\`${fallback}\``} | ${meaning} |`);
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

async function dumpMigratedSchema(): Promise<string> {
  const server = await startThrowawayServer();
  try {
    const source = await createOwnerDataSource(server.url).initialize();
    await source.runMigrations();
    await source.destroy();
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const dump = await dumpSchema(client);
    await client.end();
    return dump;
  } finally {
    await server.stop();
  }
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

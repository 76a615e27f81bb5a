import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import type { Answer } from '../support/api';

/** A request as it was sent to the version before, and what that answered. */
export interface RecordedRequest {
  readonly as: string;
  readonly by: 'fuel' | 'taxi';
  readonly text: string;
  readonly variables: { readonly input: Readonly<Record<string, unknown>> };
  readonly answer: Answer;
}

export interface RecordedWorld {
  /** Sent and answered before the rows were recorded. */
  readonly requests: readonly RecordedRequest[];
  /** What the version before answered to what came after: returns and captures of what is in the rows. */
  readonly later: readonly RecordedRequest[];
}

const folderOf = (migration: number) => join(__dirname, 'recorded', String(migration).padStart(4, '0'));

/** What a version, named by its last migration, made of a small coalition. */
export function readWorld(migration: number): RecordedWorld {
  return JSON.parse(readFileSync(join(folderOf(migration), 'requests.json'), 'utf8'));
}

/**
 * Puts the recorded rows into a database that has that version's tables. As in a restore, triggers and foreign keys do
 * not look.
 */
export async function loadRows(superuser: Pool, migration: number): Promise<void> {
  const lines = readFileSync(join(folderOf(migration), 'rows.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const client = await superuser.connect();
  try {
    await client.query('SET session_replication_role = replica');
    for (const line of lines) {
      const [table, row] = [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)];
      await client.query(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_record(NULL::${table}, $1) ON CONFLICT DO NOTHING`, [row]);
    }
    // Rows that the migrations themselves made have other values there.
    await client.query('UPDATE coalition_version SET version = 1000000');
    const { rows: sequences } = await client.query(
      `SELECT a.attrelid::regclass::text AS of, a.attname AS column, pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) AS sequence
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) IS NOT NULL`,
    );
    for (const { of, column, sequence } of sequences)
      await client.query(`SELECT setval('${sequence}', greatest(1, (SELECT max(${column}) FROM ${of})), (SELECT max(${column}) FROM ${of}) IS NOT NULL)`);
    await client.query('RESET session_replication_role');
  } finally {
    client.release();
  }
}

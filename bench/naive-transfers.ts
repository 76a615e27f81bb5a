import { Client } from 'pg';
import { newUuid } from '../src/platform/ids';
import { itemAt } from '../src/platform/one-of';
import type { BenchDatabase } from './durable-server';
import { seededRandom, zipf } from './zipf';

/**
 * What one would write first: an SQL function called once a request, which makes two balance updates and one insert. It
 * has no lots, no idempotency, no refusals, no row security. It goes in order of ids, so that it cannot deadlock. No
 * row is shared by all.
 */
const SCHEMA = `
  CREATE SCHEMA naive;
  CREATE TABLE naive.account (id int PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 70);
  CREATE TABLE naive.transfer (id uuid PRIMARY KEY, debit_account int NOT NULL, credit_account int NOT NULL, amount bigint NOT NULL, booked_at timestamptz NOT NULL);
  CREATE FUNCTION naive.post(id uuid, debit int, credit int, points bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      IF debit < credit THEN
        UPDATE naive.account a SET balance = balance - points WHERE a.id = debit;
        UPDATE naive.account a SET balance = balance + points WHERE a.id = credit;
      ELSE
        UPDATE naive.account a SET balance = balance + points WHERE a.id = credit;
        UPDATE naive.account a SET balance = balance - points WHERE a.id = debit;
      END IF;
      INSERT INTO naive.transfer VALUES (id, debit, credit, points, now());
    END $$`;

export interface NaiveTransfers {
  /** One transfer between two wallets chosen by Zipf's law, on the connection of that number. */
  post(connection: number): Promise<unknown>;
  close(): Promise<void>;
}

export async function openNaiveTransfers(database: BenchDatabase, wallets: number, connections: number): Promise<NaiveTransfers> {
  await database.superuser.query(SCHEMA);
  await database.superuser.query({ text: 'INSERT INTO naive.account SELECT i, 1000000 FROM generate_series(0, $1::int - 1) i', values: [wallets] });
  await database.superuser.query('VACUUM ANALYZE naive.account');
  const { connectionString } = database.superuser.options;
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new Client({ connectionString });
      await client.connect();
      return client;
    }),
  );
  const random = seededRandom(1);
  const pick = zipf(wallets, random);
  return {
    post(connection) {
      const debit = pick();
      let credit = pick();
      while (credit === debit) credit = pick();
      return itemAt(clients, connection).query({
        name: 'naive',
        text: 'SELECT naive.post($1, $2, $3, $4)',
        values: [newUuid(), debit, credit, 1 + Math.floor(random() * 500)],
      });
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}

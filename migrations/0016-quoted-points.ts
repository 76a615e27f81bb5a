import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a wallet has quoted and not used, whoever asked for it: a brand sees its own quotes only, and may not quote what others have quoted already. */
export class QuotedPoints1790000000016 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE POLICY owner_resolves ON conversion_quote FOR SELECT TO CURRENT_USER USING (true);
      CREATE POLICY owner_resolves ON conversion FOR SELECT TO CURRENT_USER USING (true);

      -- Points and fees of a wallet's quotes of one source currency that are good after an instant; of the wallet that is named exactly, and no more than the sum.
      CREATE FUNCTION quoted_points(asked uuid, currency smallint, after timestamptz) RETURNS numeric
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT coalesce(sum(q.points + q.fee), 0) FROM conversion_quote q
        WHERE q.wallet_id = asked AND q.from_currency_id = currency AND q.expires_at > after
          AND NOT EXISTS (SELECT FROM conversion c WHERE c.wallet_id = q.wallet_id AND c.quote_id = q.id) $$;
      REVOKE ALL ON FUNCTION quoted_points(uuid, smallint, timestamptz) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION quoted_points(uuid, smallint, timestamptz) TO tessera_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION quoted_points(uuid, smallint, timestamptz);
      DROP POLICY owner_resolves ON conversion_quote; DROP POLICY owner_resolves ON conversion;
    `);
  }
}

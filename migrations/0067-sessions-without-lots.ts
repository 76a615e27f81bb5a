import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A session that a brand minted is that brand. What lots a wallet has, and when they end, is for no brand to see
 * without a purpose: a session of one reads neither lots nor expiry notices.
 */
export class SessionsWithoutLots1790000000067 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE POLICY session_is_brand ON lot AS RESTRICTIVE TO tessera_app USING (${NO_SESSION});
      ALTER POLICY session_is_brand ON expiry_notice USING (${NO_SESSION});
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP POLICY session_is_brand ON lot;
      ALTER POLICY session_is_brand ON expiry_notice USING (${NO_SESSION} OR (contributor_id = 0 AND confirmed_wallet(wallet_id)));
    `);
  }
}

const NO_SESSION = "(SELECT current_principal()) <> 'member' OR (SELECT current_brand()) IS NULL";

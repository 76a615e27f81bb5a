import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is told late, and happened before an end that is booked, finds the points that were live then: their expiry is
 * cancelled as far as they are used. So what ended in a pool is kept as well, by who had put it in; and when a wallet
 * slid away whose end is cleared away.
 */
export class EndsToldTooSoon1790000000053 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${codes('EXPIRY_CANCELLATION')}));

      ALTER TABLE account ADD COLUMN slid_away_on date;
      COMMENT ON COLUMN account.slid_away_on IS 'slides_until, before a wallet that slid away empty was let have no end again.';
      GRANT UPDATE (slid_away_on) ON account TO tessera_kernel;

      ALTER TABLE expired_lot ADD COLUMN contributor_id bigint NOT NULL DEFAULT 0;
      ALTER TABLE expired_lot DROP CONSTRAINT expired_lot_pkey;
      ALTER TABLE expired_lot ADD CONSTRAINT expired_lot_pkey PRIMARY KEY (account_id, origin_id, expires_on, available_on, contributor_id);
      COMMENT ON TABLE expired_lot IS 'Points of lots whose end was booked and stands, and how many of them returns have taken back since.';
      ALTER TABLE transfer NO FORCE ROW LEVEL SECURITY; ALTER TABLE allocation NO FORCE ROW LEVEL SECURITY; ALTER TABLE expired_lot NO FORCE ROW LEVEL SECURITY;
      INSERT INTO expired_lot (account_id, origin_id, expires_on, available_on, contributor_id, amount, returned)
      SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id, sum(a.amount), 0 FROM transfer t JOIN allocation a ON a.transfer_id = t.id
      WHERE t.code IN ('EXPIRY', 'CLOSURE') AND a.contributor_id <> 0 GROUP BY a.account_id, a.origin_id, a.expires_on, a.available_on, a.contributor_id;
      ALTER TABLE transfer FORCE ROW LEVEL SECURITY; ALTER TABLE allocation FORCE ROW LEVEL SECURITY; ALTER TABLE expired_lot FORCE ROW LEVEL SECURITY;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE expired_lot NO FORCE ROW LEVEL SECURITY;
      DELETE FROM expired_lot WHERE contributor_id <> 0;
      ALTER TABLE expired_lot FORCE ROW LEVEL SECURITY;
      COMMENT ON TABLE expired_lot IS 'Points of lots of wallets whose end was booked, and how many of them returns have taken back since.';
      ALTER TABLE expired_lot DROP CONSTRAINT expired_lot_pkey;
      ALTER TABLE expired_lot ADD CONSTRAINT expired_lot_pkey PRIMARY KEY (account_id, origin_id, expires_on, available_on);
      ALTER TABLE expired_lot DROP COLUMN contributor_id;
      ALTER TABLE account DROP COLUMN slid_away_on;
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${codes()}));
    `);
  }
}

const BEFORE = [
  ['EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'GIFT', 'POOL_CONTRIBUTION', 'POOL_RETURN'],
  ['MERGE', 'CONVERSION_OUT', 'CONVERSION_IN', 'FEE', 'REMAINDER', 'EXPIRY', 'CLOSURE', 'CLEARING', 'ARREARS_FILL', 'EXPIRED_CLAWBACK'],
  ['CLAWBACK_CANCELLATION', 'REINSTATEMENT_CANCELLATION'],
].flat();

function codes(...more: readonly string[]): string {
  return [...BEFORE, ...more].map((code) => `'${code}'`).join(', ');
}

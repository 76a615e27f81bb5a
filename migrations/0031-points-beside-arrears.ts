import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Points that lie in a wallet fill its arrears by a transfer of their own, from the wallet to itself. What expired unspent of a purchase that comes back
 * moves from expired to issued: it is kept lot by lot what has ended, and what of that was taken back.
 */
export class PointsBesideArrears1790000000031 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${codes('ARREARS_FILL', 'EXPIRED_CLAWBACK')}));
      ALTER TABLE transfer DROP CONSTRAINT transfer_two_accounts, ADD CONSTRAINT transfer_two_accounts
        CHECK ((debit_account = credit_account) = (code = 'ARREARS_FILL'));
      ALTER TABLE transfer DROP CONSTRAINT transfer_reversal, ADD CONSTRAINT transfer_reversal
        CHECK ((reverses IS NOT NULL) = (code IN ('REFUND', 'REINSTATEMENT', 'CLAWBACK', 'EXPIRED_CLAWBACK')));

      ALTER TABLE purchase_return ADD expired bigint NOT NULL DEFAULT 0;

      CREATE TABLE expired_lot (
        account_id bigint NOT NULL,
        origin_id int NOT NULL,
        expires_on date NOT NULL,
        available_on date NOT NULL,
        amount bigint NOT NULL,
        returned bigint NOT NULL,
        CONSTRAINT expired_lot_pkey PRIMARY KEY (account_id, origin_id, expires_on, available_on),
        CONSTRAINT expired_lot_returned CHECK (returned BETWEEN 0 AND amount)
      );
      COMMENT ON TABLE expired_lot IS 'Points of lots of wallets whose end was booked, and how many of them returns have taken back since.';
      ALTER TABLE transfer NO FORCE ROW LEVEL SECURITY; ALTER TABLE allocation NO FORCE ROW LEVEL SECURITY;
      INSERT INTO expired_lot (account_id, origin_id, expires_on, available_on, amount, returned)
      SELECT a.account_id, a.origin_id, a.expires_on, a.available_on, sum(a.amount), 0 FROM transfer t JOIN allocation a ON a.transfer_id = t.id
      WHERE t.code IN ('EXPIRY', 'CLOSURE') AND a.contributor_id = 0 GROUP BY a.account_id, a.origin_id, a.expires_on, a.available_on;
      ALTER TABLE transfer FORCE ROW LEVEL SECURITY; ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
      ALTER TABLE expired_lot ENABLE ROW LEVEL SECURITY; ALTER TABLE expired_lot FORCE ROW LEVEL SECURITY;
      GRANT SELECT, INSERT, UPDATE (amount, returned) ON expired_lot TO tessera_kernel;
      GRANT SELECT ON expired_lot TO tessera_app;
      CREATE POLICY kernel_all ON expired_lot TO tessera_kernel USING (true) WITH CHECK (true);
      CREATE POLICY coalition_reads ON expired_lot FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE expired_lot;
      ALTER TABLE purchase_return DROP expired;
      ALTER TABLE transfer DROP CONSTRAINT transfer_reversal, ADD CONSTRAINT transfer_reversal
        CHECK ((reverses IS NOT NULL) = (code IN ('REFUND', 'REINSTATEMENT', 'CLAWBACK')));
      ALTER TABLE transfer DROP CONSTRAINT transfer_two_accounts, ADD CONSTRAINT transfer_two_accounts CHECK (debit_account <> credit_account);
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${codes()}));
    `);
  }
}

const BEFORE = [
  ['EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'GIFT', 'POOL_CONTRIBUTION', 'POOL_RETURN'],
  ['MERGE', 'CONVERSION_OUT', 'CONVERSION_IN', 'FEE', 'REMAINDER', 'EXPIRY', 'CLOSURE', 'CLEARING'],
].flat();

function codes(...more: readonly string[]): string {
  return [...BEFORE, ...more].map((code) => `'${code}'`).join(', ');
}

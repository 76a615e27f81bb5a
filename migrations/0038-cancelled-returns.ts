import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A return that was recorded by mistake is cancelled: what it took of points comes back, and what it gave is taken again, by transfers that reverse its own. */
export class CancelledReturns1790000000038 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE transfer DROP CONSTRAINT transfer_code,
        ADD CONSTRAINT transfer_code CHECK (code IN (${listed(CODES, CANCELLATIONS)}));
      ALTER TABLE transfer DROP CONSTRAINT transfer_reversal,
        ADD CONSTRAINT transfer_reversal CHECK ((reverses IS NOT NULL) = (code IN (${listed(REVERSALS, CANCELLATIONS)})));

      CREATE UNIQUE INDEX purchase_return_id ON purchase_return (id);
      CREATE TABLE purchase_return_cancellation (
        wallet_id uuid NOT NULL,
        return_id uuid NOT NULL,
        purchase_id uuid NOT NULL,
        brand_id uuid NOT NULL,
        posting_id uuid NOT NULL,
        given_back bigint NOT NULL,
        taken_back bigint NOT NULL,
        occurred_at timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        CONSTRAINT purchase_return_cancellation_pkey PRIMARY KEY (wallet_id, return_id)
      );
      COMMENT ON TABLE purchase_return_cancellation IS 'Returns that were recorded by mistake and count no longer, with the points that came back and that were taken again.';
      ALTER TABLE purchase_return_cancellation ENABLE ROW LEVEL SECURITY; ALTER TABLE purchase_return_cancellation FORCE ROW LEVEL SECURITY;
      GRANT SELECT, INSERT ON purchase_return_cancellation TO tessera_kernel;
      GRANT SELECT ON purchase_return_cancellation TO tessera_app;
      CREATE POLICY kernel_all ON purchase_return_cancellation TO tessera_kernel USING (true) WITH CHECK (true);
      CREATE POLICY coalition_reads ON purchase_return_cancellation FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
      CREATE POLICY own_brand ON purchase_return_cancellation FOR SELECT TO tessera_app
        USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
      CREATE POLICY own_member ON purchase_return_cancellation FOR SELECT TO tessera_app
        USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = purchase_return_cancellation.wallet_id));
      CREATE POLICY session_is_brand ON purchase_return_cancellation AS RESTRICTIVE TO tessera_app
        USING ((SELECT current_principal()) <> 'member' OR (SELECT current_brand()) IS NULL OR brand_id = (SELECT current_brand()));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE purchase_return_cancellation;
      DROP INDEX purchase_return_id;
      ALTER TABLE transfer DROP CONSTRAINT transfer_reversal,
        ADD CONSTRAINT transfer_reversal CHECK ((reverses IS NOT NULL) = (code IN (${listed(REVERSALS)})));
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (${listed(CODES)}));
    `);
  }
}

const CODES = [
  ['EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'GIFT', 'POOL_CONTRIBUTION', 'POOL_RETURN'],
  ['MERGE', 'CONVERSION_OUT', 'CONVERSION_IN', 'FEE', 'REMAINDER', 'EXPIRY', 'CLOSURE', 'CLEARING', 'ARREARS_FILL', 'EXPIRED_CLAWBACK'],
].flat();
const REVERSALS = ['REFUND', 'REINSTATEMENT', 'CLAWBACK', 'EXPIRED_CLAWBACK'];
const CANCELLATIONS = ['CLAWBACK_CANCELLATION', 'REINSTATEMENT_CANCELLATION'];

function listed(...codes: readonly (readonly string[])[]): string {
  return codes
    .flat()
    .map((code) => `'${code}'`)
    .join(', ');
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The ledger's other events: gifts, pools, conversion, openings, goodwill, merges, closures, pending awards and sliding expiry.
 * Lots in a pool say whose they were; accounts have a version that moves with every change, so that state can be kept between batches.
 */
export class LedgerInFull1790000000008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCOUNTS);
    await runner.query(TRANSFERS);
    await runner.query(LOTS);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
  }

  /** Refused by the database where a row already says what could not be said before. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE lot_change;
      ALTER TABLE allocation DROP COLUMN contributor_id;
      ALTER TABLE lot DROP CONSTRAINT lot_pkey, ADD PRIMARY KEY (account_id, expires_on, issue_month, issuer_code, origin_id, available_on), DROP COLUMN contributor_id;
      ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (
        'EARN', 'BONUS', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'EXPIRY', 'CLEARING'));
      ALTER TABLE account DROP CONSTRAINT account_kind, DROP CONSTRAINT account_guarded_kind, DROP CONSTRAINT account_merged,
        DROP COLUMN version, DROP COLUMN slides_until, DROP COLUMN closed_at, DROP COLUMN merged_into,
        ADD CONSTRAINT account_kind CHECK (kind IN ('WALLET', 'ISSUED', 'REDEEMED', 'EXPIRED', 'CLEARING')),
        ADD CONSTRAINT account_guarded_kind CHECK (guarded = (kind = 'WALLET'));
    `);
  }
}

const ACCOUNTS = `
ALTER TABLE account
  DROP CONSTRAINT account_kind, DROP CONSTRAINT account_guarded_kind,
  ADD CONSTRAINT account_kind CHECK (kind IN (
    'WALLET', 'POOL', 'ISSUED', 'OPENING', 'GOODWILL', 'REDEEMED', 'EXPIRED', 'CONVERSION', 'FEE', 'REMAINDER', 'CLEARING')),
  ADD CONSTRAINT account_guarded_kind CHECK (guarded = (kind IN ('WALLET', 'POOL'))),
  -- Moves with every posting that changes the account, its lots, holds, arrears or counters.
  ADD COLUMN version bigint NOT NULL DEFAULT 0,
  -- Sliding expiry is a date of the wallet: first local day on which none of its points can be spent. 'infinity' where the currency has none.
  ADD COLUMN slides_until date NOT NULL DEFAULT 'infinity',
  -- Credits, debits and holds are refused from then on; reversals still find it, or the wallet that it was merged into.
  ADD COLUMN closed_at timestamptz,
  ADD COLUMN merged_into bigint REFERENCES account (id),
  ADD CONSTRAINT account_merged CHECK (merged_into IS NULL OR (closed_at IS NOT NULL AND merged_into <> id));
`;

const TRANSFERS = `
ALTER TABLE transfer DROP CONSTRAINT transfer_code, ADD CONSTRAINT transfer_code CHECK (code IN (
  'EARN', 'BONUS', 'OPENING', 'GOODWILL', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'GIFT', 'POOL_CONTRIBUTION', 'POOL_RETURN', 'MERGE',
  'CONVERSION_OUT', 'CONVERSION_IN', 'FEE', 'REMAINDER', 'EXPIRY', 'CLOSURE', 'CLEARING'));
`;

const LOTS = `
-- In a pool: the wallet account that put the points in; 0 in a wallet.
ALTER TABLE lot ADD COLUMN contributor_id bigint NOT NULL DEFAULT 0;
ALTER TABLE lot DROP CONSTRAINT lot_pkey, ADD PRIMARY KEY (account_id, expires_on, issue_month, issuer_code, origin_id, available_on, contributor_id);
ALTER TABLE allocation ADD COLUMN contributor_id bigint NOT NULL DEFAULT 0;

-- Points whose dates changed where they are: a pending award was confirmed, or a wallet lapsed before it was used again.
CREATE TABLE lot_change (
  id uuid NOT NULL,
  position smallint NOT NULL,
  posting_id uuid NOT NULL,
  account_id bigint NOT NULL,
  origin_id int NOT NULL,
  contributor_id bigint NOT NULL DEFAULT 0,
  -- The credit that was confirmed; NULL for a lapse.
  credit_id uuid,
  from_expires_on date NOT NULL, from_available_on date NOT NULL,
  to_expires_on date NOT NULL, to_available_on date NOT NULL,
  amount bigint NOT NULL CONSTRAINT lot_change_amount_positive CHECK (amount > 0),
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (id, position),
  CONSTRAINT lot_change_dates CHECK (from_expires_on <> to_expires_on OR from_available_on <> to_available_on)
);
CREATE INDEX lot_change_account ON lot_change (account_id);
CREATE UNIQUE INDEX lot_change_credit ON lot_change (credit_id) WHERE credit_id IS NOT NULL;
CREATE TRIGGER lot_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const GRANTS = `
GRANT UPDATE (version, slides_until, closed_at, merged_into) ON account TO tessera_kernel;
GRANT SELECT, INSERT ON lot_change TO tessera_kernel;
GRANT SELECT ON lot_change TO tessera_app;
`;

const POLICIES = `
ALTER TABLE lot_change ENABLE ROW LEVEL SECURITY; ALTER TABLE lot_change FORCE ROW LEVEL SECURITY;
CREATE POLICY kernel_all ON lot_change TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY coalition_reads ON lot_change FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
`;

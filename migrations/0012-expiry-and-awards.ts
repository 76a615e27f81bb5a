import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Expiry by inactivity, the worker that books what has expired, notices of what is about to; and points that are pending until a day or until
 * their brand confirms them.
 */
export class ExpiryAndAwards1790000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(POLICIES_OF_CURRENCIES);
    await runner.query(DUE);
    await runner.query(AVAILABILITY);
    await runner.query(AWARDS);
    await runner.query(NOTICES);
    await runner.query(GRANTS);
    await runner.query(policies());
  }

  /** Refused by the database where a currency's points slide already. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      REVOKE UPDATE (notice_days) ON point_currency FROM tessera_app;
      DROP POLICY kernel_clears ON lot;
      REVOKE DELETE ON lot FROM tessera_kernel;
      DROP TABLE expiry_notice, expiry_progress, award_resolution, purchase_award;
      DROP INDEX lot_end; DROP INDEX account_slides;
      ALTER TABLE earning_rule DROP COLUMN availability, DROP COLUMN availability_days, DROP COLUMN availability_date;
      ALTER TABLE point_currency DROP COLUMN notice_days, DROP CONSTRAINT point_currency_expiry, DROP CONSTRAINT point_currency_policy,
        ADD CONSTRAINT point_currency_expiry CHECK (expiry_kind IN ('NONE', 'ROLLING', 'FIXED_DATE')),
        ADD CONSTRAINT point_currency_policy CHECK (
          (expiry_kind = 'ROLLING') = (expiry_months IS NOT NULL AND expiry_rounding IS NOT NULL) AND
          (expiry_kind = 'FIXED_DATE') = (expiry_month_day IS NOT NULL));
    `);
  }
}

const POLICIES_OF_CURRENCIES = `
ALTER TABLE point_currency DROP CONSTRAINT point_currency_expiry, DROP CONSTRAINT point_currency_policy,
  ADD CONSTRAINT point_currency_expiry CHECK (expiry_kind IN ('NONE', 'ROLLING', 'FIXED_DATE', 'SLIDING')),
  ADD CONSTRAINT point_currency_policy CHECK (
    (expiry_kind IN ('ROLLING', 'SLIDING')) = (expiry_months IS NOT NULL) AND
    (expiry_kind = 'ROLLING') = (expiry_rounding IS NOT NULL) AND
    (expiry_kind = 'FIXED_DATE') = (expiry_month_day IS NOT NULL)),
  -- How many days before they expire a member is told of points; most days first.
  ADD COLUMN notice_days smallint[] NOT NULL DEFAULT '{60,30,7}'
    CONSTRAINT point_currency_notice_days CHECK (cardinality(notice_days) <= 10 AND 1 <= ALL (notice_days) AND 730 >= ALL (notice_days));
`;

// Neither index names a column that a posting changes, so that updates of lots and accounts stay within their page.
const DUE = `
-- What the worker looks for: lots by the day on which they end. It deletes emptied ones, so that what lies behind today stays short.
CREATE INDEX lot_end ON lot (expires_on, account_id) WHERE expires_on < 'infinity';
-- Where expiry slides, wallets by the day on which they do; it moves once a day at most.
CREATE INDEX account_slides ON account (slides_until, id) WHERE slides_until < 'infinity';
`;

const AVAILABILITY = `
-- When points of a purchase can be spent: at once; so many days later; from a date on; or once the brand confirms it, at the latest so many days later.
ALTER TABLE earning_rule
  ADD COLUMN availability text NOT NULL DEFAULT 'IMMEDIATE' CONSTRAINT earning_rule_availability CHECK (availability IN ('IMMEDIATE', 'DELAY', 'FIXED_DATE', 'ON_EVENT')),
  ADD COLUMN availability_days smallint CONSTRAINT earning_rule_availability_days CHECK (availability_days BETWEEN 1 AND 730),
  -- 'YYYY-MM-DD', local.
  ADD COLUMN availability_date text CONSTRAINT earning_rule_availability_date CHECK (availability_date ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'),
  ADD CONSTRAINT earning_rule_availability_whole CHECK (
    (availability IN ('DELAY', 'ON_EVENT')) = (availability_days IS NOT NULL) AND (availability = 'FIXED_DATE') = (availability_date IS NOT NULL));
`;

const AWARDS = `
-- Points of a purchase that could not be spent at once.
CREATE TABLE purchase_award (
  wallet_id uuid NOT NULL,
  purchase_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  account_id bigint NOT NULL,
  currency_id smallint NOT NULL,
  earn_transfer_id uuid NOT NULL,
  points bigint NOT NULL CONSTRAINT purchase_award_points CHECK (points > 0),
  -- First local day on which they can be spent; NULL: once they are confirmed.
  available_on date,
  -- Last local day on which they can be confirmed.
  deadline date,
  -- From this local day on the award is cancelled if it was not confirmed: the day after its deadline, and not before the day on which it was recorded.
  due_on date,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, purchase_id),
  CONSTRAINT purchase_award_kind CHECK ((available_on IS NULL) = (deadline IS NOT NULL) AND (deadline IS NULL) = (due_on IS NULL))
);
CREATE INDEX purchase_award_due ON purchase_award (currency_id, due_on, purchase_id) WHERE due_on IS NOT NULL;
-- What became of an award that waited to be confirmed.
CREATE TABLE award_resolution (
  wallet_id uuid NOT NULL,
  purchase_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  posting_id uuid NOT NULL,
  state text NOT NULL CONSTRAINT award_resolution_state CHECK (state IN ('CONFIRMED', 'CANCELLED')),
  -- Points confirmed, or taken back.
  points bigint NOT NULL CONSTRAINT award_resolution_points CHECK (points >= 0),
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, purchase_id)
);
CREATE TRIGGER purchase_award_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON purchase_award FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER award_resolution_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON award_resolution FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const NOTICES = `
-- Kept like the ledger's own rows: it says that a member was told.
-- A member is told once, for each lot and threshold, of points that are about to expire. Of a pool's lots whoever put them in is told.
CREATE TABLE expiry_notice (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  account_id bigint NOT NULL,
  currency_id smallint NOT NULL,
  origin_id int NOT NULL,
  available_on date NOT NULL,
  contributor_id bigint NOT NULL,
  -- First local day on which they can no longer be spent, as it was then.
  ends_on date NOT NULL,
  -- The threshold, in days before that day.
  days smallint NOT NULL,
  -- Points that were left of the lot then, held ones not counted.
  points bigint NOT NULL CONSTRAINT expiry_notice_points CHECK (points > 0),
  told_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, account_id, ends_on, days, origin_id, available_on, contributor_id)
);
CREATE UNIQUE INDEX expiry_notice_told ON expiry_notice (told_at, id);
CREATE INDEX expiry_notice_wallet ON expiry_notice (wallet_id, told_at, id);

-- Up to which local day of a currency everything is done: its notices are given, its awards are cancelled.
CREATE TABLE expiry_progress (
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  task text NOT NULL CONSTRAINT expiry_progress_task CHECK (task IN ('NOTICES', 'AWARDS')),
  day date NOT NULL,
  PRIMARY KEY (currency_id, task)
);
`;

const GRANTS = `
GRANT UPDATE (notice_days) ON point_currency TO tessera_app;
-- Emptied lots whose day is past.
GRANT DELETE ON lot TO tessera_kernel;
-- Only emptied ones.
CREATE POLICY kernel_clears ON lot AS RESTRICTIVE FOR DELETE TO tessera_kernel USING (remaining = 0 AND held = 0);
GRANT SELECT, INSERT ON purchase_award, award_resolution TO tessera_kernel;
GRANT SELECT ON purchase_award, award_resolution TO tessera_app;
GRANT SELECT, INSERT ON expiry_notice TO tessera_app;
GRANT SELECT, INSERT ON expiry_progress TO tessera_app;
GRANT UPDATE (day) ON expiry_progress TO tessera_app;
`;

function policies(): string {
  const facts = ['purchase_award', 'award_resolution'].map(
    (table) => `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY kernel_all ON ${table} TO tessera_kernel USING (true) WITH CHECK (true);
    CREATE POLICY coalition_reads ON ${table} FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
    CREATE POLICY own_brand ON ${table} FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
    CREATE POLICY own_member ON ${table} FOR SELECT TO tessera_app
      USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id));`,
  );
  return `${facts.join('\n')}
    ALTER TABLE expiry_notice ENABLE ROW LEVEL SECURITY; ALTER TABLE expiry_notice FORCE ROW LEVEL SECURITY;
    CREATE POLICY coalition_reads ON expiry_notice FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
    CREATE POLICY worker_writes ON expiry_notice FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'worker');
    -- Whoever sees the wallet: its member, and brands that are linked with the member; these of what is in the wallet, not in a household's pool.
    CREATE POLICY holder_reads ON expiry_notice FOR SELECT TO tessera_app
      USING (((SELECT current_principal()) = 'member' OR ((SELECT current_principal()) = 'brand' AND contributor_id = 0)) AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id));

    ALTER TABLE expiry_progress ENABLE ROW LEVEL SECURITY; ALTER TABLE expiry_progress FORCE ROW LEVEL SECURITY;
    CREATE POLICY coalition_reads ON expiry_progress FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
    CREATE POLICY worker_writes ON expiry_progress TO tessera_app
      USING ((SELECT current_principal()) = 'worker') WITH CHECK ((SELECT current_principal()) = 'worker');`;
}

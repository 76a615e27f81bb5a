import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Periods, cleared obligations and statements. */
export class Settlement1790000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
    await runner.query(OLDEST_WRITER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE statement, obligation, period CASCADE; DROP FUNCTION oldest_writer();`);
  }
}

const TABLES = `
-- A calendar month of one points currency, in that currency's time zone.
CREATE TABLE period (
  id uuid PRIMARY KEY,
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  month date NOT NULL CONSTRAINT period_month_start CHECK (extract(day FROM month) = 1),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  status text NOT NULL CONSTRAINT period_status CHECK (status IN ('OPEN', 'CLOSING', 'CLOSED', 'SETTLED')),
  -- Journal position of the cut-off: events at or beyond it that belong to this month are late, and adjust a later one.
  close_horizon xid8,
  closing_at timestamptz,
  closed_at timestamptz,
  CONSTRAINT period_unique UNIQUE (currency_id, month),
  CONSTRAINT period_closing CHECK ((status = 'OPEN') = (close_horizon IS NULL) AND (close_horizon IS NULL) = (closing_at IS NULL)),
  CONSTRAINT period_closed CHECK ((status IN ('CLOSED', 'SETTLED')) = (closed_at IS NOT NULL))
);

-- What one points event makes one brand owe another: one row for each money transfer of clearing.
CREATE TABLE obligation (
  event_transfer_id uuid NOT NULL,
  leg smallint NOT NULL,
  money_transfer_id uuid,
  period_id uuid NOT NULL,
  points_currency_id smallint NOT NULL,
  settlement_currency_id smallint NOT NULL,
  kind text NOT NULL CONSTRAINT obligation_kind CHECK (kind IN (
    'ISSUANCE', 'CLAWBACK', 'REIMBURSEMENT', 'REINSTATEMENT', 'ARREARS_FILL', 'FOREIGN_CLAWBACK')),
  debtor_brand_id uuid NOT NULL,
  creditor_brand_id uuid NOT NULL,
  issuer_brand_id uuid,
  redeemer_brand_id uuid,
  points bigint NOT NULL CONSTRAINT obligation_points_positive CHECK (points > 0),
  -- Micro-units of the settlement currency: per whole point, and in all. Zero-priced events are recorded too.
  price bigint NOT NULL CONSTRAINT obligation_price CHECK (price >= 0),
  amount bigint NOT NULL CONSTRAINT obligation_amount CHECK (amount >= 0),
  supply_kind text NOT NULL CONSTRAINT obligation_supply CHECK (supply_kind IN ('ISSUANCE', 'REIMBURSEMENT')),
  terms_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  -- Set when the event belongs to an earlier month that was already closed.
  adjusts_month date,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (event_transfer_id, leg),
  CONSTRAINT obligation_money CHECK ((money_transfer_id IS NULL) = (amount = 0 OR debtor_brand_id = creditor_brand_id))
);
-- Statements sum a period, and page through the entries behind a line in this order.
CREATE INDEX obligation_period ON obligation (period_id, event_transfer_id, leg);
CREATE TRIGGER obligation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON obligation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE statement (
  id uuid PRIMARY KEY,
  period_id uuid NOT NULL REFERENCES period (id),
  brand_id uuid NOT NULL REFERENCES brand (id),
  -- Micro-units; positive: the brand pays. net: of the period alone; payable: with what was carried before, rounded to the minor unit by largest remainder.
  net bigint NOT NULL,
  payable_minor bigint NOT NULL,
  carried_remainder bigint NOT NULL,
  due_on date NOT NULL,
  -- Canonical JSON, exactly as hashed.
  content text NOT NULL,
  hash bytea NOT NULL CONSTRAINT statement_hash_length CHECK (octet_length(hash) = 32),
  closed_at timestamptz NOT NULL,
  CONSTRAINT statement_one_a_brand UNIQUE (period_id, brand_id)
);
CREATE TRIGGER statement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const GRANTS = `
GRANT SELECT, INSERT ON period, statement TO tessera_app;
GRANT UPDATE (status, close_horizon, closing_at, closed_at) ON period TO tessera_app;
GRANT SELECT ON obligation TO tessera_app;
GRANT SELECT, INSERT ON period TO tessera_kernel;
GRANT UPDATE (close_horizon) ON period TO tessera_kernel;
GRANT SELECT, INSERT ON obligation TO tessera_kernel;
`;

const POLICIES = `
ALTER TABLE period ENABLE ROW LEVEL SECURITY; ALTER TABLE period FORCE ROW LEVEL SECURITY;
ALTER TABLE obligation ENABLE ROW LEVEL SECURITY; ALTER TABLE obligation FORCE ROW LEVEL SECURITY;
ALTER TABLE statement ENABLE ROW LEVEL SECURITY; ALTER TABLE statement FORCE ROW LEVEL SECURITY;
CREATE POLICY kernel_all ON period TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON obligation TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY brands_read ON period FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand');
CREATE POLICY coalition_all ON period TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON obligation FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY own_brand ON obligation FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND (SELECT current_brand()) IN (debtor_brand_id, creditor_brand_id));
CREATE POLICY coalition_reads ON statement FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY worker_writes ON statement FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'worker');
CREATE POLICY own_brand ON statement FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
`;

// The application's roles may not see other roles' activity; which process holds the journal back, and since when, is all they need.
const OLDEST_WRITER = `
CREATE FUNCTION oldest_writer() RETURNS TABLE (pid int, seconds float8) LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT held.pid, extract(epoch FROM clock_timestamp() - activity.xact_start)::float8
  FROM pg_locks held LEFT JOIN pg_stat_activity activity ON activity.pid = held.pid
  WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted AND held.pid IS DISTINCT FROM pg_backend_pid()
  ORDER BY age(held.transactionid) DESC LIMIT 1 $$;
COMMENT ON FUNCTION oldest_writer() IS 'The transaction that has been writing for longest: consumers of the journal wait for it.';
REVOKE ALL ON FUNCTION oldest_writer() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oldest_writer() TO tessera_app, tessera_kernel;
`;

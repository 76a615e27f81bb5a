import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Velocity limits; totals of summed accounts and of each issuer's points, rolled up from the journal; balances at an instant; the test clock. */
export class LimitsAndBooks1790000000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LIMITS);
    await runner.query(ROLL_UPS);
    await runner.query(TEST_CLOCK);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
    await runner.query(READING);
    await runner.query(CARE);
  }

  /** The role tessera_books stays, since other databases of the server may use it. Totals and limits go; what was counted by the limits stays among the counters, where nothing reads it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION account_totals(bigint[], timestamptz); DROP FUNCTION issuer_terms(uuid, smallint, date);
      DROP FUNCTION oldest_writer_here();
      DROP INDEX counter_velocity;
      DROP POLICY books_sum ON account; DROP POLICY books_sum ON transfer; DROP POLICY books_sum ON allocation; DROP POLICY books_sum ON arrears; DROP POLICY books_sum ON arrears_fill; DROP POLICY books_sum ON lot; DROP POLICY books_sum ON lot_origin; DROP POLICY books_sum ON journal_cursor; DROP POLICY books_sum ON wallet;
      DROP POLICY kernel_prunes ON counter;
      REVOKE DELETE ON counter FROM tessera_kernel;
      REVOKE ALL ON account, transfer, allocation, arrears, arrears_fill, lot, lot_origin, journal_cursor, wallet FROM tessera_books; REVOKE EXECUTE ON FUNCTION current_pool() FROM tessera_books; REVOKE USAGE ON SCHEMA public FROM tessera_books;
      DROP TABLE velocity_limit, issuer_roll_up, account_roll_up, roll_up_bucket, test_clock_move;
      -- The owner too is bound by row-level security: a cursor that stayed would skip what is to be rolled up anew.
      ALTER TABLE journal_cursor NO FORCE ROW LEVEL SECURITY;
      DELETE FROM journal_cursor WHERE consumer IN ('roll-ups', 'relay-roll-ups');
      ALTER TABLE journal_cursor FORCE ROW LEVEL SECURITY;
    `);
  }
}

const LIMITS = `
-- How much one member may earn, spend, convert or give away within a window of the calendar. Versions are never edited, only ended.
CREATE TABLE velocity_limit (
  id uuid PRIMARY KEY,
  -- Whose limit it is: a brand's for what happens at the brand itself, or the operator's for the coalition.
  owner_brand_id uuid NOT NULL REFERENCES brand (id),
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  act text NOT NULL CONSTRAINT velocity_limit_act CHECK (act IN ('EARN', 'REDEEM', 'CONVERT', 'GIFT')),
  measure text NOT NULL CONSTRAINT velocity_limit_measure CHECK (measure IN ('POINTS', 'COUNT')),
  -- A calendar window in the currency's time zone; weeks begin on Monday.
  time_window text NOT NULL CONSTRAINT velocity_limit_window CHECK (time_window IN ('DAY', 'WEEK', 'MONTH', 'YEAR')),
  -- NULL: what happens at all brands counts together; only the operator's limits can be so.
  brand_id uuid REFERENCES brand (id),
  -- NULL: whatever rule it was earned by.
  earning_rule_id uuid REFERENCES earning_rule (id),
  -- Points in the currency's smallest unit, or how many times.
  maximum bigint NOT NULL CONSTRAINT velocity_limit_maximum CHECK (maximum BETWEEN 0 AND 9007199254740991),
  when_exceeded text NOT NULL DEFAULT 'REFUSE' CONSTRAINT velocity_limit_exceeded CHECK (when_exceeded IN ('REFUSE', 'REDUCE')),
  effective_from timestamptz NOT NULL,
  -- First instant at which it no longer holds; NULL while nobody has ended it.
  ends_at timestamptz,
  created_at timestamptz NOT NULL,
  CONSTRAINT velocity_limit_reduce CHECK (when_exceeded = 'REFUSE' OR act = 'EARN'),
  CONSTRAINT velocity_limit_rule CHECK (earning_rule_id IS NULL OR (act = 'EARN' AND brand_id IS NOT NULL)),
  CONSTRAINT velocity_limit_ends CHECK (ends_at >= effective_from)
);
CREATE INDEX velocity_limit_owner ON velocity_limit (owner_brand_id, currency_id);
CREATE TRIGGER velocity_limit_version AFTER INSERT OR UPDATE OR DELETE ON velocity_limit FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();

-- 'velocity:<limit>:<first day of the window>'. Only these are in it, so no other counter pays for it.
CREATE INDEX counter_velocity ON counter (right(key, 10)) WHERE key LIKE 'velocity:%';
`;

const ROLL_UPS = `
-- Consecutive stretches of the journal, each at most a UTC day and about 10,000 transfers: what a balance at an instant must look through is
-- never more than the stretches that the instant falls into, however busy the day.
CREATE TABLE roll_up_bucket (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  epoch int NOT NULL,
  -- Journal positions [from_xid, to_xid). NULL: what a restored journal held, one UTC day of it.
  from_xid xid8, to_xid xid8,
  transfers bigint NOT NULL CONSTRAINT roll_up_bucket_transfers CHECK (transfers > 0),
  first_recorded_at timestamptz NOT NULL,
  last_recorded_at timestamptz NOT NULL,
  CONSTRAINT roll_up_bucket_range CHECK ((from_xid IS NULL) = (to_xid IS NULL) AND from_xid < to_xid),
  CONSTRAINT roll_up_bucket_order CHECK (first_recorded_at <= last_recorded_at)
);
-- What moved on each summed account within a bucket: points in the currency's smallest unit, money in micro-units.
CREATE TABLE account_roll_up (
  account_id bigint NOT NULL,
  bucket_id int NOT NULL,
  debits numeric NOT NULL,
  credits numeric NOT NULL,
  PRIMARY KEY (account_id, bucket_id),
  CONSTRAINT account_roll_up_not_negative CHECK (debits >= 0 AND credits >= 0)
);
-- What became of the points of each origin, all time: how many left its lots by transfers of a code (below zero: came into them).
CREATE TABLE issuer_roll_up (
  origin_id int NOT NULL,
  -- A transfer's code; FILL: credited points that filled arrears and never reached a lot.
  code text NOT NULL,
  -- Redeemed at the issuer itself, or refunded by it.
  at_issuer boolean NOT NULL,
  left_lots numeric NOT NULL,
  PRIMARY KEY (origin_id, code, at_issuer)
);
`;

const TEST_CLOCK = `
-- How far the clock of a sandbox is ahead of the machine's. Rows are only added, and the largest counts: so it never goes back.
CREATE TABLE test_clock_move (
  ahead_ms bigint PRIMARY KEY CONSTRAINT test_clock_move_ahead CHECK (ahead_ms BETWEEN 1 AND 3155760000000),
  -- By the machine's clock.
  moved_at timestamptz NOT NULL
);
CREATE TRIGGER test_clock_move_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON test_clock_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const GRANTS = `
GRANT SELECT, INSERT ON velocity_limit TO tessera_app;
GRANT UPDATE (ends_at) ON velocity_limit TO tessera_app;
GRANT SELECT ON roll_up_bucket, account_roll_up, issuer_roll_up TO tessera_app;
-- Deleted to be worked out again from the journal; of counters, those whose window is long past.
GRANT SELECT, INSERT, DELETE ON roll_up_bucket, account_roll_up, issuer_roll_up TO tessera_kernel;
GRANT DELETE ON counter TO tessera_kernel;
-- Only what velocity limits counted: whoever forgot a returned quantity would give it back twice.
CREATE POLICY kernel_prunes ON counter AS RESTRICTIVE FOR DELETE TO tessera_kernel USING (key ^@ 'velocity:');
GRANT UPDATE (to_xid, transfers, first_recorded_at, last_recorded_at) ON roll_up_bucket TO tessera_kernel;
GRANT UPDATE (debits, credits) ON account_roll_up TO tessera_kernel;
GRANT UPDATE (left_lots) ON issuer_roll_up TO tessera_kernel;
GRANT SELECT, INSERT ON test_clock_move TO tessera_app;
`;

const POLICIES = `
ALTER TABLE velocity_limit ENABLE ROW LEVEL SECURITY; ALTER TABLE velocity_limit FORCE ROW LEVEL SECURITY;
CREATE POLICY coalition_all ON velocity_limit TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY own_brand ON velocity_limit TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND owner_brand_id = (SELECT current_brand()))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND owner_brand_id = (SELECT current_brand()) AND brand_id = (SELECT current_brand()));
-- A brand may know what the coalition holds it to.
CREATE POLICY bound_brand ON velocity_limit FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND (brand_id IS NULL OR brand_id = (SELECT current_brand())));

ALTER TABLE roll_up_bucket ENABLE ROW LEVEL SECURITY; ALTER TABLE roll_up_bucket FORCE ROW LEVEL SECURITY;
ALTER TABLE account_roll_up ENABLE ROW LEVEL SECURITY; ALTER TABLE account_roll_up FORCE ROW LEVEL SECURITY;
ALTER TABLE issuer_roll_up ENABLE ROW LEVEL SECURITY; ALTER TABLE issuer_roll_up FORCE ROW LEVEL SECURITY;
CREATE POLICY kernel_all ON roll_up_bucket TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON account_roll_up TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON issuer_roll_up TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY coalition_reads ON roll_up_bucket FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON account_roll_up FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON issuer_roll_up FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));

ALTER TABLE test_clock_move ENABLE ROW LEVEL SECURITY; ALTER TABLE test_clock_move FORCE ROW LEVEL SECURITY;
CREATE POLICY coalition_reads ON test_clock_move FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY operator_writes ON test_clock_move FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'operator');
`;

// A partner sums what it may not read row by row: these functions give totals, of its own accounts and its own points only. Whose they are,
// they take from the transaction's principal, never from an argument alone. They run as a role of their own, which reads these tables and does
// nothing else, and which nobody can log in as. pg_temp last: see find_member_by_identifier.
const READING = `
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_books') THEN CREATE ROLE tessera_books NOLOGIN NOBYPASSRLS; END IF;
  IF NOT pg_has_role(current_user, 'tessera_books', 'SET') THEN EXECUTE format('GRANT tessera_books TO %I WITH INHERIT FALSE, SET TRUE', current_user); END IF;
END $$;
GRANT USAGE ON SCHEMA public TO tessera_books;
GRANT EXECUTE ON FUNCTION current_pool() TO tessera_books;
GRANT SELECT ON account, transfer, allocation, arrears, arrears_fill, lot, lot_origin, journal_cursor, wallet, roll_up_bucket, account_roll_up, issuer_roll_up TO tessera_books;
CREATE POLICY books_sum ON account FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON transfer FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON allocation FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON arrears FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON arrears_fill FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON lot FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON lot_origin FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON journal_cursor FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON wallet FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON roll_up_bucket FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON account_roll_up FOR SELECT TO tessera_books USING (true);
CREATE POLICY books_sum ON issuer_roll_up FOR SELECT TO tessera_books USING (true);

CREATE FUNCTION account_totals(asked bigint[], at timestamptz) RETURNS TABLE (account_id bigint, debits numeric, credits numeric)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
  guarded_ones bigint[]; summed_ones bigint[]; done xid8; running_epoch int; b record;
  until timestamptz := coalesce(at, 'infinity');
BEGIN
  -- Accounts that are not the caller's are passed over.
  SELECT array_agg(a.id) FILTER (WHERE a.guarded), array_agg(a.id) FILTER (WHERE NOT a.guarded) INTO guarded_ones, summed_ones
  FROM account a WHERE a.id = ANY (asked) AND CASE current_principal()
    WHEN 'operator' THEN true WHEN 'worker' THEN true
    WHEN 'brand' THEN NOT a.guarded AND a.owner_id = current_brand()
    WHEN 'member' THEN (a.kind = 'POOL' AND a.owner_id = current_pool())
      OR (a.kind = 'WALLET' AND EXISTS (SELECT FROM wallet w WHERE w.id = a.owner_id AND w.member_id = current_member()))
    ELSE false END;

  RETURN QUERY SELECT x.id,
    (SELECT coalesce(sum(t.amount), 0) FROM transfer t WHERE t.debit_account = x.id AND t.debit_seq IS NOT NULL AND t.recorded_at <= until),
    (SELECT coalesce(sum(t.amount), 0) FROM transfer t WHERE t.credit_account = x.id AND t.credit_seq IS NOT NULL AND t.recorded_at <= until)
  FROM unnest(guarded_ones) AS x (id);
  IF summed_ones IS NULL THEN RETURN; END IF;

  SELECT c.epoch, c.position INTO running_epoch, done FROM journal_cursor c WHERE c.consumer = 'roll-ups';
  running_epoch := coalesce(running_epoch, 1); done := coalesce(done, '0');
  RETURN QUERY
  WITH whole AS (
    SELECT r.account_id AS account, r.debits AS debit, r.credits AS credit FROM account_roll_up r JOIN roll_up_bucket k ON k.id = r.bucket_id
    WHERE r.account_id = ANY (summed_ones) AND k.last_recorded_at <= until
  ), behind AS (
    SELECT t.debit_account, t.credit_account, t.amount FROM transfer t
    WHERE t.xid >= done AND t.recorded_at <= until AND (running_epoch = 1 OR t.xmin = t.xid::xid)
    UNION ALL
    -- Buckets that the instant falls into are looked through.
    SELECT part.* FROM roll_up_bucket k CROSS JOIN LATERAL (
      SELECT t.debit_account, t.credit_account, t.amount FROM transfer t
      WHERE t.xid >= k.from_xid AND t.xid < k.to_xid AND t.recorded_at <= until AND (k.epoch = 1 OR t.xmin = t.xid::xid)) part
    WHERE k.first_recorded_at <= until AND k.last_recorded_at > until AND k.from_xid IS NOT NULL
    UNION ALL
    SELECT t.debit_account, t.credit_account, t.amount FROM roll_up_bucket k JOIN transfer t
      ON t.recorded_at BETWEEN k.first_recorded_at AND k.last_recorded_at AND t.xmin <> t.xid::xid
    WHERE running_epoch > 1 AND k.first_recorded_at <= until AND k.last_recorded_at > until AND k.from_xid IS NULL AND t.recorded_at <= until
  ), sides AS (
    SELECT account, debit, credit FROM whole
    UNION ALL SELECT debit_account, amount, 0 FROM behind WHERE debit_account = ANY (summed_ones)
    UNION ALL SELECT credit_account, 0, amount FROM behind WHERE credit_account = ANY (summed_ones)
  )
  SELECT x.id, coalesce(sum(s.debit), 0), coalesce(sum(s.credit), 0) FROM unnest(summed_ones) AS x (id) LEFT JOIN sides s ON s.account = x.id GROUP BY x.id;
END $$;
COMMENT ON FUNCTION account_totals(bigint[], timestamptz) IS 'What was debited and credited up to an instant (NULL: up to now) on accounts of the caller''s own.';

CREATE FUNCTION issuer_terms(asked_issuer uuid, asked_currency smallint, today date) RETURNS TABLE (term text, at_issuer boolean, points numeric)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  issuer uuid := CASE current_principal() WHEN 'operator' THEN asked_issuer WHEN 'worker' THEN asked_issuer WHEN 'brand' THEN current_brand() END;
  origins int[]; done xid8; running_epoch int;
BEGIN
  -- Another brand's are not told: no rows at all.
  IF issuer IS DISTINCT FROM asked_issuer THEN RETURN; END IF;
  SELECT coalesce(array_agg(o.id), '{}') INTO origins FROM lot_origin o WHERE o.issuer_id = issuer AND o.currency_id = asked_currency;
  SELECT c.epoch, c.position INTO running_epoch, done FROM journal_cursor c WHERE c.consumer = 'roll-ups';
  running_epoch := coalesce(running_epoch, 1); done := coalesce(done, '0');
  -- What left the lots of its points, by the codes of the transfers.
  RETURN QUERY
  WITH since AS MATERIALIZED (
    SELECT t.id, t.code, t.amount, t.origin_id, t.debit_account, t.credit_account FROM transfer t
    WHERE t.xid >= done AND t.currency_id = asked_currency AND (running_epoch = 1 OR t.xmin = t.xid::xid)
  ), moved AS (
    SELECT r.code, r.at_issuer, r.left_lots FROM issuer_roll_up r WHERE r.origin_id = ANY (origins)
    UNION ALL SELECT t.code, false, -t.amount FROM since t WHERE t.origin_id = ANY (origins)
    UNION ALL SELECT t.code, EXISTS (SELECT FROM account a WHERE a.id IN (t.debit_account, t.credit_account) AND a.kind = 'REDEEMED' AND a.owner_id = issuer), l.amount
      FROM since t JOIN allocation l ON l.transfer_id = t.id WHERE l.origin_id = ANY (origins)
    UNION ALL SELECT 'FILL', false, f.amount FROM since t JOIN arrears_fill f ON f.transfer_id = t.id WHERE f.origin_id = ANY (origins)
  )
  SELECT m.code, m.at_issuer, sum(m.left_lots) FROM moved m GROUP BY m.code, m.at_issuer;
  -- What is in lots now, whosever.
  RETURN QUERY
  SELECT x.term, false, x.points FROM (
    SELECT coalesce(sum(l.remaining) FILTER (WHERE e.ends > today AND l.available_on <= today), 0) AS active,
      coalesce(sum(l.remaining) FILTER (WHERE e.ends > today AND l.available_on > today), 0) AS pending,
      coalesce(sum(l.remaining) FILTER (WHERE e.ends <= today), 0) AS lapsed, coalesce(sum(l.held), 0) AS held
    FROM lot l JOIN account a ON a.id = l.account_id CROSS JOIN LATERAL (SELECT least(l.expires_on, a.slides_until) AS ends) e
    WHERE l.origin_id = ANY (origins)) s
  CROSS JOIN LATERAL (VALUES ('ACTIVE', s.active), ('PENDING', s.pending), ('LAPSED', s.lapsed), ('HELD', s.held)) AS x (term, points);
END $$;
COMMENT ON FUNCTION issuer_terms(uuid, smallint, date) IS 'Totals of what became of the points that the caller (for the operator: a brand) issued: by transfer code what left their lots, and what is in them.';
`;

const CARE = `
-- As oldest_writer(), of this database alone: what others of the server write can be no posting of ours. NULL: its age may not be seen.
CREATE FUNCTION oldest_writer_here() RETURNS TABLE (seconds float8) LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
  SELECT extract(epoch FROM clock_timestamp() - activity.xact_start)::float8
  FROM pg_locks held LEFT JOIN pg_stat_activity activity ON activity.pid = held.pid
  WHERE held.locktype = 'transactionid' AND held.mode = 'ExclusiveLock' AND held.granted AND held.pid IS DISTINCT FROM pg_backend_pid()
    AND coalesce(activity.datname, current_database()) = current_database()
  ORDER BY age(held.transactionid) DESC LIMIT 1 $$;
COMMENT ON FUNCTION oldest_writer_here() IS 'How long the transaction that has been writing for longest in this database has been open.';

REVOKE ALL ON FUNCTION oldest_writer_here(), account_totals(bigint[], timestamptz), issuer_terms(uuid, smallint, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION oldest_writer_here(), account_totals(bigint[], timestamptz), issuer_terms(uuid, smallint, date) TO tessera_app;
-- Only for as long as it takes: whoever is given a function must be able to make one.
GRANT CREATE ON SCHEMA public TO tessera_books;
ALTER FUNCTION account_totals(bigint[], timestamptz) OWNER TO tessera_books;
ALTER FUNCTION issuer_terms(uuid, smallint, date) OWNER TO tessera_books;
REVOKE CREATE ON SCHEMA public FROM tessera_books;
`;

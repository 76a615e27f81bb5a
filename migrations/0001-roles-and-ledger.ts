import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Roles and the ledger. tessera_app resolves (row-level security by principal), tessera_kernel posts (insert-mostly grants);
 * neither owns anything. Ledger tables have no TypeORM entity, so no save() can touch them.
 */
export class RolesAndLedger1790000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ROLES);
    await runner.query(LEDGER);
    await runner.query(APPEND_ONLY);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
  }

  /** Drops the ledger with everything in it; the roles stay, since other databases of the server may use them. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE journal_cursor, counter, arrears_fill, arrears, allocation, hold, lot, transfer, posting, account, lot_origin, currency CASCADE;
      DROP FUNCTION refuse_change();
      DROP FUNCTION current_principal(); DROP FUNCTION current_brand(); DROP FUNCTION current_member();
    `);
  }
}

const ROLES = `
-- The owner may act as each of them and inherits nothing: row-level security binds it too.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_app') THEN CREATE ROLE tessera_app NOLOGIN NOBYPASSRLS; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_kernel') THEN CREATE ROLE tessera_kernel NOLOGIN NOBYPASSRLS; END IF;
  IF NOT pg_has_role(current_user, 'tessera_app', 'SET') THEN EXECUTE format('GRANT tessera_app TO %I WITH INHERIT FALSE, SET TRUE', current_user); END IF;
  IF NOT pg_has_role(current_user, 'tessera_kernel', 'SET') THEN EXECUTE format('GRANT tessera_kernel TO %I WITH INHERIT FALSE, SET TRUE', current_user); END IF;
END $$;
GRANT USAGE ON SCHEMA public TO tessera_app, tessera_kernel;

-- Who is asking: set with SET LOCAL at the start of each transaction. Unset or empty means nobody, and nobody sees any row.
CREATE FUNCTION current_principal() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('tessera.principal', true), ''), 'nobody') $$;
CREATE FUNCTION current_brand() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('tessera.brand', true), '')::uuid $$;
CREATE FUNCTION current_member() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('tessera.member', true), '')::uuid $$;
COMMENT ON FUNCTION current_principal() IS 'brand | member | operator | worker | nobody';
`;

const LEDGER = `
-- A currency of points (scale 0 to 4) or of money (ISO 4217, counted in micro-units, scale 6).
CREATE TABLE currency (
  id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text COLLATE "C" NOT NULL CONSTRAINT currency_code_unique UNIQUE CONSTRAINT currency_code_form CHECK (code ~ '^[A-Z][A-Z0-9_-]{1,15}$'),
  kind text NOT NULL CONSTRAINT currency_kind CHECK (kind IN ('POINTS', 'MONEY')),
  scale smallint NOT NULL CONSTRAINT currency_scale CHECK ((kind = 'POINTS' AND scale BETWEEN 0 AND 4) OR (kind = 'MONEY' AND scale = 6))
);

-- Guarded accounts carry their balances, are locked while posting and checked against their floor.
-- Summed accounts are never locked or updated: their balance is the sum of their transfers.
CREATE TABLE account (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CONSTRAINT account_kind CHECK (kind IN ('WALLET', 'ISSUED', 'REDEEMED', 'EXPIRED', 'CLEARING')),
  owner_id uuid NOT NULL,
  currency_id smallint NOT NULL REFERENCES currency (id),
  guarded boolean NOT NULL,
  credits bigint NOT NULL DEFAULT 0,
  debits bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0,
  arrears bigint NOT NULL DEFAULT 0,
  -- Number of transfers that have touched this guarded account: the order of its movements.
  seq bigint NOT NULL DEFAULT 0,
  -- Debits are refused while set; credits go on.
  spend_locked boolean NOT NULL DEFAULT false,
  opened_at timestamptz NOT NULL,
  CONSTRAINT account_owner_unique UNIQUE (owner_id, kind, currency_id),
  CONSTRAINT account_guarded_kind CHECK (guarded = (kind = 'WALLET')),
  CONSTRAINT account_floor CHECK (credits - debits - held + arrears >= 0),
  CONSTRAINT account_parts CHECK (credits >= 0 AND debits >= 0 AND held >= 0 AND arrears >= 0),
  CONSTRAINT account_bounds CHECK (credits <= 9007199254740991 AND debits <= 9007199254740991),
  CONSTRAINT account_summed CHECK (guarded OR (credits = 0 AND debits = 0 AND held = 0 AND arrears = 0 AND seq = 0))
) WITH (fillfactor = 70);

-- Where points come from: a small row shared by millions of lots.
CREATE TABLE lot_origin (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  issuer_id uuid NOT NULL,
  issuer_code text COLLATE "C" NOT NULL,
  currency_id smallint NOT NULL REFERENCES currency (id),
  issue_month date NOT NULL CONSTRAINT lot_origin_month_start CHECK (extract(day FROM issue_month) = 1),
  terms_id uuid NOT NULL,
  offer_id uuid,
  CONSTRAINT lot_origin_unique UNIQUE NULLS NOT DISTINCT (issuer_id, currency_id, issue_month, terms_id, offer_id)
);

-- One row a request, accepted or refused: idempotency itself. id is derived from (party, idempotency key).
CREATE TABLE posting (
  id uuid PRIMARY KEY,
  party_id uuid NOT NULL,
  kind text NOT NULL,
  content_hash bytea NOT NULL CONSTRAINT posting_hash_length CHECK (octet_length(content_hash) = 32),
  outcome text NOT NULL CONSTRAINT posting_outcome CHECK (outcome IN ('ACCEPTED', 'REFUSED')),
  result json NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL
);

CREATE TABLE transfer (
  id uuid PRIMARY KEY,
  posting_id uuid NOT NULL,
  party_id uuid NOT NULL,
  debit_account bigint NOT NULL,
  credit_account bigint NOT NULL,
  currency_id smallint NOT NULL,
  amount bigint NOT NULL CONSTRAINT transfer_amount_positive CHECK (amount > 0),
  code text NOT NULL CONSTRAINT transfer_code CHECK (code IN (
    'EARN', 'BONUS', 'BURN', 'CAPTURE', 'REFUND', 'REINSTATEMENT', 'CLAWBACK', 'EXPIRY', 'CLEARING')),
  reverses uuid,
  hold_id uuid,
  -- The lot that a credit filled.
  origin_id int, lot_expires_on date, lot_available_on date,
  -- Guarded sides only: posted balance after this transfer, and its place in the account's order of movements.
  debit_balance_after bigint, debit_seq bigint,
  credit_balance_after bigint, credit_seq bigint,
  terms_id uuid,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT transfer_two_accounts CHECK (debit_account <> credit_account),
  CONSTRAINT transfer_reversal CHECK ((reverses IS NOT NULL) = (code IN ('REFUND', 'REINSTATEMENT', 'CLAWBACK'))),
  CONSTRAINT transfer_capture CHECK ((hold_id IS NOT NULL) = (code = 'CAPTURE')),
  CONSTRAINT transfer_lot CHECK ((origin_id IS NULL) = (lot_expires_on IS NULL) AND (origin_id IS NULL) = (lot_available_on IS NULL))
);
-- Both orders are unique: two movements can never claim the same place, and the statement pages by them.
CREATE UNIQUE INDEX transfer_debit_order ON transfer (debit_account, debit_seq) WHERE debit_seq IS NOT NULL;
CREATE UNIQUE INDEX transfer_credit_order ON transfer (credit_account, credit_seq) WHERE credit_seq IS NOT NULL;
CREATE UNIQUE INDEX transfer_capture_once ON transfer (hold_id) WHERE hold_id IS NOT NULL;
CREATE INDEX transfer_reverses ON transfer (reverses) WHERE reverses IS NOT NULL;
-- The journal is its own outbox: consumers read ranges of xid below the snapshot's xmin.
CREATE INDEX transfer_journal ON transfer (xid);
CREATE INDEX transfer_posting ON transfer (posting_id);

-- Points of one origin, expiry and availability in one wallet. The key's order is the order of consumption:
-- soonest to expire first (none is 'infinity'), oldest issue month, issuer code A to Z.
CREATE TABLE lot (
  account_id bigint NOT NULL,
  expires_on date NOT NULL,
  issue_month date NOT NULL,
  issuer_code text COLLATE "C" NOT NULL,
  origin_id int NOT NULL,
  available_on date NOT NULL,
  remaining bigint NOT NULL,
  held bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, expires_on, issue_month, issuer_code, origin_id, available_on),
  CONSTRAINT lot_not_negative CHECK (remaining >= 0 AND held >= 0)
) WITH (fillfactor = 70);

-- A pending burn. Its points stay the wallet's until captured; expired counts as released, worker or not.
CREATE TABLE hold (
  id uuid PRIMARY KEY,
  posting_id uuid NOT NULL,
  party_id uuid NOT NULL,
  account_id bigint NOT NULL,
  credit_account bigint NOT NULL,
  currency_id smallint NOT NULL,
  amount bigint NOT NULL CONSTRAINT hold_amount_positive CHECK (amount > 0),
  captured bigint NOT NULL DEFAULT 0,
  state text NOT NULL DEFAULT 'OPEN' CONSTRAINT hold_state CHECK (state IN ('OPEN', 'CAPTURED', 'VOIDED', 'EXPIRED')),
  terms_id uuid,
  occurred_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  settled_at timestamptz,
  CONSTRAINT hold_captured CHECK (captured BETWEEN 0 AND amount AND (captured > 0) = (state = 'CAPTURED')),
  CONSTRAINT hold_settled CHECK ((state = 'OPEN') = (settled_at IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX hold_open_by_account ON hold (account_id, expires_at) WHERE state = 'OPEN';
CREATE INDEX hold_open_by_expiry ON hold (expires_at) WHERE state = 'OPEN';

-- Which lots a debit (transfer or hold) consumed, and, negative, which a reversal filled again. position is the order of consumption.
CREATE TABLE allocation (
  transfer_id uuid NOT NULL,
  position smallint NOT NULL,
  account_id bigint NOT NULL,
  origin_id int NOT NULL,
  expires_on date NOT NULL,
  available_on date NOT NULL,
  amount bigint NOT NULL CONSTRAINT allocation_amount_not_zero CHECK (amount <> 0),
  PRIMARY KEY (transfer_id, position)
);
CREATE INDEX allocation_account ON allocation (account_id);

-- What a clawback could not find in the wallet. id is the clawback's transfer.
CREATE TABLE arrears (
  account_id bigint NOT NULL,
  id uuid NOT NULL,
  party_id uuid NOT NULL,
  code text NOT NULL,
  amount bigint NOT NULL CONSTRAINT arrears_amount_positive CHECK (amount > 0),
  remaining bigint NOT NULL,
  seq bigint NOT NULL,
  terms_id uuid,
  occurred_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, id),
  CONSTRAINT arrears_remaining CHECK (remaining BETWEEN 0 AND amount)
);
CREATE INDEX arrears_open ON arrears (account_id, seq) WHERE remaining > 0;

-- Which credited points filled which arrears; the points' origin says whose they were.
CREATE TABLE arrears_fill (
  transfer_id uuid NOT NULL,
  arrears_id uuid NOT NULL,
  origin_id int NOT NULL,
  expires_on date NOT NULL,
  available_on date NOT NULL,
  account_id bigint NOT NULL,
  amount bigint NOT NULL CONSTRAINT arrears_fill_positive CHECK (amount > 0),
  PRIMARY KEY (transfer_id, arrears_id, origin_id, expires_on, available_on)
);
CREATE INDEX arrears_fill_account ON arrears_fill (account_id);

-- State that plans are decided on under the wallet's lock: returned quantities, accumulated spend, velocity.
CREATE TABLE counter (
  account_id bigint NOT NULL,
  key text COLLATE "C" NOT NULL CONSTRAINT counter_key_length CHECK (length(key) <= 200),
  value bigint NOT NULL,
  PRIMARY KEY (account_id, key)
) WITH (fillfactor = 80);

-- How far each consumer of the journal has come: all transfers with an xid below position are done.
CREATE TABLE journal_cursor (
  consumer text PRIMARY KEY,
  epoch int NOT NULL DEFAULT 1,
  position xid8 NOT NULL DEFAULT '0',
  moved_at timestamptz
);
`;

const APPEND_ONLY = `
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'rows of % are never changed: post a correction instead', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER allocation_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON allocation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER arrears_fill_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrears_fill FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const GRANTS = `
GRANT SELECT ON currency, account, lot_origin, posting, transfer, lot, hold, allocation, arrears, arrears_fill, journal_cursor TO tessera_app;
GRANT SELECT, INSERT ON posting, transfer, allocation, arrears_fill, lot_origin, account, hold, lot, arrears, counter TO tessera_kernel;
GRANT UPDATE (credits, debits, held, arrears, seq, spend_locked) ON account TO tessera_kernel;
GRANT UPDATE (remaining, held) ON lot TO tessera_kernel;
GRANT UPDATE (state, captured, settled_at) ON hold TO tessera_kernel;
GRANT UPDATE (remaining) ON arrears TO tessera_kernel;
GRANT UPDATE (value) ON counter TO tessera_kernel;
GRANT SELECT ON currency TO tessera_kernel;
GRANT SELECT, INSERT ON journal_cursor TO tessera_kernel;
GRANT UPDATE (epoch, position, moved_at) ON journal_cursor TO tessera_kernel;
GRANT INSERT ON currency TO tessera_app;
`;

// Account-level visibility for members and brands is defined where wallets are known: see the members migration.
const POLICIES = `
ALTER TABLE account ENABLE ROW LEVEL SECURITY; ALTER TABLE account FORCE ROW LEVEL SECURITY;
ALTER TABLE posting ENABLE ROW LEVEL SECURITY; ALTER TABLE posting FORCE ROW LEVEL SECURITY;
ALTER TABLE transfer ENABLE ROW LEVEL SECURITY; ALTER TABLE transfer FORCE ROW LEVEL SECURITY;
ALTER TABLE lot ENABLE ROW LEVEL SECURITY; ALTER TABLE lot FORCE ROW LEVEL SECURITY;
ALTER TABLE hold ENABLE ROW LEVEL SECURITY; ALTER TABLE hold FORCE ROW LEVEL SECURITY;
ALTER TABLE allocation ENABLE ROW LEVEL SECURITY; ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
ALTER TABLE arrears ENABLE ROW LEVEL SECURITY; ALTER TABLE arrears FORCE ROW LEVEL SECURITY;
ALTER TABLE arrears_fill ENABLE ROW LEVEL SECURITY; ALTER TABLE arrears_fill FORCE ROW LEVEL SECURITY;
ALTER TABLE counter ENABLE ROW LEVEL SECURITY; ALTER TABLE counter FORCE ROW LEVEL SECURITY;
ALTER TABLE currency ENABLE ROW LEVEL SECURITY; ALTER TABLE currency FORCE ROW LEVEL SECURITY;
ALTER TABLE lot_origin ENABLE ROW LEVEL SECURITY; ALTER TABLE lot_origin FORCE ROW LEVEL SECURITY;
ALTER TABLE journal_cursor ENABLE ROW LEVEL SECURITY; ALTER TABLE journal_cursor FORCE ROW LEVEL SECURITY;

CREATE POLICY kernel_all ON account TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON posting TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON transfer TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON lot TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON hold TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON allocation TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON arrears TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON arrears_fill TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON counter TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_reads ON currency FOR SELECT TO tessera_kernel USING (true);
CREATE POLICY kernel_all ON lot_origin TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY kernel_all ON journal_cursor TO tessera_kernel USING (true) WITH CHECK (true);

CREATE POLICY coalition_reads ON account FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON posting FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON transfer FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON lot FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON hold FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON allocation FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON arrears FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON arrears_fill FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
-- An origin tells when a brand issued, and under which terms.
CREATE POLICY coalition_reads ON lot_origin FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY coalition_reads ON journal_cursor FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));

-- Codes and scales belong to the coalition's directory; only its operator adds to them.
CREATE POLICY directory ON currency FOR SELECT TO tessera_app USING ((SELECT current_principal()) <> 'nobody');
CREATE POLICY operator_writes ON currency FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'operator');

-- A party sees what it asked for itself.
CREATE POLICY party_reads ON posting FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND party_id = (SELECT current_brand()));
CREATE POLICY party_reads ON transfer FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND party_id = (SELECT current_brand()));
CREATE POLICY party_reads ON hold FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND party_id = (SELECT current_brand()));
CREATE POLICY party_reads ON arrears FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND party_id = (SELECT current_brand()));
CREATE POLICY party_reads ON account FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND owner_id = (SELECT current_brand()));
`;

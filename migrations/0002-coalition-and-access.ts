import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Brands, currencies, rates, partnerships and terms; API clients, staff and the audit trail of changes. */
export class CoalitionAndAccess1790000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COALITION);
    await runner.query(ACCESS);
    await runner.query(VERSION);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit_entry, staff, api_client_secret, api_client, terms_version, partnership_event, partnership, conversion_rate, point_currency, brand CASCADE;
      DROP TABLE coalition_version CASCADE;
      DROP FUNCTION bump_coalition_version();
    `);
  }
}

const COALITION = `
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE brand (
  id uuid PRIMARY KEY,
  -- Immutable: lots are consumed in order of their issuer's code.
  code text COLLATE "C" NOT NULL CONSTRAINT brand_code_unique UNIQUE CONSTRAINT brand_code_form CHECK (code ~ '^[A-Z][A-Z0-9_-]{1,31}$'),
  name text NOT NULL CONSTRAINT brand_name_length CHECK (length(name) BETWEEN 1 AND 200),
  is_operator boolean NOT NULL DEFAULT false,
  country char(2),
  status text NOT NULL DEFAULT 'ACTIVE' CONSTRAINT brand_status CHECK (status IN ('ACTIVE', 'SUSPENDED')),
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX brand_one_operator ON brand (is_operator) WHERE is_operator;

CREATE TABLE point_currency (
  id smallint PRIMARY KEY REFERENCES currency (id),
  name text NOT NULL CONSTRAINT point_currency_name_length CHECK (length(name) BETWEEN 1 AND 200),
  -- NULL: shared by the coalition; otherwise a brand's own.
  owner_brand_id uuid REFERENCES brand (id),
  time_zone text NOT NULL,
  clearing_model text NOT NULL CONSTRAINT point_currency_model CHECK (clearing_model IN ('OPERATOR', 'ISSUER')),
  settlement_currency_id smallint NOT NULL REFERENCES currency (id),
  expiry_kind text NOT NULL CONSTRAINT point_currency_expiry CHECK (expiry_kind IN ('NONE', 'ROLLING', 'FIXED_DATE')),
  expiry_months smallint CONSTRAINT point_currency_months CHECK (expiry_months BETWEEN 1 AND 120),
  expiry_rounding text CONSTRAINT point_currency_rounding CHECK (expiry_rounding IN ('NONE', 'MONTH', 'QUARTER', 'YEAR')),
  -- FIXED_DATE: month and day each year, e.g. '12-31'.
  expiry_month_day text CONSTRAINT point_currency_month_day CHECK (expiry_month_day ~ '^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'),
  grace_days smallint NOT NULL DEFAULT 30 CONSTRAINT point_currency_grace CHECK (grace_days BETWEEN 0 AND 3650),
  created_at timestamptz NOT NULL,
  CONSTRAINT point_currency_policy CHECK (
    (expiry_kind = 'ROLLING') = (expiry_months IS NOT NULL AND expiry_rounding IS NOT NULL) AND
    (expiry_kind = 'FIXED_DATE') = (expiry_month_day IS NOT NULL))
);

CREATE TABLE conversion_rate (
  id uuid PRIMARY KEY,
  from_currency_id smallint NOT NULL REFERENCES point_currency (id),
  to_currency_id smallint NOT NULL REFERENCES point_currency (id),
  numerator bigint NOT NULL CONSTRAINT conversion_rate_numerator CHECK (numerator > 0),
  denominator bigint NOT NULL CONSTRAINT conversion_rate_denominator CHECK (denominator > 0),
  minimum bigint NOT NULL CONSTRAINT conversion_rate_minimum CHECK (minimum > 0),
  increment bigint NOT NULL CONSTRAINT conversion_rate_increment CHECK (increment > 0),
  daily_maximum bigint CONSTRAINT conversion_rate_daily_maximum CHECK (daily_maximum > 0),
  fee bigint NOT NULL DEFAULT 0 CONSTRAINT conversion_rate_fee CHECK (fee >= 0),
  block_size bigint CONSTRAINT conversion_rate_block CHECK (block_size > 0),
  block_bonus bigint CONSTRAINT conversion_rate_bonus CHECK (block_bonus > 0),
  effective tstzrange NOT NULL CONSTRAINT conversion_rate_effective CHECK (NOT isempty(effective) AND NOT lower_inf(effective)),
  created_at timestamptz NOT NULL,
  CONSTRAINT conversion_rate_two_currencies CHECK (from_currency_id <> to_currency_id),
  CONSTRAINT conversion_rate_block_whole CHECK ((block_size IS NULL) = (block_bonus IS NULL)),
  CONSTRAINT conversion_rate_no_overlap EXCLUDE USING gist (from_currency_id WITH =, to_currency_id WITH =, effective WITH &&)
);

-- Joins a brand to the coalition (partner is the operator) or to another brand, for one points currency.
CREATE TABLE partnership (
  id uuid PRIMARY KEY,
  brand_id uuid NOT NULL REFERENCES brand (id),
  partner_brand_id uuid NOT NULL REFERENCES brand (id),
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  state text NOT NULL CONSTRAINT partnership_state CHECK (state IN ('PROPOSED', 'ACTIVE', 'SUSPENDED', 'ENDING', 'ENDED')),
  created_at timestamptz NOT NULL,
  CONSTRAINT partnership_unique UNIQUE (brand_id, partner_brand_id, currency_id),
  CONSTRAINT partnership_two_brands CHECK (brand_id <> partner_brand_id)
);
CREATE TABLE partnership_event (
  partnership_id uuid NOT NULL REFERENCES partnership (id),
  seq int NOT NULL,
  state text NOT NULL,
  at timestamptz NOT NULL,
  by_brand_id uuid NOT NULL,
  by_actor text NOT NULL,
  reason text,
  PRIMARY KEY (partnership_id, seq)
);

-- Versions are never edited: only countersigned or declined once.
CREATE TABLE terms_version (
  id uuid PRIMARY KEY,
  partnership_id uuid NOT NULL REFERENCES partnership (id),
  version int NOT NULL,
  status text NOT NULL CONSTRAINT terms_version_status CHECK (status IN ('PROPOSED', 'COUNTERSIGNED', 'DECLINED')),
  proposed_by_brand_id uuid NOT NULL REFERENCES brand (id),
  proposed_at timestamptz NOT NULL,
  decided_by_brand_id uuid REFERENCES brand (id),
  decided_at timestamptz,
  effective_from timestamptz NOT NULL,
  may_issue boolean NOT NULL,
  may_redeem boolean NOT NULL,
  -- Micro-units of the settlement currency per whole point.
  issuance_price bigint NOT NULL CONSTRAINT terms_version_issuance CHECK (issuance_price >= 0),
  reimbursement_price bigint NOT NULL CONSTRAINT terms_version_reimbursement CHECK (reimbursement_price >= 0),
  prices_include_tax boolean NOT NULL DEFAULT false,
  arrears_carrier text NOT NULL DEFAULT 'OPERATOR' CONSTRAINT terms_version_arrears CHECK (arrears_carrier IN ('OPERATOR', 'ISSUER')),
  refund_order text NOT NULL DEFAULT 'POINTS_LAST' CONSTRAINT terms_version_refund CHECK (refund_order IN ('POINTS_LAST', 'PRO_RATA', 'POINTS_FIRST')),
  -- How long after it happened an event may still be posted.
  backdating_days int NOT NULL CONSTRAINT terms_version_backdating CHECK (backdating_days BETWEEN 0 AND 36600),
  payment_days int NOT NULL DEFAULT 30 CONSTRAINT terms_version_payment CHECK (payment_days BETWEEN 0 AND 365),
  notice_days int NOT NULL DEFAULT 30 CONSTRAINT terms_version_notice CHECK (notice_days BETWEEN 0 AND 3650),
  data_sharing_purposes text[] NOT NULL DEFAULT '{}',
  CONSTRAINT terms_version_unique UNIQUE (partnership_id, version),
  CONSTRAINT terms_version_decided CHECK ((status = 'PROPOSED') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_brand_id IS NULL)),
  CONSTRAINT terms_version_two_sides CHECK (decided_by_brand_id IS NULL OR decided_by_brand_id <> proposed_by_brand_id)
);
CREATE UNIQUE INDEX terms_version_one_start ON terms_version (partnership_id, effective_from) WHERE status = 'COUNTERSIGNED';
`;

const ACCESS = `
CREATE TABLE api_client (
  id uuid PRIMARY KEY,
  brand_id uuid NOT NULL REFERENCES brand (id),
  name text NOT NULL CONSTRAINT api_client_name_length CHECK (length(name) BETWEEN 1 AND 200),
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL,
  disabled_at timestamptz
);
-- Two live secrets at a time: a slot each.
CREATE TABLE api_client_secret (
  id uuid PRIMARY KEY,
  client_id uuid NOT NULL REFERENCES api_client (id),
  slot smallint NOT NULL CONSTRAINT api_client_secret_slot CHECK (slot IN (1, 2)),
  secret_hash bytea NOT NULL,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE UNIQUE INDEX api_client_secret_two_live ON api_client_secret (client_id, slot) WHERE revoked_at IS NULL;

CREATE TABLE staff (
  id uuid PRIMARY KEY,
  issuer text NOT NULL,
  subject text NOT NULL,
  brand_id uuid NOT NULL REFERENCES brand (id),
  role text NOT NULL CONSTRAINT staff_role CHECK (role IN ('OPERATOR', 'PROGRAMME_MANAGER', 'FINANCE', 'COMPLIANCE_OFFICER', 'SUPPORT')),
  created_at timestamptz NOT NULL,
  removed_at timestamptz
);
CREATE UNIQUE INDEX staff_once ON staff (issuer, subject) WHERE removed_at IS NULL;

-- Who changed what, when and why. Ids only: no personal data.
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  brand_id uuid,
  operation text NOT NULL,
  target_id text NOT NULL,
  reason text,
  details json
);
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

// One number that changes whenever anything changes that a posting is planned from; caches compare it in the query they make anyway.
const VERSION = `
CREATE TABLE coalition_version (one boolean PRIMARY KEY DEFAULT true CHECK (one), version bigint NOT NULL);
INSERT INTO coalition_version (version) VALUES (1);
CREATE FUNCTION bump_coalition_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS
  $$ BEGIN UPDATE coalition_version SET version = version + 1; RETURN NULL; END $$;
CREATE TRIGGER brand_version AFTER INSERT OR UPDATE OR DELETE ON brand FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
CREATE TRIGGER point_currency_version AFTER INSERT OR UPDATE OR DELETE ON point_currency FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
CREATE TRIGGER partnership_version AFTER INSERT OR UPDATE OR DELETE ON partnership FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
CREATE TRIGGER terms_version_version AFTER INSERT OR UPDATE OR DELETE ON terms_version FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
CREATE TRIGGER conversion_rate_version AFTER INSERT OR UPDATE OR DELETE ON conversion_rate FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
`;

const GRANTS = `
GRANT SELECT, INSERT ON brand, point_currency, conversion_rate, partnership, partnership_event, terms_version, api_client, api_client_secret, staff, audit_entry TO tessera_app;
GRANT UPDATE (name, status, country) ON brand TO tessera_app;
GRANT UPDATE (effective) ON conversion_rate TO tessera_app;
GRANT UPDATE (state) ON partnership TO tessera_app;
GRANT UPDATE (status, decided_by_brand_id, decided_at) ON terms_version TO tessera_app;
GRANT UPDATE (disabled_at, name, scopes) ON api_client TO tessera_app;
GRANT UPDATE (revoked_at) ON api_client_secret TO tessera_app;
GRANT UPDATE (removed_at) ON staff TO tessera_app;
GRANT SELECT ON coalition_version TO tessera_app;
`;

const POLICIES = `
ALTER TABLE brand ENABLE ROW LEVEL SECURITY; ALTER TABLE brand FORCE ROW LEVEL SECURITY;
ALTER TABLE point_currency ENABLE ROW LEVEL SECURITY; ALTER TABLE point_currency FORCE ROW LEVEL SECURITY;
ALTER TABLE conversion_rate ENABLE ROW LEVEL SECURITY; ALTER TABLE conversion_rate FORCE ROW LEVEL SECURITY;
ALTER TABLE partnership ENABLE ROW LEVEL SECURITY; ALTER TABLE partnership FORCE ROW LEVEL SECURITY;
ALTER TABLE partnership_event ENABLE ROW LEVEL SECURITY; ALTER TABLE partnership_event FORCE ROW LEVEL SECURITY;
ALTER TABLE terms_version ENABLE ROW LEVEL SECURITY; ALTER TABLE terms_version FORCE ROW LEVEL SECURITY;
ALTER TABLE api_client ENABLE ROW LEVEL SECURITY; ALTER TABLE api_client FORCE ROW LEVEL SECURITY;
ALTER TABLE api_client_secret ENABLE ROW LEVEL SECURITY; ALTER TABLE api_client_secret FORCE ROW LEVEL SECURITY;
ALTER TABLE staff ENABLE ROW LEVEL SECURITY; ALTER TABLE staff FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY; ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;

-- The coalition's directory: brands, currencies and published rates are known to everyone who is somebody.
CREATE POLICY directory ON brand FOR SELECT TO tessera_app USING ((SELECT current_principal()) <> 'nobody');
CREATE POLICY directory ON point_currency FOR SELECT TO tessera_app USING ((SELECT current_principal()) <> 'nobody');
CREATE POLICY directory ON conversion_rate FOR SELECT TO tessera_app USING ((SELECT current_principal()) <> 'nobody');
CREATE POLICY operator_writes ON brand TO tessera_app USING ((SELECT current_principal()) = 'operator') WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY operator_writes ON point_currency TO tessera_app USING ((SELECT current_principal()) = 'operator') WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY operator_writes ON conversion_rate TO tessera_app USING ((SELECT current_principal()) = 'operator') WITH CHECK ((SELECT current_principal()) = 'operator');

CREATE POLICY coalition_all ON partnership TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
CREATE POLICY sides ON partnership TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND (SELECT current_brand()) IN (brand_id, partner_brand_id))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND (SELECT current_brand()) IN (brand_id, partner_brand_id));
-- The partnership's own policies decide: a row is visible if its partnership is.
-- A brand writes in its own name only: it can neither propose nor countersign for the other side.
CREATE POLICY with_partnership ON partnership_event TO tessera_app
  USING (EXISTS (SELECT FROM partnership p WHERE p.id = partnership_id))
  WITH CHECK (EXISTS (SELECT FROM partnership p WHERE p.id = partnership_id) AND
    ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND by_brand_id = (SELECT current_brand()))));
CREATE POLICY with_partnership ON terms_version TO tessera_app
  USING (EXISTS (SELECT FROM partnership p WHERE p.id = partnership_id))
  WITH CHECK (EXISTS (SELECT FROM partnership p WHERE p.id = partnership_id) AND
    ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND coalesce(decided_by_brand_id, proposed_by_brand_id) = (SELECT current_brand()))));

-- The authenticator knows nobody yet: it reads credentials and nothing else.
CREATE POLICY authenticator_reads ON api_client FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'authenticator');
CREATE POLICY authenticator_reads ON api_client_secret FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'authenticator');
CREATE POLICY authenticator_reads ON staff FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'authenticator');
CREATE POLICY own_brand ON api_client TO tessera_app
  USING ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())))
  WITH CHECK ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())));
CREATE POLICY with_client ON api_client_secret TO tessera_app
  USING ((SELECT current_principal()) IN ('operator', 'brand') AND EXISTS (SELECT FROM api_client c WHERE c.id = client_id))
  WITH CHECK ((SELECT current_principal()) IN ('operator', 'brand') AND EXISTS (SELECT FROM api_client c WHERE c.id = client_id));
CREATE POLICY own_brand ON staff TO tessera_app
  USING ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())))
  WITH CHECK ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())));
CREATE POLICY own_brand_reads ON audit_entry FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())));
-- A brand cannot write into another's trail.
CREATE POLICY somebody_writes ON audit_entry FOR INSERT TO tessera_app
  WITH CHECK ((SELECT current_principal()) IN ('operator', 'worker', 'member') OR ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand())));
`;

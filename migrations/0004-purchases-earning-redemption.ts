import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was bought, the rules it earns by, what was spent. Written alongside postings by the kernel; read by row-level security. */
export class PurchasesEarningRedemption1790000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RULES);
    await runner.query(FACTS);
    await runner.query(GRANTS);
    await runner.query(policies());
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE purchase_return_line, purchase_return, purchase_redemption, purchase_line, purchase, redemption, redemption_rule, earning_rule CASCADE`,
    );
  }
}

const RULES = `
-- Versions, never edited: the one in force is the latest with effective_from <= the purchase's occurredAt.
CREATE TABLE earning_rule (
  id uuid PRIMARY KEY,
  brand_id uuid NOT NULL REFERENCES brand (id),
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  version int NOT NULL,
  money_currency char(3) NOT NULL,
  -- Points (whole) per whole unit of money; the floor is taken first, then the multiplier is applied and floored.
  points_per_unit bigint NOT NULL CONSTRAINT earning_rule_points CHECK (points_per_unit BETWEEN 0 AND 1000000),
  multiplier_numerator bigint NOT NULL DEFAULT 1 CONSTRAINT earning_rule_multiplier CHECK (multiplier_numerator BETWEEN 0 AND 1000000),
  multiplier_denominator bigint NOT NULL DEFAULT 1 CONSTRAINT earning_rule_denominator CHECK (multiplier_denominator BETWEEN 1 AND 1000000),
  -- NULL: every category earns.
  eligible_categories text[],
  excluded_categories text[] NOT NULL DEFAULT '{}',
  excluded_skus text[] NOT NULL DEFAULT '{}',
  effective_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT earning_rule_unique UNIQUE (brand_id, currency_id, version),
  CONSTRAINT earning_rule_one_start UNIQUE (brand_id, currency_id, effective_from)
);
CREATE TABLE redemption_rule (
  id uuid PRIMARY KEY,
  brand_id uuid NOT NULL REFERENCES brand (id),
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  version int NOT NULL,
  money_currency char(3) NOT NULL,
  -- How many points (smallest units) pay one whole unit of money.
  points_per_unit bigint NOT NULL CONSTRAINT redemption_rule_points CHECK (points_per_unit BETWEEN 1 AND 1000000000),
  minimum bigint NOT NULL CONSTRAINT redemption_rule_minimum CHECK (minimum >= 1),
  step bigint NOT NULL CONSTRAINT redemption_rule_step CHECK (step >= 1),
  maximum bigint CONSTRAINT redemption_rule_maximum CHECK (maximum >= minimum),
  -- Largest share of a purchase payable with points.
  share_numerator bigint NOT NULL DEFAULT 1, share_denominator bigint NOT NULL DEFAULT 1,
  effective_from timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT redemption_rule_share CHECK (share_numerator > 0 AND share_denominator > 0 AND share_numerator <= share_denominator),
  CONSTRAINT redemption_rule_unique UNIQUE (brand_id, currency_id, version),
  CONSTRAINT redemption_rule_one_start UNIQUE (brand_id, currency_id, effective_from)
);
CREATE TRIGGER earning_rule_version AFTER INSERT OR UPDATE OR DELETE ON earning_rule FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
CREATE TRIGGER redemption_rule_version AFTER INSERT OR UPDATE OR DELETE ON redemption_rule FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
`;

const FACTS = `
-- One row a burn or hold. Its present state is the ledger's (hold.state, transfers that reverse it).
CREATE TABLE redemption (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  member_id uuid NOT NULL,
  account_id bigint NOT NULL,
  currency_id smallint NOT NULL,
  posting_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT redemption_kind CHECK (kind IN ('BURN', 'HOLD')),
  -- BURN: id of the transfer. HOLD: id of the ledger's hold. Equal to id either way.
  points bigint NOT NULL CONSTRAINT redemption_points_positive CHECK (points > 0),
  -- Money the points pay, micro-units.
  money_value bigint NOT NULL,
  money_currency char(3) NOT NULL,
  purchase_amount bigint,
  channel text, instrument text, reference text,
  rule_id uuid NOT NULL,
  terms_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, id)
);
CREATE INDEX redemption_id ON redemption (id);

CREATE TABLE purchase (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  member_id uuid NOT NULL,
  account_id bigint NOT NULL,
  currency_id smallint NOT NULL,
  posting_id uuid NOT NULL,
  -- NULL: nothing was earned.
  earn_transfer_id uuid,
  money_currency char(3) NOT NULL,
  -- Micro-units; the exact product of quantity (thousandths) and unit price (micro-units) is kept by the lines.
  amount numeric(38, 9) NOT NULL,
  eligible_amount numeric(38, 9) NOT NULL,
  paid_with_points numeric(38, 9) NOT NULL,
  points bigint NOT NULL CONSTRAINT purchase_points CHECK (points >= 0),
  channel text, instrument text, reference text,
  rule_id uuid NOT NULL,
  terms_id uuid NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, id)
);
CREATE INDEX purchase_id ON purchase (id);
CREATE TABLE purchase_line (
  wallet_id uuid NOT NULL,
  purchase_id uuid NOT NULL,
  line_no smallint NOT NULL,
  brand_id uuid NOT NULL,
  sku text NOT NULL,
  category text,
  quantity numeric(14, 3) NOT NULL,
  unit_price numeric(18, 6) NOT NULL,
  eligible boolean NOT NULL,
  -- Why an ineligible line earns nothing.
  exclusion text CONSTRAINT purchase_line_exclusion CHECK ((exclusion IS NULL) = eligible),
  PRIMARY KEY (wallet_id, purchase_id, line_no)
);
-- Which burns paid part of which purchase.
CREATE TABLE purchase_redemption (
  wallet_id uuid NOT NULL,
  redemption_id uuid NOT NULL,
  purchase_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  points bigint NOT NULL,
  PRIMARY KEY (wallet_id, redemption_id)
);
CREATE INDEX purchase_redemption_purchase ON purchase_redemption (wallet_id, purchase_id);
CREATE TABLE purchase_return (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  purchase_id uuid NOT NULL,
  brand_id uuid NOT NULL,
  posting_id uuid NOT NULL,
  clawed_back bigint NOT NULL,
  reinstated bigint NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, id)
);
CREATE INDEX purchase_return_purchase ON purchase_return (wallet_id, purchase_id);
CREATE TABLE purchase_return_line (
  wallet_id uuid NOT NULL,
  return_id uuid NOT NULL,
  purchase_id uuid NOT NULL,
  line_no smallint NOT NULL,
  brand_id uuid NOT NULL,
  quantity numeric(14, 3) NOT NULL CONSTRAINT purchase_return_line_positive CHECK (quantity > 0),
  PRIMARY KEY (wallet_id, return_id, line_no)
);
`;

const FACT_TABLES = ['redemption', 'purchase', 'purchase_line', 'purchase_redemption', 'purchase_return', 'purchase_return_line'];

const GRANTS = `
GRANT SELECT, INSERT ON earning_rule, redemption_rule TO tessera_app;
GRANT SELECT ON ${FACT_TABLES.join(', ')} TO tessera_app;
GRANT SELECT, INSERT ON ${FACT_TABLES.join(', ')} TO tessera_kernel;
`;

function policies(): string {
  const rules = ['earning_rule', 'redemption_rule'].map(
    (table) => `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY coalition_all ON ${table} TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker')) WITH CHECK ((SELECT current_principal()) = 'operator');
    CREATE POLICY own_brand ON ${table} TO tessera_app
      USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
      WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));`,
  );
  const facts = FACT_TABLES.map(
    (table) => `
    ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY kernel_all ON ${table} TO tessera_kernel USING (true) WITH CHECK (true);
    CREATE POLICY coalition_reads ON ${table} FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
    CREATE POLICY own_brand ON ${table} FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
    CREATE POLICY own_member ON ${table} FOR SELECT TO tessera_app
      USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id));`,
  );
  return [...rules, ...facts].join('\n');
}

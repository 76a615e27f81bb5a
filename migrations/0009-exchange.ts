import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Converting points of one currency into another: routes with their accounts, what a rate costs its issuers, quotes, and what was converted. */
export class Exchange1790000000009 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(RATES);
    await runner.query(ROUTES);
    await runner.query(QUOTES);
    await runner.query(CONVERSIONS);
    await runner.query(GRANTS);
    await runner.query(POLICIES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE conversion, conversion_quote, conversion_route;
      DROP POLICY own_member ON posting;
      DROP POLICY kernel_reads ON conversion_rate;
      REVOKE SELECT ON conversion_rate FROM tessera_kernel;
      ALTER TABLE conversion_rate DROP COLUMN transfer_price;
      ALTER TABLE point_currency DROP COLUMN conversion_expiry;
    `);
  }
}

const RATES = `
-- Micro-units of the source's settlement currency, per whole source point, that the source's side pays the target currency's issuer.
ALTER TABLE conversion_rate ADD COLUMN transfer_price bigint NOT NULL DEFAULT 0 CONSTRAINT conversion_rate_transfer_price CHECK (transfer_price >= 0);
-- How long points live that come from another currency: no longer than their source did, nor than this currency's policy from that day on (KEEP), or as the policy says (OWN).
ALTER TABLE point_currency ADD COLUMN conversion_expiry text NOT NULL DEFAULT 'KEEP' CONSTRAINT point_currency_conversion_expiry CHECK (conversion_expiry IN ('KEEP', 'OWN'));
`;

const ROUTES = `
-- One direction between two currencies, whatever its rate is today: owner of the accounts that converted points pass through, and of fees and remainders.
CREATE TABLE conversion_route (
  id uuid PRIMARY KEY,
  from_currency_id smallint NOT NULL REFERENCES point_currency (id),
  to_currency_id smallint NOT NULL REFERENCES point_currency (id),
  created_at timestamptz NOT NULL,
  CONSTRAINT conversion_route_unique UNIQUE (from_currency_id, to_currency_id),
  CONSTRAINT conversion_route_two_currencies CHECK (from_currency_id <> to_currency_id)
);
INSERT INTO conversion_route (id, from_currency_id, to_currency_id, created_at)
  SELECT gen_random_uuid(), from_currency_id, to_currency_id, min(created_at) FROM conversion_rate GROUP BY from_currency_id, to_currency_id;
CREATE TRIGGER conversion_route_version AFTER INSERT OR UPDATE OR DELETE ON conversion_route FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
`;

const QUOTES = `
-- A rate and its amounts, frozen for a while. That it was used is a counter of the wallet.
CREATE TABLE conversion_quote (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  -- NULL: the member asked.
  brand_id uuid,
  member_id uuid NOT NULL,
  -- The brand or the member: whoever asked may use it.
  party_id uuid NOT NULL,
  content_hash bytea NOT NULL CONSTRAINT conversion_quote_hash_length CHECK (octet_length(content_hash) = 32),
  from_currency_id smallint NOT NULL,
  to_currency_id smallint NOT NULL,
  rate_id uuid NOT NULL REFERENCES conversion_rate (id),
  points bigint NOT NULL CONSTRAINT conversion_quote_points CHECK (points > 0),
  fee bigint NOT NULL,
  remainder bigint NOT NULL,
  base bigint NOT NULL CONSTRAINT conversion_quote_base CHECK (base > 0),
  bonus bigint NOT NULL,
  quoted_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, id),
  CONSTRAINT conversion_quote_time CHECK (expires_at > quoted_at),
  CONSTRAINT conversion_quote_asker CHECK (party_id = coalesce(brand_id, member_id))
);
CREATE UNIQUE INDEX conversion_quote_id ON conversion_quote (id);
CREATE INDEX conversion_quote_end ON conversion_quote (wallet_id, expires_at);
`;

const CONVERSIONS = `
-- One row a conversion; id is that of the transfer out. What is below one source point of the amount stays with the route's conversion account.
CREATE TABLE conversion (
  id uuid NOT NULL,
  wallet_id uuid NOT NULL,
  -- NULL: the member asked.
  brand_id uuid,
  member_id uuid NOT NULL,
  posting_id uuid NOT NULL,
  from_account_id bigint NOT NULL,
  to_account_id bigint NOT NULL,
  from_currency_id smallint NOT NULL,
  to_currency_id smallint NOT NULL,
  rate_id uuid NOT NULL,
  quote_id uuid,
  -- Of the source: what was given, the fee on top of it, and what of it bought nothing.
  points bigint NOT NULL CONSTRAINT conversion_points CHECK (points > 0),
  fee bigint NOT NULL CONSTRAINT conversion_fee CHECK (fee >= 0),
  remainder bigint NOT NULL CONSTRAINT conversion_remainder CHECK (remainder >= 0 AND remainder < points),
  -- Of the target.
  base bigint NOT NULL CONSTRAINT conversion_base CHECK (base > 0),
  bonus bigint NOT NULL CONSTRAINT conversion_bonus CHECK (bonus >= 0),
  in_transfer_id uuid NOT NULL,
  fee_transfer_id uuid,
  remainder_transfer_id uuid,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (wallet_id, id),
  CONSTRAINT conversion_fee_transfer CHECK ((fee > 0) = (fee_transfer_id IS NOT NULL)),
  CONSTRAINT conversion_remainder_transfer CHECK ((remainder > 0) = (remainder_transfer_id IS NOT NULL))
);
CREATE INDEX conversion_id ON conversion (id);
CREATE TRIGGER conversion_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON conversion FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
`;

const GRANTS = `
GRANT SELECT, INSERT ON conversion_route TO tessera_app;
GRANT SELECT, INSERT ON conversion_quote TO tessera_app;
GRANT SELECT ON conversion TO tessera_app;
GRANT SELECT, INSERT ON conversion TO tessera_kernel;
-- Clearing prices a conversion from its rate.
GRANT SELECT ON conversion_rate TO tessera_kernel;
`;

const POLICIES = `
ALTER TABLE conversion_route ENABLE ROW LEVEL SECURITY; ALTER TABLE conversion_route FORCE ROW LEVEL SECURITY;
ALTER TABLE conversion_quote ENABLE ROW LEVEL SECURITY; ALTER TABLE conversion_quote FORCE ROW LEVEL SECURITY;
ALTER TABLE conversion ENABLE ROW LEVEL SECURITY; ALTER TABLE conversion FORCE ROW LEVEL SECURITY;

CREATE POLICY kernel_reads ON conversion_rate FOR SELECT TO tessera_kernel USING (true);
CREATE POLICY directory ON conversion_route FOR SELECT TO tessera_app USING ((SELECT current_principal()) <> 'nobody');
CREATE POLICY operator_writes ON conversion_route FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'operator');

CREATE POLICY coalition_reads ON conversion_quote FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY own_brand ON conversion_quote TO tessera_app
  USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
  WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
CREATE POLICY own_member ON conversion_quote TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id))
  WITH CHECK ((SELECT current_principal()) = 'member' AND party_id = (SELECT current_member()) AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id));

CREATE POLICY kernel_all ON conversion TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY coalition_reads ON conversion FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
CREATE POLICY own_brand ON conversion FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
CREATE POLICY own_member ON conversion FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND EXISTS (SELECT FROM wallet w WHERE w.id = wallet_id));

-- A member who asked is given the first outcome again.
CREATE POLICY own_member ON posting FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'member' AND party_id = (SELECT current_member()));
`;

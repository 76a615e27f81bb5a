import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whatever proved that a member stands behind a request may end between a look and its booking: a card, a login, a confirmed link. A wallet counts what
 * has ended, and so does each of its accounts, under whose lock postings compare it with what was looked at (docs/decisions/0025).
 */
export class EndedProofs1790000000059 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COUNTS);
    await runner.query(ENDINGS);
    await runner.query(OPENINGS);
    await runner.query(customers(true));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(customers(false));
    await runner.query(`
      DROP TRIGGER account_proofs_ended ON account; DROP TRIGGER brand_link_unproved ON brand_link; DROP TRIGGER member_identifier_unproved ON member_identifier;
      DROP FUNCTION take_proofs_ended(); DROP FUNCTION count_ended_proof();
      DROP POLICY owner_resolves ON account; CREATE POLICY owner_resolves ON account FOR SELECT TO CURRENT_USER USING (true);
      DROP POLICY owner_resolves ON wallet; CREATE POLICY owner_resolves ON wallet FOR SELECT TO CURRENT_USER USING (true);
      ALTER TABLE account DROP COLUMN proofs_ended; ALTER TABLE wallet DROP COLUMN proofs_ended;
    `);
  }
}

const COUNTS = `
ALTER TABLE wallet ADD COLUMN proofs_ended integer NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN proofs_ended integer NOT NULL DEFAULT 0;
-- The owner's functions read them, and count in them.
DROP POLICY owner_resolves ON wallet; CREATE POLICY owner_resolves ON wallet TO CURRENT_USER USING (true) WITH CHECK (true);
DROP POLICY owner_resolves ON account; CREATE POLICY owner_resolves ON account TO CURRENT_USER USING (true) WITH CHECK (true);
`;

/**
 * Counted as the transaction commits: accounts are locked no longer than that. Locked in id order, as postings lock. Whoever has kept them must see that
 * they are others now. Who is closed or merged is so in the accounts already.
 */
const ENDINGS = `
CREATE FUNCTION count_ended_proof() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE counted record;
BEGIN
  UPDATE wallet w SET proofs_ended = w.proofs_ended + 1 FROM member m
    WHERE m.id = NEW.member_id AND m.status = 'ACTIVE' AND w.member_id = m.id RETURNING w.id, w.proofs_ended INTO counted;
  IF NOT FOUND THEN RETURN NULL; END IF;
  PERFORM FROM account WHERE owner_id = counted.id AND kind = 'WALLET' ORDER BY id FOR NO KEY UPDATE;
  UPDATE account SET proofs_ended = counted.proofs_ended, version = version + 1 WHERE owner_id = counted.id AND kind = 'WALLET';
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER member_identifier_unproved AFTER UPDATE OF removed_at ON member_identifier DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL AND NOT OLD.claim) EXECUTE FUNCTION count_ended_proof();
CREATE CONSTRAINT TRIGGER brand_link_unproved AFTER UPDATE OF unlinked_at, confirmed_at, customer_hash ON brand_link DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.unlinked_at IS NULL AND OLD.confirmed_at IS NOT NULL AND (NEW.unlinked_at IS NOT NULL OR NEW.confirmed_at IS NULL
    OR (OLD.customer_hash IS NOT NULL AND OLD.customer_hash IS DISTINCT FROM NEW.customer_hash))) EXECUTE FUNCTION count_ended_proof();
`;

/** An account that is opened has what its wallet has: whoever opens it and whoever ends a proof wait for each other. */
const OPENINGS = `
CREATE FUNCTION take_proofs_ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  SELECT w.proofs_ended INTO NEW.proofs_ended FROM wallet w WHERE w.id = NEW.owner_id FOR SHARE;
  NEW.proofs_ended := coalesce(NEW.proofs_ended, 0);
  RETURN NEW;
END $$;
CREATE TRIGGER account_proofs_ended BEFORE INSERT ON account FOR EACH ROW WHEN (NEW.kind = 'WALLET') EXECUTE FUNCTION take_proofs_ended();
`;

/** What a till asks for with each purchase tells the count too: of the same moment as what leads to the member. */
function customers(counted: boolean): string {
  return `
DROP FUNCTION customers_of_brand(uuid, bytea[]);
CREATE FUNCTION customers_of_brand(brand uuid, hashes bytea[])
  RETURNS TABLE (place bigint, member_id uuid, wallet_id uuid, locked boolean, closed boolean, confirmed boolean${counted ? ', proofs_ended integer' : ''})
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF NOT (current_principal() IN ('operator', 'worker') OR (current_principal() = 'brand' AND current_brand() = brand)) THEN RETURN; END IF;
  RETURN QUERY
    SELECT asked.place, l.member_id, w.id, w.locked_at IS NOT NULL, m.status = 'CLOSED', l.confirmed_at IS NOT NULL${counted ? ', w.proofs_ended' : ''}
    FROM unnest(hashes) WITH ORDINALITY AS asked (hash, place)
    JOIN brand_link l ON l.brand_id = brand AND l.customer_hash = asked.hash AND l.unlinked_at IS NULL
    LEFT JOIN (member m JOIN wallet w ON w.member_id = m.id) ON m.merged_into IS NULL AND m.id = l.member_id;
END $$;
COMMENT ON FUNCTION customers_of_brand(uuid, bytea[]) IS
  'Whom a brand''s own ids lead to, for that brand alone: no wallet where the member was merged into another one.';
REVOKE ALL ON FUNCTION customers_of_brand(uuid, bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION customers_of_brand(uuid, bytea[]) TO tessera_app;
`;
}

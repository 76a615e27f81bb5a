import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a card alone may do, and what members may say of themselves (docs/decisions/0025). */
export class WhatIsShown1790000000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CARD_LIMIT);
    await runner.query(CLAIMS);
    await runner.query(HOLDER);
    await runner.query(GUARD);
    await runner.query(TAKE_OVER);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP POLICY confirmed_only ON member_identifier;
      DROP FUNCTION take_identifier_over(text, bytea[], timestamptz);
      DROP POLICY owner_takes_over ON member_identifier;
      DROP TRIGGER member_identifier_guard ON member_identifier;
      DROP FUNCTION guard_identifiers();
      DELETE FROM member_identifier WHERE claim;
      DROP INDEX member_identifier_claimed_once;
      ALTER TABLE member_identifier DROP COLUMN claim, DROP COLUMN verified_at, DROP COLUMN moved_from;
      CREATE UNIQUE INDEX member_identifier_one_owner ON member_identifier (kind, hash) WHERE removed_at IS NULL;
      ALTER TABLE brand DROP COLUMN card_only_per_day;
    `);
  }
}

const CARD_LIMIT = `
-- Whole points of a member that a card alone burns at the brand in a day, of each currency; NULL: no limit. It guards members from the brand, so the operator sets it.
ALTER TABLE brand ADD COLUMN card_only_per_day int DEFAULT 1000 CONSTRAINT brand_card_only CHECK (card_only_per_day BETWEEN 0 AND 1000000000);
GRANT UPDATE (card_only_per_day) ON brand TO tessera_app;
`;

const CLAIMS = `
ALTER TABLE member_identifier
  -- Said by the member and confirmed by nobody yet: it finds nobody, and keeps nobody from having it.
  ADD COLUMN claim boolean NOT NULL DEFAULT false,
  -- When the member's login proved it.
  ADD COLUMN verified_at timestamptz,
  -- The member from whom a merge brought it.
  ADD COLUMN moved_from uuid REFERENCES member (id),
  ADD CONSTRAINT member_identifier_claim CHECK (NOT claim OR (kind IN ('PHONE', 'EMAIL') AND added_by_brand_id IS NULL AND verified_at IS NULL));
DROP INDEX member_identifier_one_owner;
CREATE UNIQUE INDEX member_identifier_one_owner ON member_identifier (kind, hash) WHERE removed_at IS NULL AND NOT claim;
CREATE UNIQUE INDEX member_identifier_claimed_once ON member_identifier (member_id, kind, hash) WHERE removed_at IS NULL AND claim;
-- A brand gives identifiers to members over a confirmed link only: a card of its own choice would burn a stranger's points. An old number's new spelling it may add.
CREATE POLICY confirmed_only ON member_identifier AS RESTRICTIVE FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) <> 'brand' OR kind = 'PHONE' OR EXISTS (
  SELECT FROM brand_link l WHERE l.member_id = member_identifier.member_id AND l.brand_id = (SELECT current_brand()) AND l.unlinked_at IS NULL AND l.confirmed_at IS NOT NULL));
`;

// As it was, and claims find nobody.
const HOLDER = `
CREATE OR REPLACE FUNCTION identifier_holder(identifier_kind text, identifier_hash bytea, at timestamptz, OUT holder uuid, OUT in_force boolean)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE present record; past record;
BEGIN
  SELECT coalesce(m.merged_into, m.id) AS member_id, i.added_at INTO present FROM member_identifier i JOIN member m ON m.id = i.member_id
  WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND NOT i.claim AND i.removed_at IS NULL;
  IF present.member_id IS NOT NULL AND (at IS NULL OR present.added_at <= at) THEN
    holder := present.member_id;
    in_force := true;
    RETURN;
  END IF;
  SELECT coalesce(m.merged_into, m.id) AS member_id, i.removed_at > at AS held INTO past
  FROM member_identifier i JOIN member m ON m.id = i.member_id
  WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND NOT i.claim AND (at IS NULL OR i.added_at <= at)
  ORDER BY i.added_at DESC, i.id DESC LIMIT 1;
  IF past.member_id IS NULL THEN
    SELECT coalesce(m.merged_into, m.id) AS member_id INTO holder FROM member_identifier i JOIN member m ON m.id = i.member_id
    WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND NOT i.claim ORDER BY i.added_at, i.id LIMIT 1;
  ELSIF past.held THEN
    holder := past.member_id;
  ELSIF present.member_id IS NULL AND identifier_kind IN ('CARD', 'QR', 'WALLET_PASS')
    AND NOT EXISTS (SELECT FROM member_identifier i WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND NOT i.claim AND i.added_at > at)
    AND EXISTS (SELECT FROM member_identifier i WHERE i.member_id = past.member_id AND i.kind = identifier_kind AND i.removed_at IS NULL AND NOT i.claim) THEN
    holder := past.member_id;
  END IF;
  in_force := coalesce(holder = present.member_id, false);
END $$;
`;

const GUARD = `
-- Wherever identifiers are added: no more than 20 a member, counted under a lock of the member's; and a card that was removed is no other brand's for 90 days.
-- What a merge brings is not added, and the operator's support may do what brands may not.
CREATE FUNCTION guard_identifiers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE receiver uuid;
BEGIN
  FOR receiver IN SELECT DISTINCT n.member_id FROM added n WHERE n.kind <> 'LOGIN' AND n.moved_from IS NULL ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('identifiers ' || receiver, 0));
    IF (SELECT count(*) FROM member_identifier i WHERE i.member_id = receiver AND i.kind <> 'LOGIN' AND i.removed_at IS NULL) > 20 THEN
      RAISE EXCEPTION 'a member has at most 20 identifiers' USING ERRCODE = 'check_violation', CONSTRAINT = 'member_identifier_most';
    END IF;
  END LOOP;
  IF current_principal() <> 'operator' AND EXISTS (
    SELECT FROM added n JOIN member_identifier r ON r.kind = n.kind AND r.hash = n.hash AND r.removed_at > n.added_at - interval '90 days'
    WHERE n.kind IN ('CARD', 'QR', 'WALLET_PASS') AND n.moved_from IS NULL AND r.member_id <> n.member_id AND r.added_by_brand_id IS DISTINCT FROM n.added_by_brand_id) THEN
    RAISE EXCEPTION 'a removed card is no other brand''s for 90 days' USING ERRCODE = 'check_violation', CONSTRAINT = 'member_identifier_rests';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER member_identifier_guard AFTER INSERT ON member_identifier REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION guard_identifiers();
`;

const TAKE_OVER = `
CREATE POLICY owner_takes_over ON member_identifier FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);
-- Ends a number or address of others whom no login has proved it of, for the member who asks and has proved it. Gives the members who had it.
CREATE FUNCTION take_identifier_over(identifier_kind text, hashes bytea[], at timestamptz) RETURNS SETOF uuid
  LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE member_identifier SET removed_at = at
  WHERE kind = identifier_kind AND kind IN ('PHONE', 'EMAIL') AND hash = ANY (hashes) AND removed_at IS NULL AND NOT claim AND verified_at IS NULL
    AND current_principal() = 'member' AND member_id <> current_member()
  RETURNING member_id $$;
REVOKE ALL ON FUNCTION take_identifier_over(text, bytea[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_identifier_over(text, bytea[], timestamptz) TO tessera_app;
`;

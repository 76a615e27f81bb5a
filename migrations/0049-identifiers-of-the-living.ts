import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Identifiers are had by members who are there: nobody is given one while, or after, the wallet is closed or merged (docs/decisions/0025). A card
 * that was taken from who was merged rests for others, not for the survivor, who is the same person. What rests is named.
 */
export class IdentifiersOfTheLiving1790000000049 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CLOSING);
    await runner.query(guard(true));
    await runner.query(LEFT_BEHIND);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(guard(false));
    await runner.query('DROP TRIGGER member_closing ON member; DROP FUNCTION guard_closing()');
  }
}

/** Whoever closes a member waits for whoever is adding an identifier, and the other way round: the lock is guard_identifiers'. */
const CLOSING = `
CREATE FUNCTION guard_closing() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$ BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('identifiers ' || NEW.id, 0));
  RETURN NEW;
END $$;
CREATE TRIGGER member_closing BEFORE UPDATE ON member FOR EACH ROW WHEN (OLD.status = 'ACTIVE' AND NEW.status <> 'ACTIVE') EXECUTE FUNCTION guard_closing();
`;

/** Names that were added while their member closed the wallet are somebody else's to have. */
const LEFT_BEHIND = `
ALTER TABLE member_identifier NO FORCE ROW LEVEL SECURITY; ALTER TABLE member NO FORCE ROW LEVEL SECURITY;
UPDATE member_identifier i SET removed_at = greatest(i.added_at, m.closed_at) FROM member m
  WHERE m.id = i.member_id AND m.status = 'CLOSED' AND m.merged_into IS NULL AND i.removed_at IS NULL;
ALTER TABLE member_identifier FORCE ROW LEVEL SECURITY; ALTER TABLE member FORCE ROW LEVEL SECURITY;
`;

function guard(living: boolean): string {
  const ofLiving = `
  -- A login is bound under its member's own lock.
  IF EXISTS (SELECT FROM added n JOIN member m ON m.id = n.member_id WHERE n.kind <> 'LOGIN' AND n.moved_from IS NULL AND m.status <> 'ACTIVE') THEN
    RAISE EXCEPTION 'identifiers are of members who are there' USING ERRCODE = 'check_violation', CONSTRAINT = 'member_identifier_of_active';
  END IF;`;
  const taken = living ? 'coalesce((SELECT m.merged_into FROM member m WHERE m.id = r.member_id), r.member_id)' : 'r.member_id';
  const rests = `
    SELECT ${living ? 'n.kind INTO resting' : ''} FROM added n JOIN member_identifier r ON r.kind = n.kind AND r.hash = n.hash AND r.removed_at > n.added_at - interval '90 days'
    WHERE n.kind IN ('CARD', 'QR', 'WALLET_PASS') AND n.moved_from IS NULL AND ${taken} <> n.member_id AND r.added_by_brand_id IS DISTINCT FROM n.added_by_brand_id`;
  const refused = `RAISE EXCEPTION 'a removed card is no other brand''s for 90 days' USING ERRCODE = 'check_violation', CONSTRAINT = 'member_identifier_rests'`;
  return `
CREATE OR REPLACE FUNCTION guard_identifiers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE receiver uuid;${living ? ' resting text;' : ''}
BEGIN
  FOR receiver IN SELECT DISTINCT n.member_id FROM added n WHERE n.kind <> 'LOGIN' AND n.moved_from IS NULL ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended('identifiers ' || receiver, 0));
    IF (SELECT count(*) FROM member_identifier i WHERE i.member_id = receiver AND i.kind <> 'LOGIN' AND i.removed_at IS NULL) > 20 THEN
      RAISE EXCEPTION 'a member has at most 20 identifiers' USING ERRCODE = 'check_violation', CONSTRAINT = 'member_identifier_most';
    END IF;
  END LOOP;${living ? ofLiving : ''}
  ${
    living
      ? `IF current_principal() <> 'operator' THEN${rests} LIMIT 1;
    IF FOUND THEN
      ${refused}, DETAIL = resting;
    END IF;
  END IF;`
      : `IF current_principal() <> 'operator' AND EXISTS (${rests}) THEN
    ${refused};
  END IF;`
  }
  RETURN NULL;
END $$;`;
}

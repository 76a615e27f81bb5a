import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A login's till code ends with it. A login that comes to the survivor of a merge brings along who made its claim code
 * (docs/decisions/0024).
 */
export class WhatALoginLeaves1790000000060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CODES);
    await runner.query(CLAIMS);
    await runner.query(MOVED_BEFORE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TRIGGER login_moved ON member_identifier; DROP FUNCTION move_login_claim(); DROP POLICY owner_moves ON login_claim;
      DROP TRIGGER login_removed ON member_identifier; DROP FUNCTION end_login_code();
    `);
  }
}

/** One that is not used yet has expired; one that is used is nobody's repetition any more. */
const CODES = `
CREATE FUNCTION end_login_code() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  UPDATE till_code SET expires_at = least(expires_at, NEW.removed_at), used_for = CASE WHEN used_for IS NOT NULL THEN gen_random_uuid() END
    WHERE member_id = NEW.member_id;
  RETURN NULL; END $$;
CREATE TRIGGER login_removed AFTER UPDATE OF removed_at ON member_identifier
  FOR EACH ROW WHEN (NEW.kind = 'LOGIN' AND OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL) EXECUTE FUNCTION end_login_code();
`;

const CLAIMS = `
CREATE POLICY owner_moves ON login_claim TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE FUNCTION move_login_claim() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
  UPDATE login_claim c SET login_id = NEW.id, member_id = NEW.member_id FROM member_identifier i
    WHERE i.member_id = NEW.moved_from AND i.kind = 'LOGIN' AND i.hash = NEW.hash AND i.removed_at = NEW.added_at AND c.login_id = i.id;
  RETURN NULL; END $$;
CREATE TRIGGER login_moved AFTER INSERT ON member_identifier
  FOR EACH ROW WHEN (NEW.kind = 'LOGIN' AND NEW.moved_from IS NOT NULL) EXECUTE FUNCTION move_login_claim();
`;

/** Some have been merged more than once. */
const MOVED_BEFORE = `
DO $$ BEGIN
  LOOP
    UPDATE login_claim c SET login_id = m.id, member_id = m.member_id FROM member_identifier i
      JOIN member_identifier m ON m.moved_from = i.member_id AND m.kind = 'LOGIN' AND m.hash = i.hash AND m.added_at = i.removed_at
      WHERE i.kind = 'LOGIN' AND c.login_id = i.id;
    EXIT WHEN NOT FOUND;
  END LOOP;
END $$;
`;

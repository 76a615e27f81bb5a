import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose an identifier was at any moment, who said so, and what a member may have of them (docs/decisions/0025). */
export class IdentifiersOverTime1790000000024 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(COLUMNS);
    await runner.query(HOLDER);
    await runner.query(CHANGES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP POLICY own_member_reads ON audit_entry;
      ALTER TABLE audit_entry DROP COLUMN member_id;
      DROP FUNCTION identifier_holder(text, bytea, timestamptz);
      DROP INDEX member_identifier_history;
    `);
  }
}

const COLUMNS = `
CREATE INDEX member_identifier_history ON member_identifier (kind, hash, added_at, id);
`;

// Asked for once an identifier on the hot road. Almost always who has it has it already: that is one look into an index.
const HOLDER = `
-- Whose an identifier was at a moment (NULL: now), and whether it is that member's now. Before anybody had it, it was its first holder's. A card that was
-- replaced leads to its member until somebody else has it. Who was merged is the survivor; who was closed is found, for the caller to refuse.
CREATE FUNCTION identifier_holder(identifier_kind text, identifier_hash bytea, at timestamptz, OUT holder uuid, OUT in_force boolean)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE present record; past record;
BEGIN
  SELECT coalesce(m.merged_into, m.id) AS member_id, i.added_at INTO present FROM member_identifier i JOIN member m ON m.id = i.member_id
  WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND i.removed_at IS NULL;
  IF present.member_id IS NOT NULL AND (at IS NULL OR present.added_at <= at) THEN
    holder := present.member_id;
    in_force := true;
    RETURN;
  END IF;
  SELECT coalesce(m.merged_into, m.id) AS member_id, i.removed_at > at AS held INTO past
  FROM member_identifier i JOIN member m ON m.id = i.member_id
  WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND (at IS NULL OR i.added_at <= at)
  ORDER BY i.added_at DESC, i.id DESC LIMIT 1;
  IF past.member_id IS NULL THEN
    SELECT coalesce(m.merged_into, m.id) AS member_id INTO holder FROM member_identifier i JOIN member m ON m.id = i.member_id
    WHERE i.kind = identifier_kind AND i.hash = identifier_hash ORDER BY i.added_at, i.id LIMIT 1;
  ELSIF past.held THEN
    holder := past.member_id;
  ELSIF present.member_id IS NULL AND identifier_kind IN ('CARD', 'QR', 'WALLET_PASS')
    AND NOT EXISTS (SELECT FROM member_identifier i WHERE i.kind = identifier_kind AND i.hash = identifier_hash AND i.added_at > at)
    AND EXISTS (SELECT FROM member_identifier i WHERE i.member_id = past.member_id AND i.kind = identifier_kind AND i.removed_at IS NULL) THEN
    holder := past.member_id;
  END IF;
  in_force := coalesce(holder = present.member_id, false);
END $$;
REVOKE ALL ON FUNCTION identifier_holder(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identifier_holder(text, bytea, timestamptz) TO tessera_app;
`;

const CHANGES = `
-- The member whom a change is about, who is shown it.
ALTER TABLE audit_entry ADD COLUMN member_id uuid;
CREATE INDEX audit_entry_member ON audit_entry (member_id, at, id) WHERE member_id IS NOT NULL;
CREATE POLICY own_member_reads ON audit_entry FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));
`;

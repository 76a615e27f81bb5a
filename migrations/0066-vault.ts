import type { MigrationInterface, QueryRunner } from 'typeorm';
import { wrapByRing } from '../src/coalition/access/key-ring';
import type { KeyWrapping } from '../src/coalition/access/key-wrapping';
import type { PersonalData } from '../src/members/vault/personal-data';
import { openRows, type VaultRow } from '../src/members/vault/read-vault';
import { sealMembers } from '../src/members/vault/seal-members';
import { DatabaseNotReady } from '../src/platform/database/connection-problem';
import { vaultKeysOf } from '../src/platform/database/data-source';
import { vaultKeyMark } from '../src/platform/database/vault-marks';
import type { Uuid } from '../src/platform/ids';
import { itemAt } from '../src/platform/one-of';

/**
 * Personal data move into a vault: a row for each member and category, sealed with a key of the member that a vault key
 * wraps (docs/decisions/0035). They move in batches within the one transaction, so memory is bounded and a kill changes
 * nothing.
 */
export class Vault1790000000066 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query('ALTER TABLE member_personal_data NO FORCE ROW LEVEL SECURITY');
    await moveIn(runner);
    await runner.query('DROP TABLE member_personal_data');
    await runner.query(SECURITY);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(OLD_TABLE);
    await runner.query('ALTER TABLE subject_key NO FORCE ROW LEVEL SECURITY; ALTER TABLE vault_entry NO FORCE ROW LEVEL SECURITY');
    await moveOut(runner);
    await runner.query(OLD_SECURITY);
    await runner.query('DROP TABLE vault_entry, subject_key, vault_key');
  }
}

const BATCH = 1_000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

interface OldRow {
  readonly member_id: Uuid;
  readonly given_name: string | null;
  readonly family_name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly birth_date: string | null;
  readonly language: string | null;
  readonly updated_at: Date;
}

async function moveIn(runner: QueryRunner): Promise<void> {
  let wrapping: KeyWrapping | null = null;
  for (let after = BEFORE_ALL; ; ) {
    const rows: OldRow[] = await runner.query(
      `SELECT member_id, given_name, family_name, email, phone, birth_date::text, language, updated_at
       FROM member_personal_data WHERE member_id > $1 ORDER BY member_id LIMIT ${BATCH}`,
      [after],
    );
    if (rows.length === 0) return;
    if (!wrapping) {
      const ring = ringOf(runner);
      const [first] = ring;
      // The members' keys refer to it; migrate() marks the others.
      if (first) await runner.query('INSERT INTO vault_key (id, mark) VALUES ($1, $2)', [first.id, vaultKeyMark(first)]);
      wrapping = wrapByRing(ring);
    }
    const sealed = await sealMembers(
      wrapping,
      rows.map((row) => ({ memberId: row.member_id, personalData: dataOf(row), at: row.updated_at })),
    );
    if (sealed) await runner.query(sealed.text, sealed.values);
    after = itemAt(rows, rows.length - 1).member_id;
  }
}

async function moveOut(runner: QueryRunner): Promise<void> {
  let wrapping: KeyWrapping | null = null;
  for (let after = BEFORE_ALL; ; ) {
    const rows: (VaultRow & { readonly updated_at: Date })[] = await runner.query(
      `SELECT v.member_id, v.category, v.key_version, v.sealed, v.updated_at, k.vault_key_id, k.wrapped_key
       FROM vault_entry v JOIN subject_key k ON k.member_id = v.member_id AND k.version = v.key_version
       WHERE v.member_id IN (SELECT DISTINCT e.member_id FROM vault_entry e WHERE e.member_id > $1 ORDER BY e.member_id LIMIT ${BATCH})
       ORDER BY v.member_id`,
      [after],
    );
    if (rows.length === 0) return;
    wrapping ??= wrapByRing(ringOf(runner));
    const members = new Map<Uuid, typeof rows>();
    for (const row of rows) members.set(row.member_id, [...(members.get(row.member_id) ?? []), row]);
    for (const [memberId, entries] of members) {
      const { givenName, familyName, email, phone, birthDate, language } = await openRows(wrapping, entries);
      await runner.query(
        `INSERT INTO member_personal_data (member_id, given_name, family_name, email, phone, birth_date, language, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [memberId, givenName, familyName, email, phone, birthDate, language, itemAt(entries, 0).updated_at],
      );
    }
    after = itemAt(rows, rows.length - 1).member_id;
  }
}

function ringOf(runner: QueryRunner) {
  const ring = vaultKeysOf(runner.dataSource);
  if (ring.length === 0)
    throw new DatabaseNotReady('Personal data move into or out of the vault: set TESSERA_VAULT_KEY (docs/operations.md) and run "npm run migrate" again.');
  return ring;
}

function dataOf(row: OldRow): PersonalData {
  return { givenName: row.given_name, familyName: row.family_name, email: row.email, phone: row.phone, birthDate: row.birth_date, language: row.language };
}

const TABLES = `
-- The vault keys that are in use, each with a mark that gives nothing of it away: another key by that id is refused.
CREATE TABLE vault_key (
  id text PRIMARY KEY CONSTRAINT vault_key_id CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
  mark bytea NOT NULL CONSTRAINT vault_key_mark_length CHECK (octet_length(mark) = 32)
);
-- The key that a member's personal data are sealed with, wrapped by a vault key: nonce, sealed key, tag. Without the row nothing can open them again.
CREATE TABLE subject_key (
  member_id uuid PRIMARY KEY REFERENCES member (id),
  version smallint NOT NULL CONSTRAINT subject_key_version CHECK (version > 0),
  vault_key_id text NOT NULL CONSTRAINT subject_key_vault_key REFERENCES vault_key (id),
  wrapped_key bytea NOT NULL CONSTRAINT subject_key_length CHECK (octet_length(wrapped_key) = 60),
  made_at timestamptz NOT NULL
);
-- All personal data in one place, sealed; nothing else in the database holds any.
CREATE TABLE vault_entry (
  member_id uuid NOT NULL REFERENCES subject_key (member_id),
  category text NOT NULL CONSTRAINT vault_entry_category CHECK (category IN ('NAME', 'CONTACT', 'BIRTH_DATE', 'LANGUAGE')),
  key_version smallint NOT NULL,
  sealed bytea NOT NULL CONSTRAINT vault_entry_length CHECK (octet_length(sealed) > 28),
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (member_id, category)
);
`;

/** A brand writes what the member tells it at enrolment, and reads none of it back: reading is for privacy to decide. */
const secured = (table: string) => `
ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON ${table} TO tessera_app;
CREATE POLICY own_member ON ${table} FOR SELECT TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));
CREATE POLICY operator_reads ON ${table} FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'operator');
CREATE POLICY enrolling_brand ON ${table} FOR INSERT TO tessera_app WITH CHECK (
  (SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_knows(member_id)));
CREATE POLICY session_is_brand ON ${table} AS RESTRICTIVE TO tessera_app
  USING ((SELECT current_principal()) <> 'member' OR (SELECT current_brand()) IS NULL);
`;

const SECURITY = `
${secured('subject_key')}
${secured('vault_entry')}
GRANT UPDATE (vault_key_id, wrapped_key) ON subject_key TO tessera_app;
CREATE POLICY rotation_reads ON subject_key FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'rotation');
CREATE POLICY rotation_wraps ON subject_key FOR UPDATE TO tessera_app USING ((SELECT current_principal()) = 'rotation');
GRANT SELECT ON vault_key TO tessera_app;
`;

const OLD_TABLE = `
CREATE TABLE member_personal_data (
  member_id uuid PRIMARY KEY REFERENCES member (id),
  given_name text, family_name text, email text, phone text, birth_date date, language text,
  updated_at timestamptz NOT NULL
);
`;

const OLD_SECURITY = `
ALTER TABLE member_personal_data ENABLE ROW LEVEL SECURITY; ALTER TABLE member_personal_data FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON member_personal_data TO tessera_app;
GRANT UPDATE (given_name, family_name, email, phone, birth_date, language, updated_at) ON member_personal_data TO tessera_app;
CREATE POLICY own_member ON member_personal_data TO tessera_app
  USING ((SELECT current_principal()) = 'member' AND member_id = (SELECT current_member()));
CREATE POLICY operator_reads ON member_personal_data FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'operator');
CREATE POLICY enrolling_brand ON member_personal_data FOR INSERT TO tessera_app WITH CHECK (
  (SELECT current_principal()) = 'operator' OR ((SELECT current_principal()) = 'brand' AND brand_knows(member_id)));
CREATE POLICY session_is_brand ON member_personal_data AS RESTRICTIVE TO tessera_app
  USING ((SELECT current_principal()) <> 'member' OR (SELECT current_brand()) IS NULL OR false);
`;

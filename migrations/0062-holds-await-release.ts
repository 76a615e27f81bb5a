import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A hold of a pool's points that the clock has ended, whoever booked that, awaits its release: only that gives points
 * back to contributors who have left (docs/decisions/0016).
 */
export class HoldsAwaitRelease1790000000062 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE hold ADD COLUMN awaits_release boolean NOT NULL DEFAULT false
        CONSTRAINT hold_awaits_release CHECK (NOT awaits_release OR state = 'EXPIRED');
      GRANT UPDATE (awaits_release) ON hold TO tessera_kernel;
      ${ENDED_BEFORE}
      CREATE INDEX hold_awaiting_release ON hold (expires_at) WHERE awaits_release;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE hold DROP COLUMN awaits_release');
  }
}

/** Those whose release was never posted. Its id is derivedUuid('hold-expiry', hold.id). */
const ENDED_BEFORE = `
  ALTER TABLE hold NO FORCE ROW LEVEL SECURITY; ALTER TABLE account NO FORCE ROW LEVEL SECURITY; ALTER TABLE posting NO FORCE ROW LEVEL SECURITY;
  UPDATE hold h SET awaits_release = true FROM account a WHERE a.id = h.account_id AND a.kind = 'POOL' AND h.state = 'EXPIRED' AND NOT EXISTS (
    SELECT FROM substr(sha256(convert_to('11:hold-expiry36:' || h.id, 'UTF8')), 1, 16) AS digest, posting p
      WHERE p.id = encode(set_byte(set_byte(digest, 6, get_byte(digest, 6) & 15 | 128), 8, get_byte(digest, 8) & 63 | 128), 'hex')::uuid);
  ALTER TABLE hold FORCE ROW LEVEL SECURITY; ALTER TABLE account FORCE ROW LEVEL SECURITY; ALTER TABLE posting FORCE ROW LEVEL SECURITY;
`;

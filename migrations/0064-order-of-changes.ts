import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Entries of the change log carry their transaction's id, as transfers do: whoever reads them by ranges of it below the
 * snapshot's xmin misses none. Those of before have 0, and so come first.
 */
export class OrderOfChanges1790000000064 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE audit_entry ADD COLUMN xid xid8 NOT NULL DEFAULT '0';
      ALTER TABLE audit_entry ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE audit_entry DROP COLUMN xid');
  }
}

import type { ClientBase } from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * BullMQ's own tables and functions, made by the owner; tessera_queue may use them and change nothing of their shape.
 * A BullMQ with a newer schema needs another migration like this one: what ran already is left alone.
 */
export class QueueTables1790000000007 implements MigrationInterface {
  /** BullMQ's migrator begins and commits its own transaction. Broken off in between, this migration is simply run again. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    // Not above: every gateway loads the migrations to compare them with those that ran, and needs no BullMQ for that.
    const { runMigrations } = await import('bullmq');
    const client: ClientBase = await runner.connect();
    await runMigrations(client, 'bullmq');
    await runner.query(`
      -- CREATE: BullMQ makes a sequence of job numbers for each queue when it is first used.
      GRANT USAGE, CREATE ON SCHEMA bullmq TO tessera_queue;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bullmq TO tessera_queue;
      REVOKE INSERT, UPDATE, DELETE ON bullmq.migration FROM tessera_queue;
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA bullmq TO tessera_queue;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bullmq TO tessera_queue;
    `);
  }

  /** Empties the schema; the journal fills the queues again. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA bullmq CASCADE; CREATE SCHEMA bullmq');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A role and a schema for the queues when they live in PostgreSQL: they can reach nothing of the platform's own tables. */
export class QueueRole1790000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_queue') THEN CREATE ROLE tessera_queue NOLOGIN NOBYPASSRLS; END IF;
        IF NOT pg_has_role(current_user, 'tessera_queue', 'SET') THEN EXECUTE format('GRANT tessera_queue TO %I', current_user); END IF;
      END $$;
      CREATE SCHEMA bullmq AUTHORIZATION tessera_queue;
    `);
  }

  /** Drops every queue; the journal and the outbox fill them again. The role stays, since other databases of the server may use it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA bullmq CASCADE');
  }
}

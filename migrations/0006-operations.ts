import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What running the platform needs: a place for the queues, the mark of the master key, and the migrations for all to read. */
export class Operations1790000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The queues, when they live in PostgreSQL: their role can reach nothing of the platform's own tables.
      DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_queue') THEN CREATE ROLE tessera_queue NOLOGIN NOBYPASSRLS; END IF;
        IF NOT pg_has_role(current_user, 'tessera_queue', 'SET') THEN EXECUTE format('GRANT tessera_queue TO %I WITH INHERIT FALSE, SET TRUE', current_user); END IF;
      END $$;
      CREATE SCHEMA bullmq;

      -- With another master key than the one it began with, nothing in the database could be found again: refused at start.
      CREATE TABLE deployment (
        one boolean PRIMARY KEY DEFAULT true CONSTRAINT deployment_one CHECK (one),
        key_mark bytea NOT NULL
      );
      GRANT SELECT ON deployment, migration TO tessera_app;
    `);
  }

  /** Drops every queue; the journal and the outbox fill them again. The role stays, since other databases of the server may use it. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA bullmq CASCADE; DROP TABLE deployment; REVOKE SELECT ON migration FROM tessera_app');
  }
}

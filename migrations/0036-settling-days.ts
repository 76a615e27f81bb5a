import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For how many days a suspended brand may still tell what happened before; who recognises a token sees since when its brand is suspended. */
export class SettlingDays1790000000036 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE brand ADD COLUMN settling_days int NOT NULL DEFAULT 14,
        ADD CONSTRAINT brand_settling_days CHECK (settling_days BETWEEN 0 AND 365);
      GRANT UPDATE (settling_days) ON brand TO tessera_app;
      CREATE POLICY authenticator_reads ON brand_event FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'authenticator');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP POLICY authenticator_reads ON brand_event; ALTER TABLE brand DROP COLUMN settling_days');
  }
}

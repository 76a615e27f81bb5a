import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lines of a finished import that may be sent again as they are: what refused them depends on more than what they say. */
export class LinesToSendAgain1790000000034 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE file_import_retry (
        import_id uuid NOT NULL REFERENCES file_import (id),
        line bigint NOT NULL,
        brand_id uuid NOT NULL,
        PRIMARY KEY (import_id, line)
      );
      ALTER TABLE file_import_error ADD COLUMN retry_safe boolean NOT NULL DEFAULT false;
      GRANT SELECT, INSERT, DELETE ON file_import_retry TO tessera_app;
      GRANT DELETE ON file_import_error TO tessera_app;
      ALTER TABLE file_import_retry ENABLE ROW LEVEL SECURITY; ALTER TABLE file_import_retry FORCE ROW LEVEL SECURITY;
      CREATE POLICY coalition_reads ON file_import_retry FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
      CREATE POLICY own_brand ON file_import_retry TO tessera_app
        USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()))
        WITH CHECK ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()) AND EXISTS (SELECT FROM file_import i WHERE i.id = import_id));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      REVOKE DELETE ON file_import_error FROM tessera_app;
      ALTER TABLE file_import_error DROP COLUMN retry_safe;
      DROP TABLE file_import_retry;
    `);
  }
}

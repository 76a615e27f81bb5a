import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lines of a file that have no reference are known by what they say, and by which of its like each is in its file: file_import_reference counts them.
 * A reference that stands in a file once is the first of its like.
 */
export class LinesAlike1790000000051 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE file_import_reference ADD COLUMN nth integer NOT NULL DEFAULT 1;
      ALTER TABLE file_import_reference DROP CONSTRAINT file_import_reference_pkey;
      ALTER TABLE file_import_reference ADD PRIMARY KEY (import_id, reference, nth);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE file_import_reference NO FORCE ROW LEVEL SECURITY;
      DELETE FROM file_import_reference WHERE nth > 1;
      ALTER TABLE file_import_reference FORCE ROW LEVEL SECURITY;
      ALTER TABLE file_import_reference DROP CONSTRAINT file_import_reference_pkey;
      ALTER TABLE file_import_reference ADD PRIMARY KEY (import_id, reference);
      ALTER TABLE file_import_reference DROP COLUMN nth;
    `);
  }
}

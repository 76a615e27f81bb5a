import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that enrol members: they are of no points currency. How a file begins, so that one that was sent before with a line less is known again. */
export class FilesOfMembers1790000000035 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE file_import DROP CONSTRAINT file_import_kind,
        ADD CONSTRAINT file_import_kind CHECK (kind IN ('OPENINGS', 'PURCHASES', 'REDEMPTIONS', 'MEMBERS')),
        ALTER COLUMN currency_id DROP NOT NULL,
        ADD CONSTRAINT file_import_currency CHECK ((currency_id IS NULL) = (kind = 'MEMBERS')),
        -- SHA-256 of its first lines, in hexadecimal digits; null: not said.
        ADD COLUMN beginning text CONSTRAINT file_import_beginning CHECK (beginning ~ '^[0-9a-f]{64}$');
      CREATE INDEX file_import_alike ON file_import (brand_id, beginning) WHERE beginning IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX file_import_alike;
      ALTER TABLE file_import DROP COLUMN beginning, DROP CONSTRAINT file_import_currency, ALTER COLUMN currency_id SET NOT NULL,
        DROP CONSTRAINT file_import_kind, ADD CONSTRAINT file_import_kind CHECK (kind IN ('OPENINGS', 'PURCHASES'));
    `);
  }
}

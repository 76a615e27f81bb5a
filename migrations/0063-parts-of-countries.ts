import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A member's jurisdiction may be a part of a country, such as a state of the United States: laws differ by it. */
export class PartsOfCountries1790000000063 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE member ALTER COLUMN jurisdiction TYPE text;
      ALTER TABLE member ADD CONSTRAINT member_jurisdiction_form CHECK (jurisdiction ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$');
    `);
  }

  /** The part of the country is lost. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE member DROP CONSTRAINT member_jurisdiction_form;
      ALTER TABLE member ALTER COLUMN jurisdiction TYPE char(2) USING left(jurisdiction, 2);
    `);
  }
}

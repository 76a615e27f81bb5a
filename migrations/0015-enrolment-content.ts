import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An enrolment's rows are written before its posting: they say themselves what was asked for, should nobody have come to the posting. */
export class EnrolmentContent1790000000015 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- SHA-256 of the content of the request that enrolled the member; NULL for links of other sources, and of before it was kept.
      ALTER TABLE brand_link ADD COLUMN enrolled_content bytea CONSTRAINT brand_link_content_length CHECK (octet_length(enrolled_content) = 32);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE brand_link DROP COLUMN enrolled_content;');
  }
}

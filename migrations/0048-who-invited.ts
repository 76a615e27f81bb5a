import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who invited a login to act for a brand: an invitation stands and falls with them (docs/decisions/0024). NULL: the founding, or before this was kept. */
export class WhoInvited1790000000048 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // The id of somebody on the staff, or of an API client.
    await runner.query('ALTER TABLE staff ADD COLUMN invited_by uuid');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE staff DROP COLUMN invited_by');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom a brand knew by a customer id: who unlinks a member again is told that it is done. */
export class EndedCustomerIds1790000000057 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX brand_link_customer_ended ON brand_link (brand_id, customer_hash) WHERE unlinked_at IS NOT NULL AND customer_hash IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX brand_link_customer_ended');
  }
}

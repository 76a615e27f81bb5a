import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Purchases are rounded as receipts are, and points that paid for one come back by what they are worth; what is recorded already stays as it was. */
export class WorthOfPurchases1790000000026 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What its returns are worked out by. 1: lines exact, points by pieces. 2: lines rounded to the minor unit, points by worth.
      ALTER TABLE purchase ADD COLUMN arithmetic smallint NOT NULL DEFAULT 1 CONSTRAINT purchase_arithmetic CHECK (arithmetic IN (1, 2));
      ALTER TABLE purchase_redemption
        -- From 1, in the order in which the purchase named them.
        ADD COLUMN position smallint,
        -- What the points paid of it, in units of its money.
        ADD COLUMN value numeric(38, 9);
      -- What was to be given back in money.
      ALTER TABLE purchase_return ADD COLUMN money_back numeric(38, 9);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE purchase_return DROP COLUMN money_back;
      ALTER TABLE purchase_redemption DROP COLUMN position, DROP COLUMN value;
      ALTER TABLE purchase DROP COLUMN arithmetic;
    `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lines as receipts have them: with a total instead of a price, with tax, discounts, deposits and what is traded in; money back without goods. */
export class LinesOfReceipts1790000000027 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE purchase_line
        ALTER COLUMN unit_price DROP NOT NULL,
        -- What all of it costs, where no price says it.
        ADD COLUMN amount numeric(38, 9),
        ADD COLUMN kind text NOT NULL DEFAULT 'GOODS' CONSTRAINT purchase_line_kind CHECK (kind IN ('GOODS', 'DISCOUNT', 'DEPOSIT', 'TRADE_IN')),
        -- Its part of the basket's discounts; NULL: none.
        ADD COLUMN discount numeric(38, 9),
        -- Beside what it costs; NULL: none.
        ADD COLUMN tax numeric(38, 9),
        ADD CONSTRAINT purchase_line_cost CHECK ((unit_price IS NULL) <> (amount IS NULL));
      ALTER TABLE purchase_return_line
        DROP CONSTRAINT purchase_return_line_positive,
        -- By how much money given back without goods, and lying on those that are left, has changed; below zero where it went with goods.
        ADD COLUMN reduction numeric(38, 9) NOT NULL DEFAULT 0,
        ADD CONSTRAINT purchase_return_line_something CHECK (quantity >= 0 AND (quantity > 0 OR reduction > 0));
      -- Whether the tax beside the lines earns.
      ALTER TABLE earning_rule ADD COLUMN earns_on text NOT NULL DEFAULT 'GROSS' CONSTRAINT earning_rule_earns_on CHECK (earns_on IN ('GROSS', 'NET'));
    `);
  }

  /** Refused by the database where lines without a price, or money back without goods, are recorded already. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE earning_rule DROP COLUMN earns_on;
      ALTER TABLE purchase_return_line DROP CONSTRAINT purchase_return_line_something, DROP COLUMN reduction,
        ADD CONSTRAINT purchase_return_line_positive CHECK (quantity > 0);
      ALTER TABLE purchase_line DROP CONSTRAINT purchase_line_cost, DROP COLUMN amount, DROP COLUMN kind, DROP COLUMN discount, DROP COLUMN tax,
        ALTER COLUMN unit_price SET NOT NULL;
    `);
  }
}

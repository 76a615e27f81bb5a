import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a card alone may do, and what members may say of themselves (docs/decisions/0025). */
export class WhatIsShown1790000000025 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CARD_LIMIT);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE brand DROP COLUMN card_only_per_day');
  }
}

const CARD_LIMIT = `
-- Whole points of a member that a card alone burns at the brand in a day, of each currency; NULL: no limit. It guards members from the brand, so the operator sets it.
ALTER TABLE brand ADD COLUMN card_only_per_day int DEFAULT 1000 CONSTRAINT brand_card_only CHECK (card_only_per_day BETWEEN 0 AND 1000000000);
GRANT UPDATE (card_only_per_day) ON brand TO tessera_app;
`;

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rules are per brand, points currency and money. Until now a rule of another money ended the one before: those that were ended so stay ended.
 * Earning: what points are rounded to, and points for full steps of money. Redemption: what points are worth as an exact ratio, paid in whole minor units.
 */
export class RulesByMoney1790000000029 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(['earning_rule', 'redemption_rule'].map(byMoney).join('\n'));
    await runner.query(`
      -- Whole points until now.
      ALTER TABLE earning_rule ADD COLUMN round_to text NOT NULL DEFAULT 'UNIT' CONSTRAINT earning_rule_round_to CHECK (round_to IN ('UNIT', 'SMALLEST'));
      -- Micro-units of money: points_per_unit points for each full one of them. NULL: for each unit of money, in proportion.
      ALTER TABLE earning_rule ADD COLUMN per bigint CONSTRAINT earning_rule_per CHECK (per > 0);
      -- points_per_unit points pay so many micro-units of money.
      ALTER TABLE redemption_rule ADD COLUMN worth bigint NOT NULL DEFAULT 1000000 CONSTRAINT redemption_rule_worth CHECK (worth > 0);
      -- 1: what points pay is floored to micro-units. 2: to the minor unit of its money.
      ALTER TABLE redemption ADD COLUMN arithmetic smallint NOT NULL DEFAULT 1 CONSTRAINT redemption_arithmetic CHECK (arithmetic IN (1, 2));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE earning_rule DROP COLUMN round_to, DROP COLUMN per;
      ALTER TABLE redemption_rule DROP COLUMN worth;
      ALTER TABLE redemption DROP COLUMN arithmetic;
    `);
    for (const rule of ['earning_rule', 'redemption_rule'])
      await runner.query(`
        ALTER TABLE ${rule} DROP CONSTRAINT ${rule}_one_start, DROP COLUMN ends_at;
        ALTER TABLE ${rule} ADD CONSTRAINT ${rule}_one_start UNIQUE (brand_id, currency_id, effective_from);
      `);
  }
}

function byMoney(rule: string): string {
  return `
    -- When a rule of another money ended it; the next one of its own money may be in force later.
    ALTER TABLE ${rule} ADD COLUMN ends_at timestamptz;
    ALTER TABLE ${rule} NO FORCE ROW LEVEL SECURITY;
    UPDATE ${rule} r SET ends_at = (
      SELECT min(other.effective_from) FROM ${rule} other
      WHERE other.brand_id = r.brand_id AND other.currency_id = r.currency_id AND other.money_currency <> r.money_currency AND other.effective_from > r.effective_from);
    ALTER TABLE ${rule} FORCE ROW LEVEL SECURITY;
    ALTER TABLE ${rule} DROP CONSTRAINT ${rule}_one_start;
    ALTER TABLE ${rule} ADD CONSTRAINT ${rule}_one_start UNIQUE (brand_id, currency_id, money_currency, effective_from);
  `;
}

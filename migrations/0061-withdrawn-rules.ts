import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A version of a rule can be withdrawn before it begins: it was never in force, and stays on record. Another one may
 * start at that moment (docs/decisions/0032).
 */
export class WithdrawnRules1790000000061 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const { table, key } of RULES)
      await runner.query(`
        ALTER TABLE ${table} ADD COLUMN withdrawn_at timestamptz CONSTRAINT ${table}_withdrawn CHECK (withdrawn_at < effective_from);
        ALTER TABLE ${table} DROP CONSTRAINT ${table}_one_start;
        ALTER TABLE ${table} ADD CONSTRAINT ${table}_one_start
          EXCLUDE USING btree (${key.map((column) => `${column} WITH =`).join(', ')}) WHERE (withdrawn_at IS NULL);
        GRANT UPDATE (withdrawn_at) ON ${table} TO tessera_app;
      `);
    // The other two are written by policies for all commands.
    await runner.query(`
      CREATE POLICY operator_withdraws ON gift_rule FOR UPDATE TO tessera_app
        USING ((SELECT current_principal()) = 'operator') WITH CHECK ((SELECT current_principal()) = 'operator');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP POLICY operator_withdraws ON gift_rule');
    // Nothing was earned by a version that was withdrawn, and so a limit of what it earns has counted nothing.
    await runner.query(`
      ALTER TABLE earning_rule NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE velocity_limit NO FORCE ROW LEVEL SECURITY;
      DELETE FROM velocity_limit l USING earning_rule r WHERE r.id = l.earning_rule_id AND r.withdrawn_at IS NOT NULL;
      ALTER TABLE velocity_limit FORCE ROW LEVEL SECURITY;
      ALTER TABLE earning_rule FORCE ROW LEVEL SECURITY;
    `);
    for (const { table, key } of RULES)
      await runner.query(`
        REVOKE UPDATE (withdrawn_at) ON ${table} FROM tessera_app;
        ALTER TABLE ${table} DROP CONSTRAINT ${table}_one_start;
        ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY;
        DELETE FROM ${table} WHERE withdrawn_at IS NOT NULL;
        ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
        ALTER TABLE ${table} DROP COLUMN withdrawn_at;
        ALTER TABLE ${table} ADD CONSTRAINT ${table}_one_start UNIQUE (${key.join(', ')});
      `);
  }
}

const RULES = [
  { table: 'earning_rule', key: ['brand_id', 'currency_id', 'money_currency', 'effective_from'] },
  { table: 'redemption_rule', key: ['brand_id', 'currency_id', 'money_currency', 'effective_from'] },
  { table: 'gift_rule', key: ['currency_id', 'effective_from'] },
];

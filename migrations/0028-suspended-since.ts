import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when a brand is suspended, and was before: what it tells late is judged by what it was when it happened. Before its first change a brand was ACTIVE. */
export class SuspendedSince1790000000028 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE brand_event (
        brand_id uuid NOT NULL REFERENCES brand (id),
        seq int NOT NULL,
        status text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (brand_id, seq),
        CONSTRAINT brand_event_status CHECK (status IN ('ACTIVE', 'SUSPENDED'))
      );
      CREATE TRIGGER brand_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON brand_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
      CREATE TRIGGER brand_event_version AFTER INSERT ON brand_event FOR EACH STATEMENT EXECUTE FUNCTION bump_coalition_version();
      GRANT SELECT, INSERT ON brand_event TO tessera_app;

      -- The audit trail has every change so far.
      ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY;
      INSERT INTO brand_event (brand_id, seq, status, at)
        SELECT target_id::uuid, row_number() OVER (PARTITION BY target_id ORDER BY at, id), CASE operation WHEN 'suspendBrand' THEN 'SUSPENDED' ELSE 'ACTIVE' END, at
        FROM audit_entry WHERE operation IN ('suspendBrand', 'resumeBrand');
      ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;

      ALTER TABLE brand_event ENABLE ROW LEVEL SECURITY; ALTER TABLE brand_event FORCE ROW LEVEL SECURITY;
      CREATE POLICY coalition_reads ON brand_event FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
      CREATE POLICY own_brand ON brand_event FOR SELECT TO tessera_app USING ((SELECT current_principal()) = 'brand' AND brand_id = (SELECT current_brand()));
      CREATE POLICY operator_writes ON brand_event FOR INSERT TO tessera_app WITH CHECK ((SELECT current_principal()) = 'operator');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE brand_event');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a till asks for with each purchase is found by one look. Policies asked once more for each row (docs/decisions/0030).
 */
export class CustomersOfBrands1790000000055 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION customers_of_brand(brand uuid, hashes bytea[])
        RETURNS TABLE (place bigint, member_id uuid, wallet_id uuid, locked boolean, closed boolean, confirmed boolean)
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      #variable_conflict use_column
      BEGIN
        IF NOT (current_principal() IN ('operator', 'worker') OR (current_principal() = 'brand' AND current_brand() = brand)) THEN RETURN; END IF;
        RETURN QUERY
          SELECT asked.place, l.member_id, w.id, w.locked_at IS NOT NULL, m.status = 'CLOSED', l.confirmed_at IS NOT NULL
          FROM unnest(hashes) WITH ORDINALITY AS asked (hash, place)
          JOIN brand_link l ON l.brand_id = brand AND l.customer_hash = asked.hash AND l.unlinked_at IS NULL
          LEFT JOIN (member m JOIN wallet w ON w.member_id = m.id) ON m.merged_into IS NULL AND m.id = l.member_id;
      END $$;
      COMMENT ON FUNCTION customers_of_brand(uuid, bytea[]) IS
        'Whom a brand''s own ids lead to, for that brand alone: no wallet where the member was merged into another one.';
      REVOKE ALL ON FUNCTION customers_of_brand(uuid, bytea[]) FROM PUBLIC;
      GRANT EXECUTE ON FUNCTION customers_of_brand(uuid, bytea[]) TO tessera_app;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION customers_of_brand(uuid, bytea[])');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A suspended brand comes to know nobody and takes no till code. It may still look: what a card is shown for may have happened before. So a link is
 * judged when its transaction commits, and a look that is rolled back is not.
 */
export class SuspendedBrandsLinkNobody1790000000041 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION refuse_suspended_link() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF current_principal() = 'brand' AND EXISTS (SELECT FROM brand b WHERE b.id = NEW.brand_id AND b.status = 'SUSPENDED') THEN
          RAISE EXCEPTION 'a suspended brand comes to know nobody' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER brand_link_suspended AFTER INSERT OR UPDATE OF confirmed_at, confirmed_by ON brand_link
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_suspended_link();
      ${MEET.replace('DECLARE', DECLARE_SUSPENDED).replace('use_till_code(code_hash, request, at)', FOUND).replace('request IS NULL', 'request IS NULL OR suspended')}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`${MEET} DROP TRIGGER brand_link_suspended ON brand_link; DROP FUNCTION refuse_suspended_link();`);
  }
}

const MEET = `
  CREATE OR REPLACE FUNCTION meet_by_till_code(code_hash bytea, request uuid, at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
  DECLARE holder uuid := use_till_code(code_hash, request, at); link uuid;
  BEGIN
    IF holder IS NULL OR request IS NULL THEN RETURN holder; END IF;
    INSERT INTO brand_link (id, brand_id, member_id, source, linked_at, confirmed_at, confirmed_by)
      VALUES (gen_random_uuid(), current_brand(), holder, 'PRESENTED', at, at, 'TILL_CODE')
      ON CONFLICT (brand_id, member_id) WHERE unlinked_at IS NULL DO UPDATE
        SET confirmed_at = EXCLUDED.confirmed_at, confirmed_by = EXCLUDED.confirmed_by WHERE brand_link.confirmed_at IS NULL
      RETURNING id INTO link;
    IF link IS NOT NULL THEN
      INSERT INTO audit_entry (id, at, actor, brand_id, member_id, operation, target_id)
        VALUES (gen_random_uuid(), at, 'brand:' || current_brand(), current_brand(), holder, 'useTillCode', link);
    END IF;
    RETURN holder;
  END $$;`;
const DECLARE_SUSPENDED = `DECLARE suspended boolean := EXISTS (SELECT FROM brand b WHERE b.id = current_brand() AND b.status = 'SUSPENDED');`;
/** While the brand is suspended every code has expired: the request that took one before finds the member again, and no other does. */
const FOUND = "use_till_code(code_hash, request, CASE WHEN suspended THEN 'infinity' ELSE at END)";

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A link that has ended does not come back by the till code that confirmed it: the request that took the code finds the member no longer. */
export class EndedLinks1790000000040 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION end_till_code() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN
        UPDATE till_code SET used_for = gen_random_uuid() WHERE member_id = NEW.member_id AND used_by_brand_id = NEW.brand_id;
        RETURN NULL; END $$;
      COMMENT ON FUNCTION end_till_code() IS 'The till code that a brand took is nobody''s repetition any more.';
      CREATE TRIGGER brand_link_ended AFTER UPDATE OF unlinked_at ON brand_link
        FOR EACH ROW WHEN (NEW.unlinked_at IS NOT NULL AND OLD.unlinked_at IS NULL) EXECUTE FUNCTION end_till_code();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER brand_link_ended ON brand_link; DROP FUNCTION end_till_code();');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Points whose end passes while they are away get days of grace once. Lots of what has had them are of the twin of their origin, whose id is the
 * origin's below zero. A hold knows the local days on which it was placed and ends, and the days of grace, so that whoever books its end comes to the
 * same.
 */
export class WhatComesBack1790000000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE lot_origin NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE lot_origin DROP CONSTRAINT lot_origin_unique;
      CREATE UNIQUE INDEX lot_origin_unique ON lot_origin (issuer_id, currency_id, issue_month, terms_id, offer_id) NULLS NOT DISTINCT WHERE id > 0;
      INSERT INTO lot_origin (id, issuer_id, issuer_code, currency_id, issue_month, terms_id, offer_id) OVERRIDING SYSTEM VALUE
      SELECT -id, issuer_id, issuer_code, currency_id, issue_month, terms_id, offer_id FROM lot_origin WHERE id > 0;
      ALTER TABLE lot_origin FORCE ROW LEVEL SECURITY;

      -- The new column says of what is there only what was so already.
      ALTER TABLE lot_change NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE lot_change ADD to_origin_id int;
      ALTER TABLE lot_change DISABLE TRIGGER USER;
      UPDATE lot_change SET to_origin_id = origin_id;
      ALTER TABLE lot_change ENABLE TRIGGER USER;
      ALTER TABLE lot_change ALTER to_origin_id SET NOT NULL;
      ALTER TABLE lot_change FORCE ROW LEVEL SECURITY;

      ALTER TABLE hold NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE point_currency NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE currency NO FORCE ROW LEVEL SECURITY;
      ALTER TABLE hold ADD held_on date, ADD expires_on date, ADD grace_days smallint;
      UPDATE hold h SET held_on = (h.occurred_at AT TIME ZONE p.zone)::date, expires_on = (h.expires_at AT TIME ZONE p.zone)::date, grace_days = p.grace_days
      FROM (SELECT c.id, coalesce(p.time_zone, 'UTC') AS zone, coalesce(p.grace_days, 30) AS grace_days
        FROM currency c LEFT JOIN point_currency p ON p.id = c.id) p
      WHERE p.id = h.currency_id;
      ALTER TABLE hold ALTER held_on SET NOT NULL, ALTER expires_on SET NOT NULL, ALTER grace_days SET NOT NULL;
      ALTER TABLE hold FORCE ROW LEVEL SECURITY;
      ALTER TABLE point_currency FORCE ROW LEVEL SECURITY;
      ALTER TABLE currency FORCE ROW LEVEL SECURITY;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE hold DROP held_on, DROP expires_on, DROP grace_days;
      ALTER TABLE lot_change DROP to_origin_id;
      ALTER TABLE lot_origin NO FORCE ROW LEVEL SECURITY;
      DELETE FROM lot_origin WHERE id < 0;
      DROP INDEX lot_origin_unique;
      ALTER TABLE lot_origin ADD CONSTRAINT lot_origin_unique UNIQUE NULLS NOT DISTINCT (issuer_id, currency_id, issue_month, terms_id, offer_id);
      ALTER TABLE lot_origin FORCE ROW LEVEL SECURITY;
    `);
  }
}

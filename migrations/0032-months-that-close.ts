import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where in the journal terms were agreed and partnerships changed; what a closing month waits for; events set aside because they cannot be priced.
 */
export class MonthsThatClose1790000000032 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(POSITIONS);
    await runner.query(WAITING);
    await runner.query(SET_ASIDE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE set_aside_event;
      ALTER TABLE period DROP COLUMN waits_for, DROP COLUMN waiting_message, DROP COLUMN waiting_since, DROP COLUMN close_attempts, DROP COLUMN next_attempt_at;
      DROP TRIGGER terms_version_agreed ON terms_version;
      DROP FUNCTION note_agreement();
      ALTER TABLE terms_version DROP COLUMN agreed_epoch, DROP COLUMN agreed_position, DROP COLUMN notice_waived;
      ALTER TABLE partnership_event DROP COLUMN made_epoch, DROP COLUMN made_position;
      DROP FUNCTION journal_epoch();
    `);
  }
}

// What was agreed before there were positions counts as agreed before everything.
const POSITIONS = `
-- The epoch in which this transaction's id is a journal position. After a restore into another cluster it is the next one, though no worker has begun it yet.
CREATE FUNCTION journal_epoch() RETURNS int LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT coalesce((SELECT epoch + (position > pg_snapshot_xmax(pg_current_snapshot()))::int FROM journal_cursor WHERE consumer = 'clearing'), 1) $$;
REVOKE ALL ON FUNCTION journal_epoch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_epoch() TO tessera_app;
-- Only for as long as it takes: whoever is given a function must be able to make one.
GRANT CREATE ON SCHEMA public TO tessera_books;
ALTER FUNCTION journal_epoch() OWNER TO tessera_books;
REVOKE CREATE ON SCHEMA public FROM tessera_books;

ALTER TABLE terms_version ADD COLUMN agreed_epoch int NOT NULL DEFAULT 0, ADD COLUMN agreed_position xid8 NOT NULL DEFAULT '0',
  ADD COLUMN notice_waived boolean NOT NULL DEFAULT false;
GRANT UPDATE (notice_waived) ON terms_version TO tessera_app;
CREATE FUNCTION note_agreement() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.agreed_epoch := journal_epoch();
  NEW.agreed_position := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER terms_version_agreed BEFORE UPDATE OF status ON terms_version
  FOR EACH ROW WHEN (NEW.status = 'COUNTERSIGNED' AND OLD.status <> 'COUNTERSIGNED') EXECUTE FUNCTION note_agreement();

ALTER TABLE partnership_event ADD COLUMN made_epoch int NOT NULL DEFAULT 0, ADD COLUMN made_position xid8 NOT NULL DEFAULT '0';
ALTER TABLE partnership_event ALTER COLUMN made_epoch SET DEFAULT journal_epoch(), ALTER COLUMN made_position SET DEFAULT pg_current_xact_id();
`;

const WAITING = `
ALTER TABLE period
  -- Why a closing month is not closed yet, since when, and how often it was tried; null once it is closed.
  ADD COLUMN waits_for text CONSTRAINT period_waits_for CHECK (waits_for IN ('OLDER_TRANSACTION', 'SET_ASIDE_EVENTS', 'FAILURE')),
  ADD COLUMN waiting_message text,
  ADD COLUMN waiting_since timestamptz,
  ADD COLUMN close_attempts int NOT NULL DEFAULT 0,
  -- Workers look at it again from then on; by the server's clock.
  ADD COLUMN next_attempt_at timestamptz,
  ADD CONSTRAINT period_waiting CHECK ((waits_for IS NULL) = (waiting_message IS NULL) AND (waits_for IS NULL) = (waiting_since IS NULL) AND (waits_for IS NULL OR status = 'CLOSING'));
GRANT UPDATE (waits_for, waiting_message, waiting_since, close_attempts, next_attempt_at) ON period TO tessera_app;
`;

const SET_ASIDE = `
-- A points event that could not be priced. It goes when it is cleared; until then its currency's months cannot be closed beyond it.
CREATE TABLE set_aside_event (
  event_transfer_id uuid PRIMARY KEY,
  currency_id smallint NOT NULL REFERENCES point_currency (id),
  -- Its place in the journal.
  epoch int NOT NULL,
  position xid8 NOT NULL,
  occurred_at timestamptz NOT NULL,
  reason text NOT NULL,
  attempts int NOT NULL DEFAULT 1,
  set_aside_at timestamptz NOT NULL,
  tried_at timestamptz NOT NULL
);
CREATE INDEX set_aside_event_of_currency ON set_aside_event (currency_id, set_aside_at, event_transfer_id);
GRANT SELECT, INSERT, DELETE ON set_aside_event TO tessera_kernel;
GRANT UPDATE (reason, attempts, tried_at) ON set_aside_event TO tessera_kernel;
GRANT SELECT ON set_aside_event TO tessera_app;
ALTER TABLE set_aside_event ENABLE ROW LEVEL SECURITY; ALTER TABLE set_aside_event FORCE ROW LEVEL SECURITY;
CREATE POLICY kernel_all ON set_aside_event TO tessera_kernel USING (true) WITH CHECK (true);
CREATE POLICY coalition_reads ON set_aside_event FOR SELECT TO tessera_app USING ((SELECT current_principal()) IN ('operator', 'worker'));
`;

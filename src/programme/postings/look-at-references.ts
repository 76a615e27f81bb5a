import type { PoolClient } from 'pg';
import type { App } from '../../app';
import { dayOf } from '../../ledger/points/calendar';
import { bareText } from '../../platform/bare-text';
import { pipelineReads, type Reading } from '../../platform/database/pipeline';
import type { Uuid } from '../../platform/ids';
import type { FoundReference } from './claim-reference';
import { ReferenceLook } from './held-references';
import { type ReferenceKind, referenceName, turnsThatHold } from './reference-turns';

/** The brand's own name for what is asked for. */
export interface SoughtReference {
  readonly kind: ReferenceKind;
  /** Code of the points currency. */
  readonly currency: string;
  readonly reference: string;
  readonly happenedAt: Date;
}

/** What a request says of its reference; null: it has none, or nothing but blanks. */
export function soughtReference(
  kind: ReferenceKind,
  { currency, reference, occurredAt }: { readonly currency: string; readonly reference: string | null; readonly occurredAt: Date | null },
  now: Date,
): SoughtReference | null {
  return reference === null || bareText(reference) === '' ? null : { kind, currency, reference, happenedAt: occurredAt ?? now };
}

/**
 * What is to be read of the references, in a transaction of the brand's; then what was found, null where there is none
 * or no such currency.
 */
export async function lookAtReferences(
  app: App,
  brandId: Uuid,
  sought: readonly (SoughtReference | null)[],
  version: string,
): Promise<{ readonly readings: readonly Reading<void>[]; readonly of: (at: number) => FoundReference | null }> {
  if (sought.every((each) => each === null)) return { readings: [], of: () => null };
  const look = new ReferenceLook(app.clock.now());
  const snapshot = await app.coalition.at(version);
  const repeat = snapshot.brandsById.get(brandId)?.referencesRepeat ?? 'NEVER';
  const named = sought.map((asked, at) => {
    const currency = asked && snapshot.currenciesByCode.get(asked.currency);
    if (!currency) return null;
    const { kind, reference, happenedAt } = asked;
    const name = referenceName(brandId, kind, currency.code, reference);
    const day = dayOf(happenedAt, currency.timeZone);
    look.ask(at, kind, name, turnsThatHold(repeat, day));
    return { kind, name, repeat, day, dayOf: (instant: Date) => dayOf(instant, currency.timeZone) };
  });
  return {
    readings: look.readings,
    of(at) {
      const name = named[at];
      return name ? { ...name, held: look.held(at) } : null;
    },
  };
}

/** One of them, read at once. */
export async function lookAtReference(
  app: App,
  client: PoolClient,
  brandId: Uuid,
  sought: SoughtReference | null,
  version: string,
): Promise<FoundReference | null> {
  const look = await lookAtReferences(app, brandId, [sought], version);
  await pipelineReads(client, look.readings);
  return look.of(0);
}

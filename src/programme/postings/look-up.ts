import type { App } from '../../app';
import { COALITION_VERSION, type CoalitionSnapshot } from '../../coalition/coalition/coalition-snapshot';
import { type FoundPosting, storedPostings } from '../../ledger/ledger/find-posting';
import { type PoolAccess, poolAccess } from '../../members/households/household';
import { dialledIn, isPhone } from '../../members/identification/identifier-look';
import { MemberLook } from '../../members/identification/member-look';
import type { HashedRef } from '../../members/identification/member-ref';
import { type FoundOrNot, foundMembers, isFound } from '../../members/identification/resolve-members';
import { coalesce } from '../../platform/database/coalesce';
import type { PipelinedReads } from '../../platform/database/pipelined-reads';
import type { Uuid } from '../../platform/ids';
import { notNow } from '../../platform/not-now';
import { itemAt, type OneEach } from '../../platform/one-of';
import { type RedemptionFact, readRedemptions } from './attached-redemptions';
import type { FoundReference } from './claim-reference';
import { lookAtReferences, type SoughtReference } from './look-at-references';

/** What a request about a member asks to be found before it is planned. */
export interface Sought {
  /** The posting that the request would make; null for a dry run, which looks for no earlier one. */
  readonly id: Uuid | null;
  readonly member: HashedRef;
  readonly redemptionIds: readonly Uuid[];
  /** The brand's own name for what is asked for; null: none. */
  readonly reference: SoughtReference | null;
}

/** What the brand may see of it. */
export interface LookedUp {
  /** The request was made before. */
  readonly stored: FoundPosting | null;
  /** Or why there is none that the brand can know. */
  readonly member: FoundOrNot;
  /** The household pool that the member is in, if any: not to be shown. */
  readonly pool: PoolAccess | undefined;
  /** Those of redemptionIds that it may see, and perhaps others. */
  readonly redemptions: ReadonlyMap<Uuid, RedemptionFact>;
  /** null: none was given, or in a currency that does not exist. */
  readonly reference: FoundReference | null;
  /** The coalition's version now; what hangs on it may be newer, never older. */
  readonly version: string;
}

/** Beyond this a transaction gets no cheaper, and its first caller would wait for its last. */
const MOST_TOGETHER = 500;

type LookUp = (brandId: Uuid, sought: readonly Sought[]) => Promise<readonly LookedUp[]>;

const lookUps = new WeakMap<App, LookUp>();

/**
 * Finds what requests of a brand are planned from, under its row-level security. Requests that come while another look
 * is under way are looked up together, in one transaction. Throws OVERLOADED when too many wait, UNAVAILABLE.
 */
export async function lookUp<const All extends readonly Sought[]>(
  app: App,
  brandId: Uuid,
  sought: All,
): Promise<{ readonly found: OneEach<All, LookedUp>; readonly version: string; readonly snapshot: CoalitionSnapshot }> {
  let look = lookUps.get(app);
  if (!look) lookUps.set(app, (look = coalescedLookUp(app)));
  const found = await look(brandId, sought);
  const { version } = itemAt(found, 0);
  return { found: found as OneEach<All, LookedUp>, version, snapshot: await app.coalition.at(version) };
}

function coalescedLookUp(app: App): LookUp {
  const read = async (reads: PipelinedReads, brandId: Uuid, sought: readonly Sought[]): Promise<LookedUp[]> => {
    const refs = sought.map(({ member }) => member);
    const tillCodeUse = { at: app.clock.now(), requests: sought.map(({ id }) => id) };
    const countryIn = (snapshot: CoalitionSnapshot | null) => snapshot?.brandsById.get(brandId)?.country ?? null;
    const country = countryIn(app.coalition.latest);
    let international = dialledIn(app.keys, country);
    let look = new MemberLook(brandId, refs, international, tillCodeUse);
    const ids = sought.flatMap(({ id }) => id ?? []);
    const [stored, version] = await reads.read([storedPostings(ids), COALITION_VERSION, ...look.readings]);
    if (refs.some(isPhone)) {
      // Where numbers are dialled was taken from the snapshot at hand. It almost never changes, but what was looked up
      // must not be another country's number.
      const now = countryIn(await app.coalition.at(version));
      if (now !== country) {
        international = dialledIn(app.keys, now);
        look = new MemberLook(brandId, refs, international, tillCodeUse);
        await reads.read(look.readings);
      }
    }
    const members = await foundMembers(app, reads, look);
    const redemptions = await readRedemptions(reads.client, [...new Set(sought.flatMap(({ redemptionIds }) => redemptionIds))]);
    const references = await lookAtReferences(
      app,
      brandId,
      sought.map(({ reference }) => reference),
      version,
    );
    const [pools] = await reads.readLast([poolAccess(members.flatMap((member) => (isFound(member) ? member.walletId : []))), ...references.readings]);
    return sought.map(({ id }, at) => {
      const member = itemAt(members, at);
      const reference = references.of(at);
      return {
        stored: (id !== null && stored.get(id)) || null,
        member,
        pool: isFound(member) ? pools.get(member.walletId) : undefined,
        redemptions,
        reference,
        version,
      };
    });
  };
  return coalesce('the look-up of requests', (brandId, sought) => app.database.pipelined({ kind: 'brand', brandId }, (reads) => read(reads, brandId, sought)), {
    most: MOST_TOGETHER,
    waiting: { most: app.config.ledger.queueLimit, full: () => notNow.refuse('OVERLOADED') },
  });
}

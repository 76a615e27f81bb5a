import type { App } from '../../app';
import type { Principal } from '../../coalition/access/principal';
import { brandThatAsks, withMember } from '../../members/identification/asking-member';
import { LOOKS_AT_MEMBERS } from '../../members/members/find-member';
import { type Expiry, nextExpiries, readStanding, readWalletAccounts } from '../../members/members/read-balances';
import type { Uuid } from '../../platform/ids';
import { InvalidInput } from '../../platform/refusal';

/** The furthest that can be asked for, in days. */
const FURTHEST = 730;

/** Points of a currency that can no longer be spent from a day on. */
export interface ExpiringPoints extends Expiry {
  readonly currency: string;
}

/**
 * What of a member's wallet expires within so many days from today (1: tomorrow), soonest first, a row for each day and
 * currency. It is told as things stand: where expiry slides, the next activity puts it off. Throws InvalidInput,
 * PermissionDenied, NotFound (member).
 */
export async function readExpiring(app: App, principal: Principal, memberId: Uuid, within: number): Promise<ExpiringPoints[]> {
  if (within < 1 || within > FURTHEST) throw new InvalidInput('within', `This is 1 to ${FURTHEST} days.`);
  const accounts = await withMember(app, principal, { by: 'id', memberId }, LOOKS_AT_MEMBERS, ({ client }, member) =>
    readWalletAccounts(app, client, member, brandThatAsks(principal)),
  );
  const found = await Promise.all(
    accounts.map(async (each) => {
      const standing = await readStanding(app, each);
      const expiries = nextExpiries(standing, { until: standing.today + within, limit: within });
      return expiries.map((expiry) => ({ ...expiry, currency: each.currency.code }));
    }),
  );
  return found.flat().sort((a, b) => (a.on === b.on ? (a.currency < b.currency ? -1 : 1) : a.on < b.on ? -1 : 1));
}

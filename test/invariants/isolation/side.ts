import type { ImportKind } from '../../../src/api/ingest/file-import';
import type { App } from '../../../src/app';
import { type Principal, SCOPES, type StaffRole } from '../../../src/coalition/access/principal';
import { mintClientToken, mintMemberToken } from '../../../src/coalition/sign-in/access-tokens';
import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import type { MemberRef } from '../../../src/members/identification/member-ref';
import type { Uuid } from '../../../src/platform/ids';

/** Somebody who sends requests. */
export interface Actor {
  readonly name: string;
  readonly principal: Principal;
  /** Left out by who needs no copy of it in another app. */
  readonly login?: Login;
  token(): Promise<string>;
}

/** How a token is had: a client's, a session's of a brand's app, or by logging in as somebody of the local issuer. */
export type Login =
  | { readonly as: 'client'; readonly clientId: Uuid }
  | { readonly as: 'session'; readonly brandId: Uuid; readonly memberId: Uuid }
  | { readonly as: 'login'; readonly subject: string };

export function actorWith(app: App, name: string, principal: Principal, login: Login): Actor {
  const token = () => {
    if (login.as === 'client') return mintClientToken(app, { id: login.clientId, scopes: SCOPES });
    return login.as === 'session' ? mintMemberToken(app, login.brandId, login.memberId) : mintLocalLogin(app, login.subject);
  };
  return { name, principal, login, token };
}

export interface Person {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** The brand's own id of its customer. */
  readonly customerId: string;
  readonly card: string;
  readonly ref: MemberRef;
}

/** What one of the two brands has: everything that a brand can have. */
export interface Furniture {
  readonly code: string;
  readonly brandId: Uuid;
  /** A word in every text that is this brand's own business: it must never be shown to the other. */
  readonly word: string;
  readonly client: Actor;
  readonly staff: Readonly<Record<StaffRole, Actor>>;
  /** A member of this brand only, and one of both. */
  readonly own: Person;
  readonly shared: Person;
  /** A member of this brand only, who will show the card at the other. */
  readonly visitor: Person;
  /** A member of this brand only, who was in arrears. */
  readonly poor: Person;
  /** A session that this brand's app opened for its own member; and for the shared one. */
  readonly member: Actor;
  readonly sharedMember: Actor;
  readonly statementId: Uuid;
}

/** What can be done for one of them. */
export interface SideTools {
  enrol(): Promise<Person>;
  /** A new member with points and a login of their own. */
  householder(): Promise<{ readonly person: Person; readonly actor: Actor }>;
  addStaff(): Promise<Uuid>;
  /** Somebody who has not accepted yet, and a token of theirs. */
  invite(): Promise<{ staffId: Uuid; token: string }>;
  purchase(person: Person, amount?: string, more?: Record<string, unknown>): Promise<Uuid>;
  spend(kind: 'redeem' | 'hold', person: Person, points?: number, more?: Record<string, unknown>): Promise<Uuid>;
  /** A quote of 10 FLP in AIR. */
  quote(person: Person): Promise<Uuid>;
  /** Starts the import of a file. */
  bringIn(kind: ImportKind): Promise<Uuid>;
  /** Goodwill that a programme manager has proposed. */
  sorry(by: Actor, person: Person): Promise<Uuid>;
  /** A purchase of 20 January, whose points wait to be confirmed. */
  award(person: Person): Promise<Uuid>;
  /** Buys something and brings it back; the return. */
  bringBack(person: Person): Promise<Uuid>;
  /** A partnership with the operator for a currency of its own, and the id of its only terms. */
  partnership(terms?: 'PROPOSED' | 'COUNTERSIGNED', state?: string): Promise<{ partnershipId: Uuid; termsId: Uuid; currency: string }>;
}

export type Side = Furniture & SideTools;

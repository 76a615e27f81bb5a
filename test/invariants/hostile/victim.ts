import { enrolMember } from '../../../src/members/members/enrol-members';
import { enrolMemberSchema } from '../../../src/members/members/enrolment';
import type { Uuid } from '../../../src/platform/ids';
import { recordPurchase } from '../../../src/programme/earning/record-purchases';
import { purchaseOf } from '../../support/shop-coalition';
import type { TwoBrands } from '../isolation/two-brands';

/** Somebody whom TAXI has enrolled, and what FUEL knows of them. */
export interface Victim {
  readonly memberId: Uuid;
  readonly walletId: Uuid;
  /** What FUEL may name the victim by. */
  readonly known: readonly { readonly kind: 'PHONE' | 'EMAIL' | 'CARD'; readonly value: string }[];
  /** What FUEL calls the victim, where it is let. */
  readonly customerId: string;
  /** Points that nobody else has so many of. */
  readonly points: number;
  /** Words of what TAXI knows of the victim. */
  readonly secrets: RegExp;
}

/** Enrols one at TAXI and has it buy something. `shown`: what FUEL knows; all three are the victim's. */
export async function enrolVictim(world: TwoBrands, name: string, points: number, shown: readonly ('PHONE' | 'EMAIL' | 'CARD')[]): Promise<Victim> {
  const { app } = world.points.test;
  const { principal } = world.b.client;
  const identifiers = [
    { kind: 'PHONE', value: `+43660${points}` },
    { kind: 'EMAIL', value: `${name}@example.com` },
    { kind: 'CARD', value: `card of ${name}` },
  ] as const;
  const personalData = { givenName: `${name} given`, familyName: `${name} family`, email: `${name}@private.example`, birthDate: '1971-07-07' };
  const command = { idempotencyKey: `victim ${name}`, identifiers, personalData, jurisdiction: 'NZ' };
  const { memberId, walletId } = await enrolMember(app, principal, enrolMemberSchema.parse(command));
  const lines = [{ sku: 'GOLD', quantity: '1', unitPrice: String(points) }];
  await recordPurchase(app, principal, purchaseOf({ by: 'id', memberId }, '1', { lines, moneyCurrency: 'EUR' }));
  return {
    memberId,
    walletId,
    known: identifiers.filter(({ kind }) => shown.includes(kind)),
    customerId: `${name} of fuel`,
    points,
    secrets: new RegExp(`${name} (?:given|family)|${name}@private|1971-07-07|"NZ"|GOLD`),
  };
}

import { InputType, registerEnumType } from 'type-graphql';
import { z } from 'zod';
import { plainText } from '../../ledger/ledger/request-fields';
import { IDENTIFIER_KINDS, type IdentifierKind, MAX_IDENTIFIER, type MemberRef } from '../../members/identification/member-ref';
import { identifierSchema } from '../../members/members/enrolment';
import { InvalidInput } from '../../platform/refusal';
import type { Context } from '../graphql/context';
import { Id, Of, Text } from '../graphql/fields';
import { readId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';

export const IdentifierKindEnum = Object.fromEntries(IDENTIFIER_KINDS.map((kind) => [kind, kind]));
registerEnumType(IdentifierKindEnum, {
  name: 'IdentifierKind',
  description: 'What a member shows at a till.',
  valuesConfig: {
    CARD: { description: 'Number of a card. Spaces and dashes do not count.' },
    QR: { description: 'Content of a QR code.' },
    PHONE: { description: 'Phone number, however it is spelled: with its country code, or as it is dialled in the country of the brand (Brand.country).' },
    EMAIL: { description: 'E-mail address. Capitals do not count.' },
    WALLET_PASS: { description: "Number of a pass in a phone's wallet." },
  },
});

@InputType('IdentifierInput', { description: 'A card, code or number that a member shows. Kept only as a keyed hash; never given out.' })
export class IdentifierInput {
  @Of(() => IdentifierKindEnum, 'What kind it is.') kind!: IdentifierKind;

  @Text(`Its content: 1 to ${MAX_IDENTIFIER} characters.`) value!: string;
}

@InputType('MemberRefInput', { description: 'Names a member: exactly one of the four.' })
export class MemberRefInput {
  @Id.orNull("The platform's id of the member, as you were shown it.") id?: string | null;

  @Text.orNull("The brand's own id for its customer, linked at enrolment or with linkMember.") customerId?: string | null;

  @Of.orNull(() => IdentifierInput, 'What the member presents at the till. A mutation makes the member known to the brand by it.')
  identifier?: IdentifierInput | null;

  @Text.orNull("A code that the member's login made a moment ago: good for one request, it confirms the brand's link with the member.")
  tillCode?: string | null;
}

const customerIdSchema = plainText(MAX_IDENTIFIER);
const tillCodeSchema = z.string().regex(/^[\s0-9A-Za-z-]{12,30}$/, 'A till code has twelve letters and digits.');

/** The reference that a query's input names: a query takes no till code. Throws InvalidInput. */
export function readKnownMember(ctx: Context, input: MemberRefInput, field: string): MemberRef {
  if (input.tillCode != null) throw new InvalidInput(`${field}.tillCode`, 'A till code is used once: by a mutation, such as useTillCode.');
  return readMemberRef(ctx, input, field);
}

/** The reference that an input names; throws InvalidInput unless exactly one of the four is there. */
export function readMemberRef(ctx: Context, input: MemberRefInput, field: string): MemberRef {
  const { id, customerId, identifier, tillCode } = input;
  if ([id, customerId, identifier, tillCode].filter((each) => each != null).length !== 1)
    throw new InvalidInput(field, 'Name the member by exactly one of id, customerId, identifier and tillCode.');
  if (id != null) return { by: 'id', memberId: readId(ctx, 'member', id, `${field}.id`) };
  if (customerId != null) return { by: 'customerId', customerId: parseInput(customerIdSchema, customerId, `${field}.customerId`) };
  if (tillCode != null) return { by: 'tillCode', tillCode: parseInput(tillCodeSchema, tillCode, `${field}.tillCode`) };
  return { by: 'identifier', identifier: parseInput(identifierSchema, identifier, `${field}.identifier`) };
}

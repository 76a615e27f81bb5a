import { defineRefusal, refusals } from '../../platform/define-refusal';
import { text } from '../../platform/refusal-fields';
import type { HashedRef } from './member-ref';

/** What is refused of whoever names too many that are nobody. */
export const lookUpRefusals = refusals(
  defineRefusal('FAILED_LOOK_UPS_USED_UP', {
    description: "Too many cards and numbers that are nobody's were shown; only members whom the brand knows are found for a while.",
    retrySafe: true,
    message: (_, { perHour }: { perHour: number }) =>
      `More than ${perHour} cards and numbers an hour were shown that are nobody's. Members whom you know are found; try others again later.`,
  }),
);

/** What is refused where a member is named. */
export const identificationRefusals = refusals(
  defineRefusal('MEMBER_UNKNOWN', {
    description: 'The reference names nobody whom you may know; the message says what to do. Nothing is stored under the key.',
    retrySafe: true,
    message: (_, { ref }: { ref: HashedRef }) => whoIsUnknown(ref),
  }),
  defineRefusal('IDENTIFIER_AMBIGUOUS', {
    description: 'Two members have this number, in two spellings, and are to be merged. Nothing is stored under the key.',
    retrySafe: true,
    message: "Two members have this number, in two spellings. Name the member otherwise, and have the operator's support merge the two.",
  }),
  lookUpRefusals,
);

/** What is refused where an identifier is given to a member. */
export const identifierRefusals = refusals(
  defineRefusal('IDENTIFIER_TAKEN', {
    description: 'An identifier belongs to a member already; whose it is, is not said.',
    retrySafe: true,
    fields: { kind: text('Kind of the identifier.') },
    discloses: { kind: 'OWN' },
    message: ({ kind }) => `This ${kind} belongs to a member already. Find that member by it, or have it removed there first.`,
  }),
  defineRefusal('IDENTIFIER_RESTS', {
    description: "A removed card is no other brand's for 90 days.",
    retrySafe: true,
    fields: { kind: text('Kind of the identifier.') },
    discloses: { kind: 'OWN' },
    message: ({ kind }) =>
      `This ${kind} was taken from a member less than 90 days ago, who had it from another brand. Give out another one, or ask the operator's support.`,
  }),
);

/** What is refused where a customer id is given to a member. */
export const customerIdRefusals = refusals(
  defineRefusal('CUSTOMER_ID_TAKEN', {
    description: 'The customer id is linked to a member already.',
    retrySafe: true,
    message: 'This customer id is linked to a member already. Use it to refer to that member, or unlink it first.',
  }),
);

function whoIsUnknown(ref: HashedRef): string {
  switch (ref.by) {
    case 'identifier':
      return `No member has this ${ref.kind}. Enrol whoever shows it (enrolMember), or add it to the member (addIdentifier); then send the same request again.`;
    case 'customerId':
      return 'You have no member under this customer id. Enrol the member (enrolMember), or link the customer id to one (linkMember); then send the same request again.';
    case 'id':
      return 'You know no member by this id. Let the member show a card or another identifier, or link the member (linkMember); then send the same request again.';
    case 'tillCode':
      return 'This till code is unknown, was used before or has expired. Let the member make a new one.';
  }
}

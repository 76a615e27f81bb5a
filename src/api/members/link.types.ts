import { InputType, ObjectType } from 'type-graphql';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Id, Instant, Of, Text } from '../graphql/fields';

const ConfirmedByEnum = enumOf('LinkConfirmedBy', 'What let a brand act for a member on its own customer id.', {
  ENROLMENT: 'The brand enrolled the member.',
  LOGIN: 'A login of the member said so (confirmLink).',
  TILL_CODE: 'A code of a login was shown at a till of the brand.',
});

@ObjectType('MemberLink', { description: 'A brand that knows the member, or knew it.' })
@Discloses<MemberLinkType>({ brandId: 'MEMBER', linkedAt: 'MEMBER', confirmedAt: 'MEMBER', confirmedBy: 'MEMBER', unlinkedAt: 'MEMBER' })
export class MemberLinkType {
  @Id('The brand.') brandId!: string;

  @Instant('Since when it knows the member.') linkedAt!: Date;

  @Instant.orNull('Since when it may act for the member on its own customer id; null: it may not.') confirmedAt!: Date | null;

  @Of.orNull(() => ConfirmedByEnum, 'By what it may; null: it may not.') confirmedBy!: string | null;

  @Instant.orNull('When it ended (unlinkMember); null: it has not.') unlinkedAt!: Date | null;
}

@ObjectType('TillCode', { description: 'A code by which the member proves at one till, once, to be there. Shown this once.' })
@Discloses<TillCodeType>({ code: 'MEMBER', expiresAt: 'MEMBER' })
export class TillCodeType {
  @Text('The code, to be typed or scanned: "7K3M-9QXZ-2ABC". Capitals and dashes do not count.') code!: string;

  @Instant('It can be used before this instant.') expiresAt!: Date;
}

@ObjectType('LinkConfirmed', { description: 'The brand may act for the member on its own customer id from now on.' })
@Discloses<LinkConfirmedType>({ brandId: 'MEMBER' })
export class LinkConfirmedType {
  @Id('The brand.') brandId!: string;
}

@InputType('ConfirmLinkInput')
export class ConfirmLinkInput {
  @Id('The brand that knows the member.') brandId!: string;
}

@InputType('UseTillCodeInput')
export class UseTillCodeInput {
  @Text("The code that the member's login made.") code!: string;
}

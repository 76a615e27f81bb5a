import { InputType, ObjectType } from 'type-graphql';
import { linkLoginRefusals } from '../../coalition/sign-in/link-login';
import { ChangeInput } from '../graphql/change-input.types';
import { Discloses } from '../graphql/discloses';
import { Flag, Id, Instant, Of, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';
import { MemberRefInput } from '../members/member-ref.types';

@ObjectType('Login', { description: 'A login of an identity provider that is bound to the member. Who it is, only the provider knows.' })
@Discloses<LoginType>({ id: 'MEMBER', addedAt: 'MEMBER', addedByBrandId: 'MEMBER', removedAt: 'MEMBER' })
export class LoginType {
  @Id('Opaque id, for removing it.') id!: string;

  @Instant('When it was bound.') addedAt!: Date;

  @Id.orNull("The brand that made the claim code; null: the operator's support, or it was bound before there were claim codes.") addedByBrandId!: string | null;

  @Instant.orNull('When it was removed; null while it logs the member in.') removedAt!: Date | null;
}

@ObjectType('ClaimCode', { description: 'A code by which the member binds a login, once. Shown this once.' })
@Discloses<ClaimCodeType>({ code: 'OWN', expiresAt: 'OWN' })
export class ClaimCodeType {
  @Text('The code: "7K3M-9QXZ-2ABC". Give it to the member and to nobody else.') code!: string;

  @Instant('It can be used before this instant.') expiresAt!: Date;
}

@ObjectType({ description: 'The member can log in through the identity provider from now on.' })
@Discloses('NOBODY')
export class LoginLinked {
  @Flag('Always true.') linked!: boolean;
}

@ObjectType({ description: 'The login is bound to nobody any more.' })
@Discloses<LoginRemoved>({ loginId: 'MEMBER' })
export class LoginRemoved {
  @Id('The login.') loginId!: string;
}

export const LinkLoginResult = answerUnion('LinkLoginResult', 'Confirmation.', () => LoginLinked, linkLoginRefusals);

@InputType()
export class CreateClaimCodeInput extends ChangeInput {
  @Of(() => MemberRefInput, 'Whose login is to be bound.') member!: MemberRefInput;
}

@InputType()
export class LinkLoginInput {
  @Text('A fresh token of the identity provider, for the login to link.') token!: string;

  @Text("The code that the brand which enrolled the member, or the operator's support, made for it: see createClaimCode.") claimCode!: string;
}

@InputType()
export class RemoveLoginInput extends ChangeInput {
  @Id('The login.') loginId!: string;
}

@InputType()
export class AcceptStaffInvitationInput {
  @Text('A fresh token of the identity provider, for the invited login.') token!: string;

  @Id('The invitation: what addStaff gave.') staffId!: string;
}

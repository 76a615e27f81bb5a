import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { linkLoginRefusals } from '../../coalition/sign-in/link-login';
import { ChangeInput } from '../graphql/change-input.types';
import { answerUnion } from '../graphql/refusal.types';
import { DateTimeScalar } from '../graphql/scalars';
import { MemberRefInput } from '../members/member-ref.types';

@ObjectType('Login', { description: 'A login of an identity provider that is bound to the member. Who it is, only the provider knows.' })
export class LoginType {
  @Field(() => ID, { description: 'Opaque id, for removing it.' })
  id!: string;

  @Field(() => DateTimeScalar, { description: 'When it was bound.' })
  addedAt!: Date;

  @Field(() => ID, {
    nullable: true,
    description: "The brand that made the claim code; null: the operator's support, or it was bound before there were claim codes.",
  })
  addedByBrandId!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was removed; null while it logs the member in.' })
  removedAt!: Date | null;
}

@ObjectType('ClaimCode', { description: 'A code by which the member binds a login, once. Shown this once.' })
export class ClaimCodeType {
  @Field(() => String, { description: 'The code: "7K3M-9QXZ-2ABC". Give it to the member and to nobody else.' })
  code!: string;

  @Field(() => DateTimeScalar, { description: 'It can be used before this instant.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'The member can log in through the identity provider from now on.' })
export class LoginLinked {
  @Field(() => Boolean, { description: 'Always true.' })
  linked!: boolean;
}

@ObjectType({ description: 'The login is bound to nobody any more.' })
export class LoginRemoved {
  @Field(() => ID, { description: 'The login.' })
  loginId!: string;
}

export const LinkLoginResult = answerUnion('LinkLoginResult', 'Confirmation.', () => LoginLinked, linkLoginRefusals);

@InputType()
export class CreateClaimCodeInput extends ChangeInput {
  @Field(() => MemberRefInput, { description: 'Whose login is to be bound.' })
  member!: MemberRefInput;
}

@InputType()
export class LinkLoginInput {
  @Field(() => String, { description: 'A fresh token of the identity provider, for the login to link.' })
  token!: string;

  @Field(() => String, { description: "The code that the brand which enrolled the member, or the operator's support, made for it: see createClaimCode." })
  claimCode!: string;
}

@InputType()
export class RemoveLoginInput extends ChangeInput {
  @Field(() => ID, { description: 'The login.' })
  loginId!: string;
}

@InputType()
export class AcceptStaffInvitationInput {
  @Field(() => String, { description: 'A fresh token of the identity provider, for the invited login.' })
  token!: string;

  @Field(() => ID, { description: 'The invitation: what addStaff gave.' })
  staffId!: string;
}

import { InputType, ObjectType } from 'type-graphql';
import type { Scope, StaffRole } from '../../coalition/access/principal';
import { addStaffRefusals, staffRefusals } from '../../coalition/sign-in/add-staff';
import { rotateSecretRefusals } from '../../coalition/sign-in/rotate-api-client-secret';
import { keyRefusals } from '../../ledger/ledger/ledger-refusals';
import { ChangeInput, CreationInput } from '../graphql/change-input.types';
import { connectionOf } from '../graphql/connection';
import { Discloses } from '../graphql/discloses';
import { enumOf } from '../graphql/enum-of';
import { Id, Instant, Of, Text } from '../graphql/fields';
import { answerUnion } from '../graphql/refusal.types';

export const ScopeEnum = enumOf<Scope>('Scope', 'What an API client may do, for its own brand only.', {
  members: 'Enrol, find, link and unlink members; read their balances; open sessions for them.',
  purchases: 'Record purchases and returns.',
  redemptions: 'Redeem, hold, capture, void and refund.',
  catalogue: "Change the brand's earning rules.",
  statements: "Read the brand's statements.",
  admin: "Manage the brand's API clients, staff and terms.",
});

export const StaffRoleEnum = enumOf<StaffRole>('StaffRole', 'What a person at a brand, or at the operator, may do.', {
  OPERATOR: "Everything in the coalition; only for the operator's own staff.",
  PROGRAMME_MANAGER: 'Brands, terms, rates, rules, API clients and staff.',
  FINANCE: 'Statements and settlement.',
  COMPLIANCE_OFFICER: 'Consents, requests of data subjects, the audit trail.',
  SUPPORT: 'Looks things up for members.',
});

@ObjectType('ApiClientSecret', { description: 'A secret of an API client. The secret itself is shown once, when it is made, and is not kept.' })
@Discloses('NOBODY')
export class ApiClientSecretType {
  @Id('Opaque id of the secret, for revoking it.') id!: string;

  @Instant('When it was made.') createdAt!: Date;
}

@ObjectType('ApiClient', { description: "A brand's backend: gets access tokens at /oauth/token with its id and secret." })
@Discloses('NOBODY')
export class ApiClientType {
  @Id('Opaque id; the `client_id` of token requests.') id!: string;

  @Id('The brand that it acts for.') brandId!: string;

  @Text('Name, for people.') name!: string;

  @Of(() => [ScopeEnum], 'What it may do.') scopes!: string[];

  @Instant('When it was made.') createdAt!: Date;

  @Instant.orNull('When it was disabled for good; null while it is live.') disabledAt!: Date | null;

  @Of(() => [ApiClientSecretType], 'Its live secrets: at most two, so that they can be rotated without a gap.') secrets?: ApiClientSecretType[];
}

export const ApiClientConnection = connectionOf('ApiClient', () => ApiClientType);

@ObjectType({ description: 'An API client with a secret just made.' })
@Discloses('NOBODY')
export class ApiClientWithSecret {
  @Of(() => ApiClientType, 'The client.') client!: ApiClientType;

  @Text.orNull(
    'The `client_secret`: shown this once. Null when the request is a repetition. If the first answer was lost, rotate with a new key; a secret of a lost rotation is revoked first.',
  )
  secret!: string | null;
}

@ObjectType('Staff', { description: 'A login of an identity provider that acts for a brand in one role.' })
@Discloses('NOBODY')
export class StaffType {
  @Id('Opaque id.') id!: string;

  @Id('The brand that it acts for.') brandId!: string;

  @Text("The provider: `iss` of the login's tokens.") issuer!: string;

  @Text('The login: `sub` of its tokens.') subject!: string;

  @Of(() => StaffRoleEnum, 'What it may do.') role!: string;

  @Instant('Since when.') createdAt!: Date;

  @Instant.orNull('When the login accepted the invitation; null: it has not, and may do nothing.') acceptedAt!: Date | null;

  @Instant.orNull('When it was removed; null while it may act.') removedAt!: Date | null;
}

export const StaffConnection = connectionOf('Staff', () => StaffType);

@ObjectType('AuditEntry', { description: 'Who changed what, when and why. Never altered.' })
@Discloses<AuditEntryType>({ id: 'OWN', at: 'OWN', actor: 'OWN', brandId: 'OWN', operation: 'OWN', target: 'OWN', reason: 'OWN' })
export class AuditEntryType {
  @Id('Opaque id.') id!: string;

  @Instant('When.') at!: Date;

  @Text('Kind of the principal, and its id: "client:cli_...".') actor!: string;

  @Id.orNull('The brand that it acted for.') brandId!: string | null;

  @Text('The operation, e.g. "suspendBrand".') operation!: string;

  @Text('What was changed: the hexadecimal digits of its id, or its code.') target!: string;

  @Text.orNull('Why, in the words of who did it; null for a brand where that was a member.') reason!: string | null;
}

export const AuditEntryConnection = connectionOf('AuditEntry', () => AuditEntryType);

@ObjectType({ description: 'A short session in which a member acts alone, through the app of the brand that asked for it.' })
@Discloses<MemberSessionType>({ token: 'OWN', expiresAt: 'OWN' })
export class MemberSessionType {
  @Text('Access token of the member: "Authorization: Bearer ...".') token!: string;

  @Instant('When it ends.') expiresAt!: Date;
}

export const CreateApiClientResult = answerUnion('CreateApiClientResult', 'The client with its first secret.', () => ApiClientWithSecret, keyRefusals);
export const RotateApiClientSecretResult = answerUnion(
  'RotateApiClientSecretResult',
  'The client with its new secret.',
  () => ApiClientWithSecret,
  rotateSecretRefusals,
);
export const AcceptStaffInvitationResult = answerUnion(
  'AcceptStaffInvitationResult',
  'The staff login, which may act from now on.',
  () => StaffType,
  staffRefusals,
);
export const AddStaffResult = answerUnion('AddStaffResult', 'The staff login.', () => StaffType, addStaffRefusals);

@InputType()
export class CreateApiClientInput extends CreationInput {
  @Id.orNull("Whose client it is. The operator's staff have to say it, for the operator too; everyone else creates clients of their own brand.")
  brandId?: string | null;

  @Text('Name, for people; at most 200 characters.') name!: string;

  @Of(() => [ScopeEnum], 'What it may do; at least one.') scopes!: string[];
}

@InputType()
export class ApiClientChangeInput extends ChangeInput {
  @Id('The client.') clientId!: string;
}

@InputType()
export class RotateApiClientSecretInput extends CreationInput {
  @Id('The client.') clientId!: string;
}

@InputType()
export class RevokeApiClientSecretInput extends ChangeInput {
  @Id('The secret.') secretId!: string;
}

@InputType()
export class AddStaffInput extends CreationInput {
  @Id.orNull("For whom the login acts. The operator's staff have to say it, for the operator too; everyone else invites staff of their own brand.")
  brandId?: string | null;

  @Text("The provider: `iss` of the login's tokens.") issuer!: string;

  @Text('The login: `sub` of its tokens.') subject!: string;

  @Of(() => StaffRoleEnum, "What it may do. OPERATOR only for the operator's own staff, and given only by OPERATOR.") role!: string;
}

@InputType()
export class RemoveStaffInput extends ChangeInput {
  @Id('The staff login.') staffId!: string;
}

@InputType()
export class CreateMemberSessionInput {
  @Id('A member linked to the brand.') memberId!: string;
}

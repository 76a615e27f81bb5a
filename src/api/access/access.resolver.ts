import { Args, ArgsType, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { reasonSchema } from '../../coalition/access/record-change';
import type { StaffMember } from '../../coalition/access/staff.entity';
import { acceptStaffInvitation, acceptStaffInvitationSchema } from '../../coalition/sign-in/accept-invitation';
import { addStaff, addStaffSchema, removeStaff } from '../../coalition/sign-in/add-staff';
import type { ApiClient } from '../../coalition/sign-in/api-client.entity';
import { createApiClient, createApiClientSchema } from '../../coalition/sign-in/create-api-client';
import { createMemberSession } from '../../coalition/sign-in/create-member-session';
import { disableApiClient } from '../../coalition/sign-in/disable-api-client';
import { listApiClients, listAuditEntries, listStaff, readLiveSecrets } from '../../coalition/sign-in/list-access';
import { revokeApiClientSecret, rotateApiClientSecret, rotateApiClientSecretSchema } from '../../coalition/sign-in/rotate-api-client-secret';
import { PageArgs, readPage, toConnection } from '../graphql/connection';
import { type Context, requirePrincipal } from '../graphql/context';
import { Id, Input } from '../graphql/fields';
import { defineLoader } from '../graphql/loader';
import { readId, showId } from '../graphql/pairwise-ids';
import { parseInput } from '../graphql/parse-input';
import { answerAnyone, answerOrRefusal } from '../graphql/refusal.types';
import {
  AcceptStaffInvitationResult,
  AddStaffInput,
  AddStaffResult,
  ApiClientChangeInput,
  ApiClientConnection,
  type ApiClientSecretType,
  ApiClientType,
  AuditEntryConnection,
  CreateApiClientInput,
  CreateApiClientResult,
  CreateMemberSessionInput,
  MemberSessionType,
  RemoveStaffInput,
  RevokeApiClientSecretInput,
  RotateApiClientSecretInput,
  RotateApiClientSecretResult,
  StaffConnection,
  StaffType,
} from './access.types';
import { AcceptStaffInvitationInput } from './login.types';

@ArgsType()
class OfBrandArgs extends PageArgs {
  @Id.orNull("For the operator's staff: of one brand only. Everyone else sees their own brand's.") brandId?: string | null;
}

const byId = z.tuple([z.uuid()]);
const byTime = z.tuple([z.number(), z.uuid()]);

const secretsOf = defineLoader(
  async (ctx, clientIds: readonly string[]) => {
    const secrets = await readLiveSecrets(ctx.app, requirePrincipal(ctx), clientIds);
    return clientIds.map((clientId) => ({ clientId, secrets: secrets.filter((secret) => secret.clientId === clientId) }));
  },
  (found) => found.clientId,
);

function showClient(ctx: Context, client: ApiClient): ApiClientType {
  return {
    id: showId(ctx, 'client', client.id),
    brandId: showId(ctx, 'brand', client.brandId),
    name: client.name,
    scopes: client.scopes,
    createdAt: client.createdAt,
    disabledAt: client.disabledAt,
  };
}

function showStaff(ctx: Context, staff: StaffMember): StaffType {
  const { issuer, subject, role, createdAt, acceptedAt, removedAt } = staff;
  return { id: showId(ctx, 'staff', staff.id), brandId: showId(ctx, 'brand', staff.brandId), issuer, subject, role, createdAt, acceptedAt, removedAt };
}

/** The trail keeps bare uuids. A member's must not be shown: brands could compare them. */
function showActor(ctx: Context, actor: string): string {
  const [kind, uuid = ''] = actor.split(':');
  return kind === 'client' || kind === 'staff' || kind === 'member' || kind === 'brand' ? `${kind}:${showId(ctx, kind, uuid)}` : actor;
}

function readBrand(ctx: Context, id: string | null | undefined, field: string): string | null {
  return id == null ? null : readId(ctx, 'brand', id, field);
}

@Resolver(() => ApiClientType)
export class AccessResolver {
  @Query(() => ApiClientConnection, { description: 'API clients, oldest first. Asks for the scope admin or the role PROGRAMME_MANAGER.' })
  async apiClients(@Ctx() ctx: Context, @Args(() => OfBrandArgs) args: OfBrandArgs) {
    const page = readPage(ctx, args, 'apiClients', null, byId);
    const rows = await listApiClients(ctx.app, requirePrincipal(ctx), readBrand(ctx, args.brandId, 'brandId'), {
      limit: page.limit,
      after: page.after?.[0] ?? null,
    });
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => showClient(ctx, row) });
  }

  @FieldResolver()
  async secrets(@Ctx() ctx: Context, @Root() client: ApiClientType): Promise<ApiClientSecretType[]> {
    const found = await secretsOf(ctx).load(readId(ctx, 'client', client.id, 'id'));
    return (found?.secrets ?? []).map(({ id, createdAt }) => ({ id: showId(ctx, 'secret', id), createdAt }));
  }

  @Query(() => StaffConnection, { description: 'Staff logins, oldest first, removed ones too. Asks for the scope admin or the role PROGRAMME_MANAGER.' })
  async staff(@Ctx() ctx: Context, @Args(() => OfBrandArgs) args: OfBrandArgs) {
    const page = readPage(ctx, args, 'staff', null, byId);
    const rows = await listStaff(ctx.app, requirePrincipal(ctx), readBrand(ctx, args.brandId, 'brandId'), {
      limit: page.limit,
      after: page.after?.[0] ?? null,
    });
    return toConnection(ctx, page, rows, { key: (row) => [row.id], node: (row) => showStaff(ctx, row) });
  }

  @Query(() => AuditEntryConnection, {
    description: "Changes that were made for your own brand (for the operator: everybody's), newest first.",
  })
  async auditEntries(@Ctx() ctx: Context, @Args(() => PageArgs) args: PageArgs) {
    const page = readPage(ctx, args, 'auditEntries', null, byTime);
    const after = page.after && { at: new Date(page.after[0]), id: page.after[1] };
    const rows = await listAuditEntries(ctx.app, requirePrincipal(ctx), { limit: page.limit, after });
    return toConnection(ctx, page, rows, {
      key: (row) => [row.at.getTime(), row.id],
      node: (row) => ({
        id: showId(ctx, 'change', row.id),
        at: row.at,
        actor: showActor(ctx, row.actor),
        brandId: row.brandId && showId(ctx, 'brand', row.brandId),
        operation: row.operation,
        target: row.targetId.replaceAll('-', ''),
        reason: row.reason,
      }),
    });
  }

  @Mutation(() => CreateApiClientResult, { description: 'Makes an API client. Asks for the scope admin or the role PROGRAMME_MANAGER.' })
  createApiClient(@Ctx() ctx: Context, @Input(() => CreateApiClientInput, 'The client.') input: CreateApiClientInput) {
    const brandId = readBrand(ctx, input.brandId, 'input.brandId');
    const command = { ...parseInput(createApiClientSchema, input), brandId };
    return answerOrRefusal(ctx, async (app, principal) => {
      const { client, secret } = await createApiClient(app, principal, command);
      return { client: showClient(ctx, client), secret };
    });
  }

  @Mutation(() => RotateApiClientSecretResult, { description: 'Gives an API client a second live secret; the first goes on until it is revoked.' })
  rotateApiClientSecret(@Ctx() ctx: Context, @Input(() => RotateApiClientSecretInput, 'Which client.') input: RotateApiClientSecretInput) {
    const command = { ...parseInput(rotateApiClientSecretSchema, input), clientId: readId(ctx, 'client', input.clientId, 'input.clientId') };
    return answerOrRefusal(ctx, async (app, principal) => {
      const { client, secret } = await rotateApiClientSecret(app, principal, command);
      return { client: showClient(ctx, client), secret };
    });
  }

  @Mutation(() => ApiClientType, { description: 'Ends a secret at once. Tokens already given on it live out their few minutes.' })
  async revokeApiClientSecret(@Ctx() ctx: Context, @Input(() => RevokeApiClientSecretInput, 'Which secret.') input: RevokeApiClientSecretInput) {
    const command = { secretId: readId(ctx, 'secret', input.secretId, 'input.secretId'), reason: parseInput(reasonSchema, input.reason, 'input.reason') };
    return showClient(ctx, await revokeApiClientSecret(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => ApiClientType, { description: 'Disables an API client for good; its tokens end within a minute.' })
  async disableApiClient(@Ctx() ctx: Context, @Input(() => ApiClientChangeInput, 'Which client.') input: ApiClientChangeInput) {
    const command = { clientId: readId(ctx, 'client', input.clientId, 'input.clientId'), reason: parseInput(reasonSchema, input.reason, 'input.reason') };
    return showClient(ctx, await disableApiClient(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => AddStaffResult, {
    description: 'Invites a login of an identity provider to act for a brand: it does once it accepts, by acceptStaffInvitation.',
  })
  addStaff(@Ctx() ctx: Context, @Input(() => AddStaffInput, 'The login and its role.') input: AddStaffInput) {
    const brandId = readBrand(ctx, input.brandId, 'input.brandId');
    const command = { ...parseInput(addStaffSchema, input), brandId };
    return answerOrRefusal(ctx, async (app, principal) => showStaff(ctx, await addStaff(app, principal, command)));
  }

  @Mutation(() => AcceptStaffInvitationResult, {
    description: "The invited login acts for the brand from now on. Asks for the login's own token, in the input, and no other. Repeating it changes nothing.",
  })
  acceptStaffInvitation(@Ctx() ctx: Context, @Input(() => AcceptStaffInvitationInput, 'The invitation and the login.') input: AcceptStaffInvitationInput) {
    const staffId = readId(ctx, 'staff', input.staffId, 'input.staffId');
    const command = { ...parseInput(acceptStaffInvitationSchema, input), staffId };
    return answerAnyone(ctx, async (app) => showStaff(ctx, await acceptStaffInvitation(app, command)));
  }

  @Mutation(() => StaffType, { description: 'Ends what a login may do; its tokens end within a minute.' })
  async removeStaff(@Ctx() ctx: Context, @Input(() => RemoveStaffInput, 'Which login.') input: RemoveStaffInput) {
    const command = { staffId: readId(ctx, 'staff', input.staffId, 'input.staffId'), reason: parseInput(reasonSchema, input.reason, 'input.reason') };
    return showStaff(ctx, await removeStaff(ctx.app, requirePrincipal(ctx), command));
  }

  @Mutation(() => MemberSessionType, { description: "Opens a session for a linked member in the brand's own app. Asks for the scope members." })
  async createMemberSession(@Ctx() ctx: Context, @Input(() => CreateMemberSessionInput, 'Whose session.') input: CreateMemberSessionInput) {
    return createMemberSession(ctx.app, requirePrincipal(ctx), { memberId: readId(ctx, 'member', input.memberId, 'input.memberId') });
  }
}

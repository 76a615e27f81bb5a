import { z } from 'zod';
import type { App } from '../../app';
import { plainText } from '../../ledger/ledger/request-fields';
import { newUuid, type Uuid } from '../../platform/ids';
import { NotFound } from '../../platform/refusal';
import { ADMIN, requireNamedBrand } from '../access/permissions';
import { databasePrincipal, type Principal, SCOPES } from '../access/principal';
import { createOnce, idempotencyKeySchema, reasonSchema } from '../access/record-change';
import { newSecret } from '../access/secrets';
import { ApiClient } from './api-client.entity';
import { ApiClientSecret } from './api-client-secret.entity';

export const createApiClientSchema = z.object({
  idempotencyKey: idempotencyKeySchema,
  name: z.string().trim().min(1, 'Give the client a name.').max(200, 'A name has at most 200 characters.').pipe(plainText(200)),
  scopes: z
    .array(z.enum(SCOPES, `A scope is one of: ${SCOPES.join(', ')}.`))
    .min(1, 'A client has at least one scope.')
    .transform((scopes) => [...new Set(scopes)].sort()),
  reason: reasonSchema,
});

/** brandId: whose client it is; null for the own brand, which the operator's staff name too. */
export type CreateApiClient = z.output<typeof createApiClientSchema> & { readonly brandId: Uuid | null };

/** Makes an API client with its first secret, which is given this once: null when the request is a repetition. */
export async function createApiClient(app: App, principal: Principal, command: CreateApiClient): Promise<{ client: ApiClient; secret: string | null }> {
  const brandId = requireNamedBrand(principal, ADMIN, command.brandId);
  const { secret, hash } = newSecret();
  const content = { brandId, name: command.name, scopes: command.scopes };
  const { target, repeated } = await createOnce(
    app,
    principal,
    {
      operation: 'createApiClient',
      idempotencyKey: command.idempotencyKey,
      reason: command.reason,
      content,
      details: { brandId, scopes: command.scopes.join(' ') },
    },
    async (tx) => {
      if ((await tx.client.query('SELECT FROM brand WHERE id = $1', [brandId])).rowCount === 0) throw new NotFound('Brand');
      const id = newUuid();
      const createdAt = app.clock.now();
      await tx.manager.insert(ApiClient, { id, brandId, name: command.name, scopes: command.scopes, createdAt, disabledAt: null });
      await tx.manager.insert(ApiClientSecret, { id: newUuid(), clientId: id, slot: 1, secretHash: hash, createdAt, revokedAt: null });
      return id;
    },
  );
  const client = await app.database.transaction(databasePrincipal(principal), (tx) => tx.manager.findOneByOrFail(ApiClient, { id: target }));
  return { client, secret: repeated ? null : secret };
}

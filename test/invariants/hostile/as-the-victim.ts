import { mintLocalLogin } from '../../../src/coalition/sign-in/local-issuer';
import { bindLogin } from '../../support/logins';
import type { TwoBrands } from '../isolation/two-brands';
import type { Victim } from './victim';

/** What the victim sees of it all, by a login that TAXI lets be bound. */
export interface OwnView {
  readonly redemptions: readonly { readonly points: number; readonly brandId: string }[];
  /** Of the change log. */
  readonly changes: readonly { readonly operation: string; readonly brandId: string | null }[];
}

export async function seenByVictim(world: TwoBrands, { memberId, customerId }: Victim): Promise<OwnView> {
  const { test, api } = world.points;
  const subject = `the victim ${customerId}`;
  const token = await mintLocalLogin(test.app, subject);
  await bindLogin(test.app, world.b.client.principal, memberId, token);
  const all = async <Node>(list: string, fields: string): Promise<Node[]> => {
    const nodes: Node[] = [];
    for (let after: string | null = null; ; ) {
      const query = `query ($after: String) { list: ${list}(first: 100, after: $after) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`;
      const { data, errors } = await api.ask(token, query, { after });
      if (errors) throw new Error(JSON.stringify(errors));
      nodes.push(...data.list.edges.map(({ node }: { node: Node }) => node));
      if (!data.list.pageInfo.hasNextPage) return nodes;
      after = data.list.pageInfo.endCursor;
    }
  };
  return { redemptions: await all('redemptions', 'points brandId'), changes: await all('memberChanges', 'operation brandId') };
}

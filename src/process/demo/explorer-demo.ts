import type { ExplorerDemo, TabPrincipal } from '../../api/server/explorer-tabs';
import type { App } from '../../app';
import { SCOPES } from '../../coalition/access/principal';
import { mintClientToken } from '../../coalition/sign-in/access-tokens';
import type { DemoCoalition } from './seed-demo';

/** The demo as the explorer's tabs want it. Clients' tokens last minutes, so each opening of the page gets new ones. */
export function explorerDemo(app: App, { variables }: DemoCoalition): ExplorerDemo {
  const { MEMBER_CARD: card, DEMO_CURRENCY: currency, DEMO_MONTH: month } = variables;
  return {
    card,
    currency,
    month,
    async tokenFor(principal: TabPrincipal) {
      if (principal === 'FUEL' || principal === 'TAXI') return clientToken(app, variables[`${principal}_CLIENT_ID`]);
      return variables[`${principal}_TOKEN`];
    },
  };
}

function clientToken(app: App, clientId: string): Promise<string> {
  const id = clientId.slice('cli_'.length).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return mintClientToken(app, { id, scopes: SCOPES });
}

import type { ApolloServerPlugin } from '@apollo/server';
import type { Context } from '../graphql/context';

/**
 * Whoever came without a token to what needs one is told so by the status too, as with a bad one: 401, and how to bring
 * one.
 */
export function askForToken(): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ response: { body, http }, contextValue }) {
          if (contextValue.principal !== null || body.kind !== 'single') return;
          if (!body.singleResult.errors?.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')) return;
          http.status = 401;
          http.headers.set('www-authenticate', 'Bearer realm="tessera"');
        },
      };
    },
  };
}

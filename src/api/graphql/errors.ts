import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { Unauthenticated } from '../../coalition/access/unauthenticated';
import { newUuid } from '../../platform/ids';
import { InvalidInput, isRefusal, NotFound, PermissionDenied } from '../../platform/refusal';
import { withoutLongEcho } from './echoed-input';
import { inputPlaceOf } from './input-place';

/** Codes of errors that GraphQL, Apollo Server or our limits make about the request itself: shown as they are. */
const REQUEST_ERRORS = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'UNAUTHENTICATED',
  'LIMIT_EXCEEDED',
  'RATE_LIMITED',
]);

/**
 * What a caller sees of an error. Known ones keep their code. Everything else is INTERNAL_SERVER_ERROR with an id that
 * is in the log. `requestIdOf` finds the request that an error came from, for the log.
 */
export function createErrorFormatter(log: Logger, requestIdOf: (error: unknown) => string | undefined) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const shown = showError(formatted, error);
    if (shown) return withoutLongEcho(shown);
    const id = newUuid();
    log.error(
      { errorId: id, requestId: requestIdOf(error), path: formatted.path?.join('.'), err: unwrapResolverError(error) },
      'unexpected error in a GraphQL operation',
    );
    return { ...place(formatted), message: `Something went wrong on our side. It is logged as ${id}.`, extensions: { code: 'INTERNAL_SERVER_ERROR', id } };
  };
}

function showError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError | null {
  // What the making of the context threw is wrapped without a path, which unwrapResolverError passes over.
  const unwrapped = unwrapResolverError(error);
  const original = unwrapped instanceof GraphQLError && isRefusal(unwrapped.originalError) ? unwrapped.originalError : unwrapped;
  const as = (extensions: Record<string, unknown>) => ({ ...place(formatted), message: (original as Error).message, extensions });
  if (original instanceof InvalidInput) return as({ code: 'BAD_USER_INPUT', field: original.field });
  if (original instanceof PermissionDenied) return as({ code: 'FORBIDDEN' });
  if (original instanceof NotFound) return as({ code: 'NOT_FOUND' });
  if (original instanceof Unauthenticated) return as({ code: 'UNAUTHENTICATED' });
  // Only mutations declare refusals as answers; anywhere else they are errors, as safe to show.
  if (isRefusal(original)) return as({ code: original.code, retrySafe: original.retrySafe, ...original.fields });
  // After nine wrong places in the variables GraphQL looks no further; it says so with an error that has no code.
  if (original instanceof GraphQLError && original.message.startsWith('Too many errors processing variables')) return as({ code: 'BAD_USER_INPUT' });
  const code = formatted.extensions?.code;
  if (original instanceof GraphQLError && typeof code === 'string' && REQUEST_ERRORS.has(code)) {
    const field = formatted.extensions?.field ?? inputPlaceOf(original);
    return { ...place(formatted), message: original.message, extensions: field ? { code, field } : { code } };
  }
  return null;
}

function place({ locations, path }: GraphQLFormattedError): Pick<GraphQLFormattedError, 'locations' | 'path'> {
  return { ...(locations && { locations }), ...(path && { path }) };
}

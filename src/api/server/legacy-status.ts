/** Of errors that GraphQL finds in a request that is one, before anything is run. */
const OF_THE_REQUEST = new Set(['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', 'OPERATION_RESOLUTION_FAILURE']);

/**
 * The status of an answer in its media type. In application/json, which any proxy may answer in too, GraphQL over HTTP
 * has 200 for whatever GraphQL itself says; the errors tell what is wrong. 400 is for
 * application/graphql-response+json.
 */
export function legacyStatus(status: number, mediaType: string | undefined, text: string): number {
  if (status !== 400 || !mediaType?.startsWith('application/json')) return status;
  const { errors = [] } = JSON.parse(text) as { errors?: readonly { extensions?: { code?: string } }[] };
  return errors.length > 0 && errors.every(({ extensions }) => OF_THE_REQUEST.has(extensions?.code ?? '')) ? 200 : status;
}

import { type DocumentNode, type ExecutionResult, GraphQLError, Kind, OperationTypeNode } from 'graphql';

/** What is answered instead of an answer that is too large. A mutation was carried out all the same, and says so. */
export function tooLarge(document: DocumentNode, answer: string, limit: number): ExecutionResult {
  const changes = document.definitions.some((each) => each.kind === Kind.OPERATION_DEFINITION && each.operation === OperationTypeNode.MUTATION);
  const message = `The answer has ${Buffer.byteLength(answer)} bytes; at most ${limit} are sent.`;
  const advice = changes
    ? 'What was asked for has been done: send the same request again, with the same idempotency key, and ask for fewer fields of its answer.'
    : 'Ask for fewer fields or smaller pages.';
  return { data: null, errors: [new GraphQLError(`${message} ${advice}`, { extensions: { code: 'LIMIT_EXCEEDED' } })] };
}

import { type ApolloServerPlugin, type GraphQLRequestContext, HeaderMap } from '@apollo/server';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  KnownTypeNamesRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import type { App } from '../../app';
import type { Context, Judged } from '../graphql/context';
import { requireBounded, requireShort } from './document-bounds';
import type { KnownDocuments } from './known-documents';
import type { Allow } from './query-limits';
import type { OperationQuotas } from './quotas';
import type { SentOperation } from './sent-operation';

/** Errors of validation that are told. */
const MOST_ERRORS = 9;
/** Each costs as much: its place is looked for in the whole text, and similar names among all of a type. */
const ERROR_COST = 10;
const NOTHING_ASKED = parse('{ __typename }');
/** Among the names of all types there is too much to look through. */
const RULES = specifiedRules.map((rule) => (rule === KnownTypeNamesRule ? withoutSuggestions(rule) : rule));

/**
 * Parses a document, counts its cost, and only then validates it: what is sent is paid for, good or not. Throws a
 * GraphQLError for one that cannot be parsed, or that may not be run.
 */
export type Judge = (ctx: Context, sent: SentOperation) => Judged;

export function judgeDocuments({ config }: App, schema: GraphQLSchema, documents: KnownDocuments, quotas: OperationQuotas, allow: Allow): Judge {
  const { queryTokens } = config.limits;
  return (ctx, { query, operationName, variables }) => {
    requireShort(query, queryTokens);
    const document = parseDocument(query, queryTokens);
    requireBounded(document, queryTokens);
    const operation = getOperationAST(document, operationName);
    const headers = operation ? allow(ctx, document, operation, variables) : {};
    const errors = validate(schema, document, RULES, { maxErrors: MOST_ERRORS }).map(asInvalid);
    if (errors.length > 0) return { document, errors, headers: quotas.take(ctx, 0, ERROR_COST * errors.length).headers() };
    documents.remember(document);
    return { document, errors, headers };
  };
}

/** Has Apollo Server take a document as it was judged, and show what is wrong with it. */
export function takeAsJudged(format: (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError): ApolloServerPlugin<Context> {
  return {
    async requestDidStart() {
      return {
        async didResolveSource(requestContext: GraphQLRequestContext<Context>) {
          // Apollo Server neither parses nor validates where a document is there already. It never sees an invalid one.
          const { judged } = requestContext.contextValue;
          Object.assign(requestContext, { document: judged && (judged.errors.length > 0 ? NOTHING_ASKED : judged.document) });
        },
        async didResolveOperation({ contextValue: { judged, executed }, response }) {
          if (!judged) throw new Error('an operation that nobody has judged');
          for (const [name, value] of Object.entries({ ...judged.headers, ...executed?.headers })) response.http.headers.set(name, value);
        },
        async responseForOperation({ contextValue: { judged } }) {
          if (!judged || judged.errors.length === 0) return null;
          const errors = judged.errors.map((error) => format(error.toJSON(), error));
          return { http: { status: 400, headers: new HeaderMap() }, body: { kind: 'single', singleResult: { errors } } };
        },
      };
    },
  };
}

function parseDocument(text: string, maxTokens: number): DocumentNode {
  try {
    return parse(text, { maxTokens });
  } catch (error) {
    const { message, source, positions } =
      error instanceof GraphQLError ? error : new GraphQLError('The document is nested too deeply.', { originalError: error as Error });
    throw new GraphQLError(message, { source, positions, extensions: { code: 'GRAPHQL_PARSE_FAILED', http: { status: 400 } } });
  }
}

function asInvalid(error: GraphQLError): GraphQLError {
  const { message, nodes, originalError } = error;
  return new GraphQLError(message, { nodes, originalError: originalError ?? error, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } });
}

function withoutSuggestions(rule: ValidationRule): ValidationRule {
  return (context) => rule(Object.create(context, { hideSuggestions: { value: true } }));
}

import { type DestinationStream, type Logger, pino } from 'pino';

/** Names of fields whose value never reaches the log, wherever one or two levels down they appear. */
const SECRET_FIELDS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'clientSecret',
  'client_secret',
  'token',
  'accessToken',
  'access_token',
  'masterKey',
  'identifier',
  'email',
  'phone',
  'name',
  'givenName',
  'familyName',
  'birthDate',
  'address',
  'connectionString',
  // What a database error carries of the rows it complains about.
  'detail',
  'parameters',
  'driverError',
  'where',
];

/**
 * Structured logs: one JSON object a line. They say what happened to which opaque id, never who a person is:
 * no personal data, no secrets, no query parameters; what slips into a field of a known name is cut out.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, error: describeError },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*["${field}"]`]), censor: '[cut]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** An error as its kind, code, message and stack. A database error's detail names rows, so it stays out. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { kind: typeof error };
  const { code, constraint, table } = error as Error & { code?: string; constraint?: string; table?: string };
  const cause = error.cause instanceof Error ? describeError(error.cause) : undefined;
  return { kind: error.name, code, constraint, table, message: error.message, stack: error.stack, cause };
}

import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { formatLine } from './log-text';

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
  'vaultKeys',
  'identifier',
  'email',
  'phone',
  'name',
  'givenName',
  'familyName',
  'birthDate',
  'address',
  'connectionString',
  'parameters',
];

/** How logs are written: json is one object a line, text is for people at a terminal. */
export interface LogSettings {
  readonly logLevel: string;
  readonly logFormat: 'json' | 'text';
}

/**
 * Structured logs say what happened to which opaque id, never who a person is: no personal data, no secrets, no query
 * parameters. What slips into a field of a known name is cut out. `role` tells the processes of one deployment apart.
 */
export function createLogger({ logLevel, logFormat }: LogSettings, role: string, out: DestinationStream = destination(1)): Logger {
  const options = {
    level: logLevel,
    base: { role },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError, error: describeError },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[cut]' },
  };
  return pino(options, logFormat === 'text' ? { write: (line) => out.write(formatLine(line)) } : out);
}

/** An error as its kind, code and stack. Of a database error neither message nor detail: they may name rows. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { kind: typeof error, message: typeof error === 'string' ? error : undefined };
  const driver = (error as { driverError?: unknown }).driverError ?? error;
  const { code, severity, constraint, table, routine } = driver as Record<string, unknown>;
  const frames = error.stack?.replace(/^[\s\S]*?(?=\n {4}at )/, '');
  if (severity !== undefined) return { kind: 'DatabaseError', code, constraint, table, routine, stack: frames };
  return { kind: error.name, code, message: error.message, stack: frames, cause: error.cause instanceof Error ? describeError(error.cause) : undefined };
}

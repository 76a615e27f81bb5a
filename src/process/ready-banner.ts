import type { Clock } from '../platform/clock';
import type { Config } from '../platform/config';
import type { DemoCoalition } from './demo/seed-demo';

/** What there is to be told. */
interface Ready {
  readonly statusPort: number | null;
  readonly metricsPort: number | null;
  readonly demo: DemoCoalition | null;
  readonly seconds: number;
  readonly clock: Clock;
  /** Whoever reads it sits before it: what goes into a file or a log collector may be read by others, and for long. */
  readonly isTerminal: boolean;
}

/** What `npm start` says at the end: where everything is, and what to paste first. */
export function describeReady(config: Config, { statusPort, metricsPort, demo, seconds, clock, isTerminal }: Ready): string {
  const { publicUrl } = config.http;
  const lines = [
    '',
    `Tessera is ready (${seconds.toFixed(1)} s).`,
    '',
    `  API          ${publicUrl}/graphql`,
    ...(config.explorer ? [`  explorer     ${publicUrl}/explorer`] : []),
    `  queue board  ${publicUrl}/queues   (operator)`,
    `  health       ${publicUrl}/health/ready   ${publicUrl}/health/live`,
    `  metrics      ${metricsPort === null ? publicUrl : `http://${config.http.metricsAddress?.host}:${metricsPort}`}/metrics${statusPort === null ? '' : `   workers: http://127.0.0.1:${statusPort}/metrics`}`,
    ...(config.database.embedded ? [`  database     embedded PostgreSQL, data in ${config.dataDir}`] : []),
    ...(config.mode === 'sandbox' ? [`  sandbox      ${describeClock(clock)}`] : []),
    '',
    ...(demo ? describeDemo(demo, publicUrl, isTerminal) : []),
    'Stop with Ctrl-C.',
    '',
  ];
  return lines.join('\n');
}

function describeClock(clock: Clock): string {
  if (!clock.isAhead()) return 'the operator can move its clock forward (mutation moveTestClock); nothing here is real';
  return `its clock WAS MOVED: it shows ${clock.now().toISOString()}, and the machine ${clock.real().toISOString()}`;
}

function describeDemo({ file, variables }: DemoCoalition, publicUrl: string, isTerminal: boolean): string[] {
  return [
    `A demo coalition is loaded: the brands FUEL, TAXI and GROCER share one points currency; Ana is a member.${isTerminal ? ' Its credentials:' : ''}`,
    ...(isTerminal ? ['', ...Object.entries(variables).map(([name, value]) => `  ${name}='${value}'`), ''] : []),
    `${isTerminal ? 'They are in a file too.' : 'Its credentials are in a file.'} In another terminal, as each kind of principal:`,
    '',
    `  . ${file}`,
    "  # an API client (a brand's backend): a token, then who it is",
    `  FUEL_TOKEN=$(curl -s -u "$FUEL_CLIENT_ID:$FUEL_CLIENT_SECRET" -d grant_type=client_credentials ${publicUrl}/oauth/token | node -pe 'JSON.parse(require("fs").readFileSync(0)).access_token')`,
    ...['FUEL_TOKEN', 'OPERATOR_TOKEN', 'MEMBER_TOKEN'].map(
      (token) =>
        `  curl -s ${publicUrl}/graphql -H "Authorization: Bearer $${token}" -H 'Content-Type: application/json' -d '{"query":"{ viewer { kind role scopes } }"}'`,
    ),
    '',
  ];
}

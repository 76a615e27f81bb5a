import { randomBytes } from 'node:crypto';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOrNull } from '../../platform/embedded/data-directory';

/** Everything that a tour of the demo needs, by stable names; the README's commands use them. */
export const DEMO_VARIABLES = [
  'TESSERA_URL',
  'OPERATOR_TOKEN',
  'FINANCE_TOKEN',
  'SUPPORT_TOKEN',
  'FUEL_MANAGER_TOKEN',
  'FUEL_CLIENT_ID',
  'FUEL_CLIENT_SECRET',
  'TAXI_CLIENT_ID',
  'TAXI_CLIENT_SECRET',
  'GROCER_CLIENT_ID',
  'GROCER_CLIENT_SECRET',
  'MEMBER_TOKEN',
  'MEMBER_CARD',
  'DEMO_CURRENCY',
  'DEMO_MONTH',
  'DEMO_HOLD_UNTIL',
] as const;
export type DemoVariable = (typeof DEMO_VARIABLES)[number];
export type DemoEnvironment = Record<DemoVariable, string>;

/** Where the demo's credentials are kept: a file that a shell can source. */
export function demoFile(dataDir: string): string {
  return join(dataDir, 'demo.env');
}

/** What the file says; empty where there is none. */
export function readDemoEnvironment(dataDir: string): Partial<DemoEnvironment> {
  const found: Partial<DemoEnvironment> = {};
  for (const line of (readOrNull(demoFile(dataDir)) ?? '').split('\n')) {
    const [, name = '', value] = /^([A-Z_]+)='([^']*)'$/.exec(line) ?? [];
    if ((DEMO_VARIABLES as readonly string[]).includes(name)) found[name as DemoVariable] = value;
  }
  return found;
}

/** Writes the file for its owner alone to read; whole or not at all. */
export function writeDemoEnvironment(dataDir: string, variables: Partial<DemoEnvironment>): void {
  const lines = DEMO_VARIABLES.flatMap((name) => (variables[name] === undefined ? [] : [`${name}='${variables[name]}'`]));
  const text = ['# Credentials of the demo coalition, made on this machine. Load them with: . .data/demo.env', ...lines, ''].join('\n');
  const unfinished = `${demoFile(dataDir)}.${randomBytes(4).toString('hex')}`;
  writeFileSync(unfinished, text, { mode: 0o600 });
  renameSync(unfinished, demoFile(dataDir));
  chmodSync(demoFile(dataDir), 0o600);
}

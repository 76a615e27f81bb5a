import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BrandCode } from './member-events';

export interface ClientCredentials {
  readonly clientId: string;
  readonly secret: string;
}

/**
 * Credentials of the brands' API clients, kept so that a killed driver goes on with them. Only their owner may read
 * them.
 */
export class StateFile {
  private readonly platforms: Record<string, Partial<Record<BrandCode, ClientCredentials>>>;

  constructor(
    private readonly path: string,
    private readonly platform: string,
  ) {
    this.platforms = readJson(path);
  }

  credentials(brand: BrandCode): ClientCredentials | undefined {
    return this.platforms[this.platform]?.[brand];
  }

  keep(brand: BrandCode, credentials: ClientCredentials): void {
    this.platforms[this.platform] = { ...this.platforms[this.platform], [brand]: credentials };
    mkdirSync(dirname(this.path), { recursive: true });
    const unfinished = `${this.path}.${process.pid}`;
    writeFileSync(unfinished, `${JSON.stringify(this.platforms, null, 2)}\n`, { mode: 0o600 });
    renameSync(unfinished, this.path);
    chmodSync(this.path, 0o600);
  }
}

function readJson(path: string): Record<string, Partial<Record<BrandCode, ClientCredentials>>> {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${path} cannot be read: ${(error as Error).message}. Remove it, and new credentials are made.`);
  }
}

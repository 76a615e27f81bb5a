import type { BenchServer } from './durable-server';

/**
 * What a suite is given: one server for the whole run, so that every ratio comes from the same machine at the same
 * time.
 */
export interface BenchContext {
  readonly server: BenchServer;
  /** Longer rounds, and what takes long to prepare. */
  readonly long: boolean;
  /** Tells whoever watches what is being done. */
  say(text: string): void;
}

export interface Suite {
  /** Chosen with `npm run bench -- NAME`. */
  readonly name: string;
  run(context: BenchContext): Promise<Report>;
}

/** What a suite measured, for people (Markdown, chart) and programs (JSON). */
export interface Report {
  readonly title: string;
  /** What was compared and how, in a few sentences. */
  readonly about: string;
  readonly tables: readonly Table[];
  readonly ratios: readonly Ratio[];
  readonly bars: readonly Bar[];
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Two things measured in turn in the same run. Targets are reported, never asserted. */
export interface Ratio {
  readonly what: string;
  readonly value: number;
  /** `least`: at least that; `most`: at most. */
  readonly target: { readonly least: number } | { readonly most: number };
}

/** A bar of the chart. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly unit: string;
}

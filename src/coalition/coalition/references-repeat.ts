/** How often a brand uses a reference for things of one kind: once, once a local day, or as it likes. */
export const REFERENCES_REPEAT = ['NEVER', 'DAILY', 'ANY'] as const;
export type ReferencesRepeat = (typeof REFERENCES_REPEAT)[number];

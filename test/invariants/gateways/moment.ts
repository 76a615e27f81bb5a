// In a file that imports nothing: a gateway with a fault loads it before its own modules.

/** What a gateway with a fault says when it stands still where a kill catches something. */
export const MOMENT_IS_HERE = 'the moment is here';

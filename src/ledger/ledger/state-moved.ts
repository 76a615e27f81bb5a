/**
 * What a plan was prepared for has changed before it was decided: the wallet has points of a new month, for example.
 * Nothing was written. Prepare the request again and post it.
 */
export class StateMoved extends Error {}

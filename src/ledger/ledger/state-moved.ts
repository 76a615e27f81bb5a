/**
 * What a plan was prepared for has changed before it was decided: a wallet has points of a month, say, that it had not when it was looked at.
 * Nothing was written; prepare the request again and post it.
 */
export class StateMoved extends Error {}

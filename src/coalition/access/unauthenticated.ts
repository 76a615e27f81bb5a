/**
 * Nobody is known by these credentials, or no longer. Shown as UNAUTHENTICATED. The message never says which part of a
 * secret was wrong.
 */
export class Unauthenticated extends Error {
  constructor(message = 'Send an access token: "Authorization: Bearer ...". API clients get one at /oauth/token.') {
    super(message);
    this.name = 'Unauthenticated';
  }
}

/** Nobody is known by these credentials, or no longer. Shown as UNAUTHENTICATED; the message never says which part was wrong of a secret. */
export class Unauthenticated extends Error {
  constructor(message = 'Send an access token: "Authorization: Bearer ...". API clients get one at /oauth/token.') {
    super(message);
    this.name = 'Unauthenticated';
  }
}

/** Error that `getToken` throws when only the user can help, by signing in again. Any other error means: try later. */
export class SignedOut extends Error {}

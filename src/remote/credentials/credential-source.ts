// Where the credentials for a registry come from, as its client sees it.

export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** What `docker login` keeps for some registries in place of a password (OAuth2 refresh token). */
  | { readonly kind: "identity"; readonly token: string };

export interface CredentialSource {
  /**
   * The same object as long as nothing changed.
   * @throws RemoteError refused, in a sentence without anything secret, when there are none to be had
   */
  get(): Promise<Credentials>;
  /** The registry did not take these: the next {@link get} looks again where that may help. */
  refused(credentials: Credentials): void;
}

// Who is asking. Anonymous is all there is while a registry is open to everyone who reaches it.

export interface Anonymous {
  readonly kind: "anonymous";
}

export type Principal = Anonymous;

// Leases that this process could not give back, because the metadata store was full or busy just then. Their writers are
// done, so that the next request may go on under such a lease at once: nobody has to wait until it runs out.

const maxLeases = 1000;

export class UnreturnedLeases {
  readonly #holders = new Map<string, string>();

  keep(uploadId: string, holder: string): void {
    this.#holders.set(uploadId, holder);
    const [oldest] = this.#holders.keys();
    if (oldest !== undefined && this.#holders.size > maxLeases) this.#holders.delete(oldest);
  }

  /** The holder of such a lease, which now belongs to the caller alone. */
  take(uploadId: string): string | undefined {
    const holder = this.#holders.get(uploadId);
    this.#holders.delete(uploadId);
    return holder;
  }
}

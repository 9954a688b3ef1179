// Whether there is room for what somebody wants to push: asked before the body is read. A part of its own, since who keeps
// watch over the disks is none of the registry's business.
export interface RoomForPushes {
  /**
   * @param bytes as far as they are known; they are not set aside
   * @throws StorageError `full`
   */
  demand(bytes: number): Promise<void>;
}

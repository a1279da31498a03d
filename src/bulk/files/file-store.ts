/**
 * Where files wait: whole objects of at most some MB under a key. Whatever can take the place of another one passes one suite of tests.
 */
export interface FileStore {
  /**
   * Whole or not at all: after a crash there is either everything or nothing under the key. An object that is there is replaced.
   *
   * @param key segments of `[A-Za-z0-9._-]`, joined by `/`; none begins with a dot
   * @throws ValenceError UNAVAILABLE when there is no room, or the store is out of reach
   */
  put(key: string, bytes: Buffer): Promise<void>
  /**
   * @returns undefined when there is none
   * @throws ValenceError UNAVAILABLE
   */
  get(key: string): Promise<Buffer | undefined>
  /**
   * Everything whose key begins with `prefix` and `/`; nothing to remove is fine.
   * @throws ValenceError UNAVAILABLE
   */
  removeBelow(prefix: string): Promise<void>
  close(): Promise<void>
}

import type { PublishedKeys } from './jwks.ts'

/** What verification asks of the world. */
export interface VerifyPorts {
  now(): Date
  /** keys that vendors publish, for declarations with `jwks.url` */
  publishedKeys: PublishedKeys
}

import type { Configuration } from '../../model/instance.ts'
import type { VendorDraft } from '../vendor-draft.ts'

/**
 * What an authentication type adds to a vendor call by itself (spec 10 §5.1, 5.2). `add` runs before hooks, because
 * hooks may remove a header again; `sign` runs last, because a signature covers the final request: its `url` is complete,
 * and its body is text unless it is streamed. A header that a parameter has already set is kept.
 */
export interface Authenticator {
  add?(vendor: VendorDraft, configuration: Configuration): void
  sign?(vendor: VendorDraft, configuration: Configuration, method: string, at: { now: Date; nonce: string }): void
}

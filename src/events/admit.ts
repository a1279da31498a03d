import { ValenceError } from '../errors.ts'
import type { Instance } from '../instances/instance.ts'
import { isSignedReference, readSignedReference, requiresSecretReference } from '../instances/webhook-reference.ts'
import type { EventContext } from './event-context.ts'
import type { EventRow } from './event-table.ts'
import { openUnverified } from './unverified.ts'
import type { SignedRequest } from './verify/declaration.ts'
import type { VerifyPorts } from './verify/ports.ts'
import { verifyForInstance } from './verify/verify-for-instance.ts'
import { bodyOf } from './waiting-events.ts'

/** A webhook as it arrived, with what followed the element in its path. */
export interface Called extends SignedRequest {
  reference: string | undefined
}

/** Why an instance does not take a webhook; `reason` is for the log. */
export interface Refused {
  of: 'address' | 'signature'
  reason: string
  /** the same request may pass later: the vendor's keys could not be read */
  isTemporary: boolean
}

type AdmitContext = VerifyPorts & { store: Pick<EventContext['store'], 'cipher'> }

/**
 * Whether a webhook may reach an instance: by the secret address, where the instance asks for one, and with the vendor's signature, where
 * one is declared (spec 40 §4.2, §4.5). A signed address that is wrong is refused also where none is asked for.
 *
 * @returns undefined: it may
 */
export async function admit(
  context: AdmitContext,
  { state }: Pick<Instance, 'state'>,
  called: Called,
): Promise<Refused | undefined> {
  const signed = readSignedReference(called.reference ?? '')
  const isProven = signed?.instanceId === state.id && isSignedReference(context.store.cipher, state, signed.signature)
  if (!isProven && (signed || requiresSecretReference(state)))
    return { of: 'address', reason: 'the address is not the secret one of the instance', isTemporary: false }
  const verdict = await verifyForInstance(context, state.configuration, called)
  if (verdict.ok) return undefined
  return { of: 'signature', reason: verdict.reason, isTemporary: verdict.isTemporary ?? false }
}

/**
 * The same for a webhook that was stored before its instance was known, as of its receipt.
 *
 * @param event its body is read when it is null
 * @param unverified of the event's row, sealed
 * @returns why it may not reach the instance, for the log; undefined: it may
 * @throws ValenceError UNAVAILABLE when the vendor's keys cannot be read now
 */
export async function verifyFor(
  context: Pick<EventContext, 'store'> & Pick<VerifyPorts, 'publishedKeys'>,
  instance: Pick<Instance, 'state'>,
  event: Pick<EventRow, 'id' | 'received_at' | 'method'> & { body: Buffer | null },
  unverified: string,
): Promise<string | undefined> {
  const kept = openUnverified(context.store.cipher, event.id, unverified)
  const { method } = event
  const body = event.body ?? (await bodyOf(context.store, event)) ?? Buffer.alloc(0)
  const refused = await admit({ ...context, now: () => event.received_at }, instance, { ...kept, method, body })
  if (refused?.isTemporary) throw new ValenceError('UNAVAILABLE', refused.reason)
  return refused?.reason
}

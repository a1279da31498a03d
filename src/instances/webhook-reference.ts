import type { InstanceState } from '../model/instance.ts'
import { isRowId } from '../model/row-id.ts'
import type { Cipher } from '../store/cipher.ts'

/** Whoever knows how to count knows every reference; with this set, only the one that the hub signed is taken. */
const REQUIRED = 'event.webhook.secret.required'
/** A new value makes the references of before worthless. */
const VERSION = 'event.webhook.secret.version'
const SIGNED = /^v1\.([A-Za-z0-9_-]{1,14})\.(\d+\.[\w-]+)$/

type Addressed = Pick<InstanceState, 'id' | 'configuration'>

/**
 * What stands for an instance at the end of its webhook URL (spec 40 §4.1): its id in Base64, or, where the instance asks for a secret
 * address, `v1.<id in base64url>.<signature>`, which nobody else can make. Nothing is stored for it.
 */
export function webhookReference(cipher: Pick<Cipher, 'sign'>, instance: Addressed): string {
  const id = Buffer.from(String(instance.id))
  if (!requiresSecretReference(instance)) return id.toString('base64')
  return `v1.${id.toString('base64url')}.${cipher.sign(signedText(instance))}`
}

/** Anything but an empty value and `false` asks for it. */
export function requiresSecretReference({ configuration }: Pick<Addressed, 'configuration'>): boolean {
  return !/^(?:false)?$/i.test(configuration[REQUIRED]?.trim() ?? '')
}

/** @returns undefined for what has not the form of a signed reference; whether the signature is right, the instance tells */
export function readSignedReference(text: string): { instanceId: number; signature: string } | undefined {
  const [, encoded = '', signature] = SIGNED.exec(text) ?? []
  const digits = Buffer.from(encoded, 'base64url').toString('latin1')
  if (signature === undefined || !/^[1-9]\d*$/.test(digits) || !isRowId(Number(digits))) return undefined
  return { instanceId: Number(digits), signature }
}

/** Whether the signature of such a reference was made for this instance, as it is configured now. */
export function isSignedReference(cipher: Pick<Cipher, 'verify'>, instance: Addressed, signature: string): boolean {
  return cipher.verify(signedText(instance), signature)
}

/** The same key signs page tokens: neither must pass for the other. */
function signedText({ id, configuration }: Addressed): string {
  return `webhook ${id} ${configuration[VERSION] ?? ''}`
}

import { looksSecret } from '../redact.ts'

/** Besides what configuration keys are called: columns, headers, lists, key stores. */
const MORE =
  /(^|[._-])(passwords|secrets|tokens|credentials|ciphertext|password[._-]hash|authorization|cookie|jks|access[._-]key|signature[._-]key|callback[._-]headers)$/i

/** No name without one of these is a secret: most names are answered by this alone. */
const MAY_BE = /pass|pwd|secret|token|key|credential|ciphertext|authorization|cookie|jks|headers/i

/** What an object says of its own value: configuration rows, and parameters with a fixed value (spec 11 §2.1, §3.1). */
const ROW_VALUES = new Set(['defaultValue', 'propertyValue', 'value'])

/** What a room knows beyond names: which keys of its object are secret, and which texts must not stand anywhere in it. */
export interface KnownSecrets {
  isSecret?(name: string): boolean
  values?: readonly string[]
}

/** Whether a member of this name holds a secret; `apiSecret`, `api.secret` and `api_secret` are one name. */
export function isSecretName(name: string): boolean {
  if (!MAY_BE.test(name)) return false
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1.$2')
  return looksSecret(words) || MORE.test(words)
}

/**
 * Whether `owner[name]` is a secret, by its name or by what its owner is: the value of a configuration row of type
 * PASSWORD or with a secret key, the fixed value that a parameter sends as a credential.
 */
export function isSecretMember(owner: Readonly<Record<string, unknown>>, name: string): boolean {
  if (isSecretName(name)) return true
  const { key, type, vendorName } = owner
  if (ROW_VALUES.has(name)) return type === 'PASSWORD' || (typeof key === 'string' && isSecretName(key))
  return name === 'name' && type === 'value' && typeof vendorName === 'string' && isSecretName(vendorName)
}

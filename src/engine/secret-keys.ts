import type { Element } from '../model/element.ts'
import { looksSecret } from '../redact.ts'

/** Masked whatever their declared type (spec 10 §4.4). */
const ALWAYS_SECRET = new Set([
  'oauth.api.key',
  'oauth.api.secret',
  'oauth.user.token',
  'oauth.user.refresh_token',
  'oauth.user.token.secret',
  // not in the spec's list: key material is nothing to show
  'aws.api.secret',
  'base64.encoded.jks',
  'jks.password',
  // how webhooks of the vendor are verified (docs/events.md)
  'event.vendor.signature.key',
  'event.vendor.signature.key.previous',
  // a replaced key still signs for a while
  'event.notification.signature.key.previous',
])

/** The same where no element says anything: platform-held OAuth applications. */
export function isSecretName(key: string): boolean {
  return ALWAYS_SECRET.has(key) || looksSecret(key)
}

const rowTypes = new WeakMap<Element, Map<string, string>>()

/**
 * Whether a configuration value is stored sealed and shown as eight asterisks: declared `PASSWORD`, one of the OAuth
 * keys, or undeclared with a name that says so.
 */
export function isSecretKey(element: Element, key: string): boolean {
  let types = rowTypes.get(element)
  if (!types) {
    types = new Map(element.configuration.map((row) => [row.key, row.type ?? 'TEXTFIELD_128']))
    rowTypes.set(element, types)
  }
  const type = types.get(key)
  return ALWAYS_SECRET.has(key) || type === 'PASSWORD' || (type === undefined && looksSecret(key))
}

/** Every secret an instance holds, to blank them in texts that leave us. */
export function secretValues(element: Element, configuration: Readonly<Record<string, string | null>>): string[] {
  const values: string[] = []
  for (const [key, value] of Object.entries(configuration)) {
    if (value && isSecretKey(element, key)) values.push(value)
  }
  return values
}

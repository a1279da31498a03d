/** What must never be readable in logs, errors or traces: one place decides (style.md §16). */
export const MASK = '********'

/** Paths for pino's `redact`, matched in every log line. */
export const REDACTED_LOG_PATHS = [
  'authorization',
  '*.authorization',
  'req.headers.authorization',
  'headers.authorization',
  'password',
  '*.password',
  'token',
  '*.token',
  'secret',
  '*.secret',
  'configuration',
  '*.configuration',
]

const SECRET_NAME =
  /(^|[._-])(password|passwd|passphrase|pwd|secret|token|apikey|api[._-]?key|private[._-]?key|refresh_token|access_token)$/i

/** Whether a configuration key that no element declares must be treated as a secret, judged by its name. */
export function looksSecret(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Whether a header of a request carries what its sender must not show: by its name, whoever the request goes to. */
export function masksHeader(name: string): boolean {
  return /^(?:proxy-)?authorization$|^cookie$|signature$/i.test(name) || looksSecret(name)
}

/** The same for a parameter in a query; where a list goes on is no secret, whatever it is called. */
function masksParameter(name: string): boolean {
  return (looksSecret(name) && !/page/i.test(name)) || /^sig$|signature$/i.test(name)
}

/** An address as it may be shown: without its password, and without what looks like a secret in its query. */
export function redactAddress(address: string): string {
  return address
    .replace(URL_PASSWORDS, `$1${MASK}@`)
    .replace(/([?&])([^=&#]+)=([^&#]+)/g, (whole, mark: string, name: string) =>
      masksParameter(name) ? `${mark}${name}=${MASK}` : whole,
    )
}

/** A query as it may be shown. */
export function redactQuery<Value>(query: Readonly<Record<string, Value>>): Record<string, Value | string> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, masksParameter(name) ? MASK : value]))
}

const SECRET_MEMBERS = /("(?:access_token|refresh_token|id_token|client_secret|password)"\s*:\s*)"(?:[^"\\]|\\.)*"/gi
const SECRET_PAIRS = /\b((?:access_token|refresh_token|client_secret|password)=)[^&\s"']+/gi
/** `https://ada:…@api.example.com` */
const URL_PASSWORDS = /(:\/\/[^\s/?#:@"]*:)[^\s/?#@"]+@/g
const SECRET_HEADERS = /\b((?:Bearer|Basic)\s+)[A-Za-z0-9+/=._~-]{8,}/g

/** Longer texts are cut first: nobody reads them, and patterns over megabytes cost seconds. */
const MAX_REDACTED = 65_536

/**
 * A vendor's text with credentials masked, for logs and `providerMessage`.
 * @param known secret values that are blanked wherever they appear (client secret, tokens of the instance)
 */
export function redactText(text: string, known: readonly (string | null | undefined)[] = []): string {
  let clean = (text.length > MAX_REDACTED ? `${text.slice(0, MAX_REDACTED)}…` : text)
    .replace(SECRET_MEMBERS, `$1"${MASK}"`)
    .replace(SECRET_PAIRS, `$1${MASK}`)
    .replace(URL_PASSWORDS, `$1${MASK}@`)
    .replace(SECRET_HEADERS, `$1${MASK}`)
  for (const value of known) {
    if (!value || value.length < 6) continue
    // as it is, and as JSON writes it with escaped slashes
    for (const form of [value, value.replaceAll('/', '\\/')]) clean = clean.replaceAll(form, () => MASK)
  }
  return clean
}

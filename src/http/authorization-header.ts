import { credentialsInvalid } from '../errors.ts'
import type { Credentials } from '../model/account.ts'

const SCHEMES: ReadonlyMap<string, keyof Credentials> = new Map([
  ['user', 'user'],
  ['organization', 'organization'],
  ['element', 'element'],
  ['your_mom', 'element'], // the seed's spelling (spec 01 §6)
  ['bearer', 'bearer'],
])

/**
 * The pairs of an Authorization header: `User …, Organization …, Element …` in any order, or `Bearer …` (spec 00 §2.1).
 * Secrets are split off at the first blank and never decoded; scheme words match in any case.
 *
 * @returns undefined without a header
 * @throws ValenceError CREDENTIALS_INVALID when it cannot be parsed
 */
export function parseAuthorization(header: string | undefined): Credentials | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const credentials: Credentials = {}
  for (const item of header.split(',')) {
    const pair = item.trim()
    if (pair === '') continue
    const blank = pair.indexOf(' ')
    const scheme = SCHEMES.get(pair.slice(0, blank).toLowerCase())
    const secret = pair.slice(blank + 1).trim()
    if (blank < 1 || scheme === undefined || secret === '' || secret.includes(' ')) throw credentialsInvalid()
    credentials[scheme] = secret
  }
  return credentials
}

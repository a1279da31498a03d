import { ValenceError } from '../errors.ts'

const MAX_LENGTH = 2_000

/**
 * The address that is called when a job ends, of `Elements-Async-Callback-Url` or `notificationUrl` (spec 22 §11): absolute, or a path of this
 * hub. Whether something may be sent there shows when it is.
 *
 * @returns trimmed; undefined when there is none
 * @throws ValenceError PARAMETER_INVALID for what is neither; a name or password in it is not repeated
 */
export function readCallbackUrl(text: string | undefined): string | undefined {
  const address = text?.trim()
  if (!address) return undefined
  if (address.length > MAX_LENGTH) {
    throw invalid(`has ${address.length} characters, at most ${MAX_LENGTH} are taken`)
  }
  if (/^\/(?![/\\])/.test(address)) return address
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalid('expected an absolute http: or https: address, or a path of the API that begins with "/"')
  }
  if (url.username !== '' || url.password !== '') throw invalid('may hold no user name and no password')
  return address
}

function invalid(why: string): ValenceError {
  return new ValenceError('PARAMETER_INVALID', `The address of the callback ${why}`)
}

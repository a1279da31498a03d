import { isHeaderName, isObject, listOf, scalarText, textOf } from '../json-value.ts'

export interface Header {
  name: string
  value: string
}

/** Headers of a request that are switched on. */
export function headersOf(value: unknown): Header[] {
  return listOf(value)
    .filter(isObject)
    .filter(({ disabled }) => disabled !== true)
    .map(({ key, value: text }) => ({ name: (textOf(key) ?? '').trim(), value: scalarText(text) ?? '' }))
    .filter(({ name }) => isHeaderName(name))
}

/** What the platform sends itself, what credentials fill, and what a browser left behind. */
const NOT_OWN =
  /^(authorization|content-type|content-length|host|user-agent|postman-token|cache-control|connection|accept-encoding|accept-language|cookie|origin|referer|pragma|dnt|te|sec-[\w-]+|upgrade-insecure-requests|if-none-match|if-modified-since)$/i

export function isOwnHeader({ name, value }: Header): boolean {
  if (/^accept$/i.test(name)) return !/^(application\/json|\*\/\*)?(\s*[,;].*)?$/.test(value)
  return !NOT_OWN.test(name)
}

/** The kind of authentication that an Authorization header written by hand stands for. */
export function authOfHeader(headers: readonly Header[]): { type: string; [member: string]: unknown } | undefined {
  const value = headers.find(({ name }) => /^authorization$/i.test(name))?.value
  if (value === undefined) return undefined
  if (/^bearer\b/i.test(value)) return { type: 'bearer' }
  return /^basic\b/i.test(value)
    ? { type: 'basic' }
    : { type: 'apikey', apikey: { key: 'Authorization', in: 'header' } }
}

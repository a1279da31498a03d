import { createHash, createHmac, getHashes, randomBytes, randomUUID } from 'node:crypto'
import { format, parse, resolve } from 'node:url'

/** Longest text that is worked on, in UTF-16 units. */
const MOST_CHARACTERS = 24_000_000
const MOST_RANDOM_BYTES = 65_536
const URL_PARTS = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const

/**
 * What `Scope.ask` can have computed here, because V8 alone cannot. Texts in, text out; bytes travel as base64.
 */
const answers: Readonly<Record<string, (first: string, second: string, third: string) => string>> = {
  hash: (algorithm, data) => createHash(algorithm).update(data, 'base64').digest('base64'),
  hmac: (algorithm, key, data) =>
    createHmac(algorithm, Buffer.from(key, 'base64')).update(data, 'base64').digest('base64'),
  hashes: () => JSON.stringify(getHashes()),
  randomUuid: () => randomUUID(),
  randomBytes(size) {
    const bytes = Number(size)
    if (bytes >= 0 && bytes <= MOST_RANDOM_BYTES) return randomBytes(bytes).toString('base64')
    throw new RangeError(`${size} is no number of random bytes; at most ${MOST_RANDOM_BYTES} are given`)
  },
  url: (text, base) => urlParts(base === '' ? new URL(text) : new URL(text, base)),
  urlWith(href, name, value) {
    const url = new URL(href)
    const part = URL_PARTS.find((known) => known === name)
    if (part !== undefined && part !== 'origin') url[part] = value
    return urlParts(url)
  },
  urlParse: (text) => JSON.stringify(parse(text)),
  urlFormat: (parts) => format(JSON.parse(parts)),
  urlResolve: (from, to) => resolve(from, to),
}

function urlParts(url: URL): string {
  return JSON.stringify(Object.fromEntries(URL_PARTS.map((name) => [name, url[name]])))
}

/**
 * @param words question and values, from a script's scope
 * @returns `+` and the answer, or `!` and why there is none: an exception would carry the stack of this process along
 */
export function answer(words: readonly unknown[]): string {
  const [question = '', first = '', second = '', third = ''] = words.map(String)
  const found = Object.hasOwn(answers, question) ? answers[question] : undefined
  if (!found) return `!there is no answer to "${question}"`
  if (first.length + second.length + third.length > MOST_CHARACTERS) return '!that is too much data'
  try {
    return `+${found(first, second, third)}`
  } catch (error) {
    return `!${error instanceof Error ? error.message : String(error)}`
  }
}

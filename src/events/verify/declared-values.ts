import type { Configuration } from '../../model/instance.ts'

const PREFIX = 'event.vendor.signature.'
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]{1,100}$/
const MAX_LENGTH = 500

/** A sentence about a declaration that cannot be used; names the key. */
export class Problem extends Error {
  constructor(message: string) {
    super(PREFIX + message)
  }
}

/** The values of `event.vendor.signature.*`, by what follows that; empty text is no value. Its functions throw `Problem`. */
export interface DeclaredValues {
  isEmpty: boolean
  text(name: string): string | undefined
  flag(name: string): boolean
  integer(name: string, least: number, most: number, fallback: number): number
  choice<T extends string>(name: string, choices: readonly T[], fallback?: T): T
  headerName(name: string, text: string): string
  /** a key that nobody asked for is a misspelt one, or one that has no effect on this type */
  assertAllRead(): void
}

export function declaredValues(configuration: Configuration): DeclaredValues {
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(configuration)) {
    if (key.startsWith(PREFIX) && value) values.set(key.slice(PREFIX.length), value)
  }
  const unread = new Set(values.keys())
  const isEmpty = [...values].every(([name, value]) => name === 'required' && isFalse(value))

  function text(name: string): string | undefined {
    unread.delete(name)
    const value = values.get(name)
    // keys may be PEM texts
    if (value !== undefined && value.length > MAX_LENGTH && !name.startsWith('key')) {
      throw new Problem(`${name}: has more than ${MAX_LENGTH} characters`)
    }
    return value
  }

  return {
    isEmpty,
    text,
    flag(name) {
      const value = text(name)
      if (value === undefined || isFalse(value)) return false
      if (value.toLowerCase() === 'true') return true
      throw new Problem(`${name}: true or false is expected`)
    },
    integer(name, least, most, fallback) {
      const value = text(name)
      if (value === undefined) return fallback
      const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
      if (number >= least && number <= most) return number
      throw new Problem(`${name}: a whole number from ${least} to ${most} is expected`)
    },
    choice(name, choices, fallback) {
      const value = text(name)
      if (value === undefined && fallback !== undefined) return fallback
      const found = choices.find((choice) => choice === value)
      if (found !== undefined) return found
      throw new Problem(`${name}: expected one of ${choices.join(', ')}`)
    },
    headerName(name, given) {
      if (HEADER_NAME.test(given)) return given.toLowerCase()
      throw new Problem(`${name}: is no name of a header`)
    },
    assertAllRead() {
      for (const name of unread)
        throw new Problem(`${name}: has no effect here; docs/events.md lists the keys of each type`)
    },
  }
}

function isFalse(value: string): boolean {
  return value.toLowerCase() === 'false'
}

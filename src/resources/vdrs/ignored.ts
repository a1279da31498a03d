import type { Level } from '../../model/common-resource.ts'

/** A change that was made as far as the caller has the right to: no error, but not all was done (spec 20 §6.2). */
export interface Done<Body> {
  body: Body
  /** in words; none: everything was done */
  ignored: readonly string[]
}

/** Remembers what was ignored, each kind once. */
export interface Ignored {
  /** parts of a level that the caller may not write, or whose owner is not within his reach */
  level(what: string, level: Level): void
  note(text: string): void
  texts(): readonly string[]
}

export function createIgnored(): Ignored {
  const texts = new Set<string>()
  return {
    level: (what, level) => void texts.add(`${what} of level ${level}, which the caller may not write`),
    note: (text) => void texts.add(text),
    texts: () => [...texts],
  }
}

/** The text of the header `Elements-Error`; clients look for the word "ignored". Of names only what a header can hold. */
export function ignoredText(texts: readonly string[]): string {
  return `ignored: ${texts.join('; ')}`.replace(/[^ -~]/g, '?').slice(0, MAX_LENGTH)
}

const MAX_LENGTH = 1_000

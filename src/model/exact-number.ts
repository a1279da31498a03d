/**
 * A JSON number that a double cannot hold, such as an id beyond 2^53: it keeps the digits it came with. It is written into JSON as that
 * number again (also by `JSON.stringify`), and into text as its digits. It has no members, so that nothing that walks over records takes
 * it apart.
 */
export class ExactNumber {
  readonly #digits: string

  constructor(digits: string) {
    this.#digits = digits
  }

  toString(): string {
    return this.#digits
  }

  toJSON(): unknown {
    return rawJson(this.#digits)
  }
}

/** Part of V8, but not of TypeScript's library yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }

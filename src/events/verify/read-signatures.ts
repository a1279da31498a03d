import { Refusal, type SignedContent, type SignedRequest } from './declaration.ts'
import { decode } from './decode.ts'
import { describe, valueAt, withoutPrefix } from './single-value.ts'

/** More is nobody's overlap of keys, but somebody's attempt to have many tried. */
const MAX_SIGNATURES = 8
const MAX_FIELDS = 32

export interface GivenSignatures {
  /** at least one */
  signatures: Buffer[]
  /** name → value, of the format `fields` */
  fields: ReadonlyMap<string, string>
}

/**
 * What the request offers as signatures.
 * @throws Refusal when there are none or one cannot be read
 */
export function readSignatures(declared: SignedContent, request: SignedRequest): GivenSignatures {
  const text = valueAt(declared.place, request)
  const where = describe(declared.place)
  const fields = new Map<string, string>()
  const texts: string[] = []
  if (declared.format === 'value') texts.push(withoutPrefix(text, declared.prefix, declared.place))
  else if (declared.format === 'list') texts.push(...entriesOf(text, ' ', where).flatMap(prefixed(declared.prefix)))
  else {
    for (const entry of entriesOf(text, ',', where)) {
      const at = entry.indexOf('=')
      if (at < 1) throw new Refusal(`${where} is no list of name=value`)
      const [name, value] = [entry.slice(0, at).trim(), entry.slice(at + 1).trim()]
      if (name === declared.field) texts.push(...prefixed(declared.prefix)(value))
      else if (fields.has(name)) throw new Refusal(`${where} has a field twice`)
      else fields.set(name, value)
    }
  }
  if (texts.length === 0) throw new Refusal(`${where} holds no signature of the declared kind`)
  if (texts.length > MAX_SIGNATURES) throw new Refusal(`${where} holds more than ${MAX_SIGNATURES} signatures`)
  return { signatures: texts.map((entry) => decoded(entry, declared, where)), fields }
}

function entriesOf(text: string, separator: string, where: string): string[] {
  const entries = text.split(separator)
  if (entries.length > MAX_FIELDS) throw new Refusal(`${where} has more than ${MAX_FIELDS} entries`)
  return entries
}

/** Those of another version are somebody else's. */
function prefixed(prefix: string): (entry: string) => string[] {
  return (entry) => (entry.startsWith(prefix) ? [entry.slice(prefix.length)] : [])
}

function decoded(text: string, { encoding }: SignedContent, where: string): Buffer {
  const bytes = decode(text, encoding)
  if (bytes === undefined) throw new Refusal(`a signature of ${where} is not ${encoding}`)
  return bytes
}

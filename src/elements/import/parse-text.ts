import { parse } from 'yaml'
import { ValenceError } from '../../errors.ts'
import { MAX_DEPTH, MAX_VALUES } from './limits.ts'

/** Bytes as text: UTF-8, or UTF-16 with its mark. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

/**
 * JSON or YAML.
 *
 * @throws ValenceError IMPORT_INVALID when it is neither, nests too deep, or grows when its aliases are filled in
 */
export function parseJsonOrYaml(text: string): unknown {
  const value = /^\s*[{[]/.test(text) ? parseJson(text) : parseYaml(text)
  assertBounded(value)
  return value
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // flow-style YAML begins like JSON
    try {
      return parseYaml(text)
    } catch {
      throw new ValenceError('IMPORT_INVALID', `The document is not valid JSON: ${(cause as Error).message}`, { cause })
    }
  }
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { merge: true, maxAliasCount: 1000, logLevel: 'error' })
  } catch (cause) {
    throw new ValenceError('IMPORT_INVALID', `The document is not valid YAML: ${(cause as Error).message}`, { cause })
  }
}

/** Aliases make one value stand in many places; walking it is what costs, so each place counts. */
function assertBounded(value: unknown): void {
  let count = 0
  const walk = (inner: unknown, depth: number): void => {
    if (++count > MAX_VALUES)
      throw new ValenceError('IMPORT_INVALID', `The document has more than ${MAX_VALUES} values`)
    if (depth > MAX_DEPTH)
      throw new ValenceError('IMPORT_INVALID', `The document nests deeper than ${MAX_DEPTH} levels`)
    if (typeof inner === 'object' && inner !== null) for (const member of Object.values(inner)) walk(member, depth + 1)
  }
  walk(value, 0)
}

import { parseJson } from '../engine/parse-json.ts'
import { ValenceError } from '../errors.ts'
import type { UploadedPart } from '../model/exchange.ts'
import { isObject } from '../model/is-object.ts'

/** It is kept with the job and goes back with every status. */
const MAX_LENGTH = 64_000

/**
 * `metaData` of a bulk call: JSON, mostly as the text of a form (spec 22 §3, §5).
 *
 * @param given a text, an object, or nothing
 * @throws ValenceError BODY_INVALID for what is no JSON object, or is too long
 */
export function readMetaData(given: unknown): Record<string, unknown> {
  if (given === undefined || given === null || given === '') return {}
  const text = typeof given === 'string' ? given : JSON.stringify(given)
  if (text.length > MAX_LENGTH) {
    throw new ValenceError('BODY_INVALID', `metaData has ${text.length} characters, at most ${MAX_LENGTH} are taken`)
  }
  if (/^\s*(?:null)?\s*$/.test(text)) return {}
  const value = parseJson(text)
  if (isObject(value)) return { ...value }
  throw new ValenceError('BODY_INVALID', `metaData: expected a JSON object, got ${JSON.stringify(text.slice(0, 100))}`)
}

/**
 * A field of a form, also where the client sent it as a file (`-F metaData=@meta.json`).
 * @returns undefined when there is none
 */
export async function textOfPart(parts: readonly UploadedPart[], name: string): Promise<string | undefined> {
  const part = parts.find((one) => one.name === name)
  if (!part || part.text !== undefined) return part?.text
  if (part.sizeBytes > MAX_LENGTH) {
    throw new ValenceError('BODY_INVALID', `${name} has ${part.sizeBytes} bytes, at most ${MAX_LENGTH} are taken`)
  }
  const chunks: Buffer[] = []
  for await (const chunk of part.open()) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

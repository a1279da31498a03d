import { isTooDeep } from '../model/json-depth.ts'
import { type Call, formFields } from './call.ts'
import { withMember } from './root-path.ts'
import { isEnvelope, soapContent, soapOperation } from './soap.ts'
import { fromXml, withoutNamespaces } from './xml.ts'

/** What a request body says, whatever its format. */
export interface DecodedBody {
  /** a JSON value; a text for formats that are none; undefined without a body */
  value: unknown
  /** of a SOAP envelope: its operation; `value` is what that was given */
  operation?: string
  /** the body claims to be JSON and is not */
  problem?: string
}

const known = new WeakMap<Call, DecodedBody>()

export function decodeBody(call: Call): DecodedBody {
  const before = known.get(call)
  if (before) return before
  const decoded = decode(call)
  known.set(call, decoded)
  return decoded
}

function decode(call: Call): DecodedBody {
  const form = formFields(call)
  if (form) return { value: fromEntries([...form]) }
  if (call.fields.length > 0) return { value: fromEntries(call.fields) }
  const text = call.body.trim()
  if (text === '') return { value: undefined }
  const type = call.headers['content-type'] ?? ''
  if (text.startsWith('<') && !/json/i.test(type)) return decodeXml(text)
  if (type !== '' && !/json/i.test(type) && !/^[[{"]/.test(text)) return { value: text }
  if (isTooDeep(text)) return { value: undefined, problem: 'it nests too deep' }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    const isJson = type === '' || /json/i.test(type)
    return isJson ? { value: undefined, problem: (error as Error).message } : { value: text }
  }
}

function decodeXml(text: string): DecodedBody {
  const document = fromXml(text)
  if (document === undefined) return { value: text }
  if (!isEnvelope(text)) return { value: withoutNamespaces(document) }
  const operation = soapOperation(document)
  return { value: withoutNamespaces(soapContent(document)), ...(operation === undefined ? {} : { operation }) }
}

/** Repeated names become lists; `address[city]` and `items[0][price]` lie inside, `ids[]` is one more. */
function fromEntries(entries: readonly (readonly [string, string])[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [name, value] of entries.slice(0, 1000)) {
    const steps = /^[^[\]]+(\[[^[\]]*\])+$/.test(name) ? name.replaceAll(']', '').split('[') : [name]
    putInside(object, steps.slice(0, 20), value)
  }
  return listed(object) as Record<string, unknown>
}

function putInside(object: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: string): void {
  const name = step === '' ? String(Object.keys(object).length) : step
  const before = Object.hasOwn(object, name) ? object[name] : undefined
  if (rest.length === 0) {
    withMember(object, name, before === undefined ? value : [before, value].flat())
    return
  }
  const inner = isObject(before) ? before : {}
  withMember(object, name, inner)
  putInside(inner, rest, value)
}

/** Members that are counted from 0 are a list. */
function listed(value: unknown): unknown {
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, inner]) => [name, listed(inner)] as const)
  if (members.length > 0 && members.every(([name], at) => name === String(at))) return members.map(([, inner]) => inner)
  const object: Record<string, unknown> = {}
  for (const [name, inner] of members) withMember(object, name, inner)
  return object
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const MAX_LOOKS = 2000

/** The first member of that name anywhere in a body, nearest first. */
export function findMember(value: unknown, names: readonly string[]): unknown {
  const queue: unknown[] = [value]
  for (let looks = 0; queue.length > 0 && looks < MAX_LOOKS; looks++) {
    const next = queue.shift()
    if (typeof next !== 'object' || next === null) continue
    for (const name of names) {
      const found = Object.hasOwn(next, name) ? (next as Record<string, unknown>)[name] : undefined
      if (typeof found === 'string' || typeof found === 'number') return found
    }
    queue.push(...Object.values(next).slice(0, 200))
  }
  return undefined
}

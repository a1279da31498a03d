import { parseJson } from '../../engine/parse-json.ts'
import { JsonText, type ResourceCall } from '../../model/exchange.ts'
import { textHeaders } from './text-headers.ts'

/** How a call was answered, as far as it is known and kept. */
export interface AnsweredCall {
  status: number
  headers: Readonly<Record<string, string>>
  /** a JSON value, `JsonText`, text; undefined: none */
  body: unknown
  /** why the body is not here */
  left?: string | undefined
}

/**
 * `trigger` of a call of an element instance (spec 31 §1.1). A body that is none that a script could read, or that is too large, is left out, and
 * `bodyLeftOut` beside it says why.
 *
 * @param mostBytes of all of it, as JSON
 */
export function requestTrigger(call: ResourceCall, answer: AnsweredCall, mostBytes: number): Record<string, unknown> {
  const request = { headers: textHeaders(call.headers), method: call.method, path: call.path, query: call.query }
  const response = { code: answer.status, headers: answer.headers }
  const parts = call.parts === undefined ? undefined : 'files are not kept'
  const build = (asked: Body, answered: Body) => ({
    type: 'request',
    request: { ...asked, ...request },
    response: { ...answered, ...response },
  })
  const asked = parts === undefined ? { body: call.body ?? null } : leftOut(parts)
  const answered = answer.left === undefined ? { body: jsonOf(answer.body) } : leftOut(answer.left)
  const tooLarge = leftOut(`more than ${mostBytes} bytes`)
  return (
    [build(asked, answered), build(asked, tooLarge)].find((trigger) => sizeOf(trigger) <= mostBytes) ??
    build(tooLarge, tooLarge)
  )
}

type Body = { body: unknown; bodyLeftOut?: string }

function leftOut(why: string): Body {
  return { body: null, bodyLeftOut: why }
}

function jsonOf(body: unknown): unknown {
  return (body instanceof JsonText ? parseJson(body.text) : body) ?? null
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** What passed through as bytes: JSON as a value, text as text. */
export function readBytes(bytes: Buffer, contentType = ''): Pick<AnsweredCall, 'body' | 'left'> {
  if (bytes.length === 0) return { body: undefined }
  const isJson = /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)
  const isText =
    isJson || /^(?:text\/|application\/(?:[\w.+-]+\+)?xml\b|application\/x-www-form-urlencoded\b)/i.test(contentType)
  if (!isText) return { body: undefined, left: `a file of the type ${contentType || 'unknown'} is not kept` }
  const text = bytes.toString('utf8')
  if (!isJson) return { body: text }
  const value = parseJson(text)
  return { body: value === undefined ? text : value }
}

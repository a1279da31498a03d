import { ValenceError } from '../errors.ts'
import { isObject } from '../model/is-object.ts'

/** A server that speaks the API, whichever, and who calls. */
export interface HubCommand {
  /** of the server, without the path of its API */
  url: string
  /** `User …, Organization …` */
  authorization: string | undefined
}

export interface CommandAnswer {
  status: number
  body: unknown
  headers: Headers
}

/**
 * One call of the API.
 * @param expected statuses that are answers beside those of success
 * @throws ValenceError IMPORT_INVALID with what the server said
 */
export async function callHub(
  { url, authorization }: HubCommand,
  method: string,
  path: string,
  body?: unknown,
  expected: readonly number[] = [],
): Promise<CommandAnswer> {
  if (!authorization) {
    throw new ValenceError(
      'IMPORT_INVALID',
      'Set VALENCE_AUTHORIZATION to "User …, Organization …", as in calls of the API',
    )
  }
  const response = await fetch(`${url.replace(/\/+$/, '')}/elements/api-v2${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: Error) => {
    throw new ValenceError('IMPORT_INVALID', `${url} cannot be reached: ${reasonOf(cause)}`, { cause })
  })
  const { ok, status, headers } = response
  const text = await response.text()
  const answer = readAnswer(text)
  if (ok || expected.includes(status)) return { status, body: answer, headers }
  const message = isObject(answer) ? answer['message'] : text.slice(0, 200)
  throw new ValenceError('IMPORT_INVALID', `${method} ${path} answered ${status}: ${message}`)
}

/** What a proxy answers may be no JSON. */
function readAnswer(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `fetch` says why in its cause. */
function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

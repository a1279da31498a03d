import { Agent, request } from 'undici'

/** Speaks to a hub as an application would. */
export interface Client {
  /** `User …, Organization …` */
  authorization: string | undefined
  /** The body is sent as JSON, the answer read as JSON when it is. Fails when the connection does. */
  call(method: string, path: string, options?: { body?: unknown; token?: string }): Promise<Answer>
}

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
  text: string
}

export function createClient(
  hub: { api: string },
  authorization: string | undefined,
  dispatcher: Agent = shared,
): Client {
  return {
    authorization,
    async call(method, path, { body, token } = {}) {
      const pairs = [authorization, token && `Element ${token}`].filter(Boolean).join(', ')
      const answer = await request(hub.api + path, {
        method: method as 'GET',
        dispatcher,
        headers: {
          ...(pairs === '' ? {} : { authorization: pairs }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      })
      const text = await answer.body.text()
      const isJson = String(answer.headers['content-type']).includes('json') && text !== ''
      return { status: answer.statusCode, body: isJson ? JSON.parse(text) : undefined, text }
    },
  }
}

/** Connections are closed at once when idle: a hub that is killed leaves none behind that the next call would trip over. */
const shared = new Agent({ pipelining: 0 })

import type { Readable } from 'node:stream'
import { Agent, type Dispatcher, request } from 'undici'
import type { MultipartBody } from '../../engine/body/multipart.ts'
import { ValenceError } from '../../errors.ts'
import { isObject } from '../../model/is-object.ts'
import type { Terminal } from './terminal.ts'

/** A hub, seen from a machine that may be far from it. */
export interface HubConnection {
  /** Read again and again while the hub is out of reach, for about ten minutes. @throws ValenceError */
  read(path: string): Promise<HubAnswer>
  /** Sent once: it may have been done although no answer came. @throws ValenceError */
  send(method: 'POST' | 'PUT', path: string, body?: Record<string, unknown>): Promise<HubAnswer>
  /** A form of any size. @throws ValenceError */
  sendForm(path: string, form: MultipartBody, signal: AbortSignal): Promise<HubAnswer>
  /** A file as it arrives; it fails where the connection does. @throws ValenceError */
  open(path: string, accept: string, signal: AbortSignal): Promise<Readable>
  close(): Promise<void>
}

export interface HubAnswer {
  body: unknown
  nextPage: string | undefined
}

export interface HubAddress {
  /** of the server, without the path of its API */
  url: string
  /** `User …, Organization …, Element …` */
  authorization: string
}

/** Nobody is there, or somebody in between says so: the hub may be back soon. */
const OUT_OF_REACH = [502, 503, 504]
const LONGEST_WAIT_MS = 30_000
const TRIES = 24
/** of a text that is no JSON */
const SHOWN = 200

export function connectHub({ url, authorization }: HubAddress, terminal: Pick<Terminal, 'wait'>): HubConnection {
  const api = `${url.replace(/\/+$/, '')}/elements/api-v2`
  // a hub that takes or makes a large file may be silent for long
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 300_000 })

  /** @returns undefined when the hub is out of reach */
  async function ask(method: Dispatcher.HttpMethod, path: string, options: AskOptions): Promise<Asked> {
    const { accept = 'application/json', body, contentType, contentLength, signal } = options
    try {
      return await request(api + path, {
        ...{ method, dispatcher },
        headers: {
          ...{ authorization, accept },
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
          ...(contentLength === undefined ? {} : { 'content-length': String(contentLength) }),
        },
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
      })
    } catch (cause) {
      if (signal?.aborted) throw cause
      throw new ValenceError('UNAVAILABLE', `${url} cannot be reached: ${reasonOf(cause as Error)}`, { cause })
    }
  }

  /** @throws ValenceError with what the hub said, UNAVAILABLE when it is out of reach */
  async function answerOf(method: string, path: string, { statusCode, headers, body }: Asked): Promise<HubAnswer> {
    const text = await body.text().catch((cause: Error) => {
      throw new ValenceError('UNAVAILABLE', `${url} broke off its answer: ${reasonOf(cause)}`, { cause })
    })
    const answer = readJson(text)
    if (statusCode === 200) return { body: answer, nextPage: textOf(headers['elements-next-page-token']) }
    const message = isObject(answer) ? answer['message'] : text.slice(0, SHOWN)
    const code = OUT_OF_REACH.includes(statusCode) ? 'UNAVAILABLE' : 'PARAMETER_INVALID'
    throw new ValenceError(code, `${method} ${path} answered ${statusCode}: ${message}`)
  }

  return {
    async read(path) {
      for (let tried = 1; ; tried++) {
        try {
          return await answerOf('GET', path, await ask('GET', path, {}))
        } catch (error) {
          if (!isOutOfReach(error) || tried === TRIES) throw error
          await terminal.wait(Math.min(500 * 2 ** tried, LONGEST_WAIT_MS))
        }
      }
    },
    async send(method, path, body) {
      const json = body && { body: JSON.stringify(body), contentType: 'application/json' }
      return answerOf(method, path, await ask(method, path, json ?? {}))
    },
    async sendForm(path, form, signal) {
      const { contentType, lengthBytes } = form
      const options = { body: form.open(), contentType, contentLength: lengthBytes, signal }
      return answerOf('POST', path, await ask('POST', path, options))
    },
    async open(path, accept, signal) {
      const asked = await ask('GET', path, { accept, signal })
      if (asked.statusCode !== 200) await answerOf('GET', path, asked)
      return asked.body
    },
    close: () => dispatcher.close(),
  }
}

interface AskOptions {
  accept?: string
  body?: string | Readable
  contentType?: string
  contentLength?: number | undefined
  signal?: AbortSignal
}

type Asked = Dispatcher.ResponseData

export function isOutOfReach(error: unknown): boolean {
  return error instanceof ValenceError && error.code === 'UNAVAILABLE'
}

/** What a proxy answers may be no JSON. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

/** A connection that was tried at several addresses says why in its cause. */
function reasonOf({ message, cause, ...error }: Error & { code?: string }): string {
  if (message !== '') return message
  return cause instanceof Error ? cause.message : (error.code ?? 'unknown reason')
}

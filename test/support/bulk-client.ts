import { vi } from 'vitest'
import { expectOk } from './expect-answer.ts'
import type { Answer, TestHub } from './hub.ts'

/** An instance of an element whose provisioning asks nobody, and calls of bulk jobs with its token. */
export interface BulkClient {
  id: number
  token: string
  /** `User …, Organization …, Element …` */
  authorization: string
  /** The body goes as it is, with the content type that belongs to it or is given. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>
  /** @returns what `POST /bulk/query` answered; of a number that is an id its text */
  query(q: string, more?: Record<string, string>, options?: SendOptions): Promise<string>
  /** `POST /bulk/download` */
  download(body: Record<string, unknown>): Promise<string>
  /** `POST /bulk/{objectName}` with a form. @param file its content, or with name and type */
  upload(objectName: string, file: string | Uint8Array | File, given?: UploadOptions): Promise<string>
  /** the status once it is a final one */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  ended(id: string): Promise<any>
  /** as `ended`, which has to be COMPLETED */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  completed(id: string): Promise<any>
  /** the file of a completed job */
  file(id: string, accept: string, objectName?: string): Promise<string>
  /** the file as JSON lines, parsed */
  // biome-ignore lint/suspicious/noExplicitAny: tests read records of every shape
  records(id: string): Promise<any[]>
  // biome-ignore lint/suspicious/noExplicitAny: tests read rows of every shape
  errors(id: string): Promise<any[]>
}

export interface SendOptions {
  body?: RequestInit['body']
  headers?: Record<string, string>
  /** replaces all secrets; null sends none */
  authorization?: string | null
}

export interface UploadOptions {
  metaData?: Record<string, unknown> | string
  query?: Record<string, string>
  headers?: Record<string, string>
}

export const FINAL = ['COMPLETED', 'ABORTED', 'CANCELLED']
export const JSON_BODY = { 'content-type': 'application/json' }

/** @param given over the body of `POST /instances`; @param owner `User …, Organization …` of whose it is */
export async function provisionForBulk(
  hub: TestHub,
  element: string,
  configuration: Record<string, unknown> = {},
  owner = hub.authorization,
): Promise<BulkClient> {
  const body = { name: `${element} ${++instances}`, element: { key: element }, configuration }
  const made = expectOk(await hub.call('POST', '/instances', { body, authorization: owner })).body
  return bulkClient(hub, made, owner)
}

let instances = 0

export function bulkClient(
  hub: TestHub,
  { id, token }: { id: number; token: string },
  owner = hub.authorization,
): BulkClient {
  const own = `${owner}, Element ${token}`
  const client: BulkClient = {
    id,
    token,
    authorization: own,
    async send(method, path, { body, headers = {}, authorization = own } = {}) {
      const response = await fetch(hub.api + path, {
        method,
        redirect: 'manual',
        headers: { ...(authorization === null ? {} : { authorization }), ...headers },
        ...(body === undefined ? {} : { body }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: parsed(text), text }
    },
    async query(q, more = {}, options = {}) {
      const query = new URLSearchParams({ q, ...more })
      return String(expectOk(await client.send('POST', `/bulk/query?${query}`, options)).body.id)
    },
    async download(body) {
      const answer = await client.send('POST', '/bulk/download', { body: JSON.stringify(body), headers: JSON_BODY })
      return String(expectOk(answer).body.id)
    },
    async upload(objectName, file, { metaData, query = {}, headers = {} } = {}) {
      const body = uploadForm(file, metaData)
      const path = `/bulk/${objectName}?${new URLSearchParams(query)}`
      return String(expectOk(await client.send('POST', path, { body, headers })).body.id)
    },
    ended: (id) =>
      vi.waitFor(
        async () => {
          const { body } = expectOk(await client.send('GET', `/bulk/${id}/status`))
          if (!FINAL.includes(body.status)) throw new Error(`job ${id} did not end: ${JSON.stringify(body)}`)
          return body
        },
        { timeout: 8_000, interval: 25 },
      ),
    async completed(id) {
      const status = await client.ended(id)
      if (status.status !== 'COMPLETED') throw new Error(`job ${id} ended as ${JSON.stringify(status)}`)
      return status
    },
    async file(id, accept, objectName = 'contacts') {
      await client.completed(id)
      const answer = await client.send('GET', `/bulk/${id}/${objectName}`, { headers: { accept } })
      if (answer.status !== 200) throw new Error(`the file of job ${id}: ${answer.status} ${answer.text}`)
      return answer.text
    },
    async records(id) {
      return linesOf(await client.file(id, 'application/jsonl'))
    },
    async errors(id) {
      return expectOk(await client.send('GET', `/bulk/${id}/errors`)).body
    },
  }
  return client
}

export function uploadForm(file: string | Uint8Array | File, metaData?: Record<string, unknown> | string): FormData {
  const form = new FormData()
  const part = file instanceof File ? file : new File([file as string], 'rows.csv', { type: 'text/csv' })
  form.append('file', part)
  if (metaData) form.append('metaData', typeof metaData === 'string' ? metaData : JSON.stringify(metaData))
  return form
}

/** A file of rows as JSON. */
export function jsonFile(content: unknown, name = 'rows.json'): File {
  return new File([typeof content === 'string' ? content : JSON.stringify(content)], name, { type: 'application/json' })
}

/** The values of JSON lines. */
// biome-ignore lint/suspicious/noExplicitAny: tests read records of every shape
export function linesOf(text: string): any[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

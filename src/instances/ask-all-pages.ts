import { JsonText, type ResourceCall, type ResourceReply } from '../model/exchange.ts'
import type { Instance } from './instance.ts'

/** A call past what the platform answers by itself: a resource that the element declares. */
export type Ask = (instance: Instance, call: ResourceCall) => Promise<ResourceReply>

/** Of descriptions of data, of which no vendor has thousands. */
const MAX_PAGES = 20

/** Every page of a list, from the first; an answer that is no list counts as an empty one. */
export async function askAllPages(ask: Ask, instance: Instance, call: ResourceCall): Promise<unknown[]> {
  const rows: unknown[] = []
  let query = call.query
  for (let page = 0; page < MAX_PAGES; page++) {
    const reply = await ask(instance, { ...call, query })
    const body = decodedBody(reply)
    if (Array.isArray(body)) rows.push(...body)
    const nextPage = reply.headers['elements-next-page-token']
    if (nextPage === undefined) break
    query = { ...call.query, nextPage }
  }
  return rows
}

/** The body as a value, also where the engine left it text. */
export function decodedBody({ body }: Pick<ResourceReply, 'body'>): unknown {
  return body instanceof JsonText ? JSON.parse(body.text) : body
}

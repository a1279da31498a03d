import type { IncomingMessage } from 'node:http'
import type { Call } from './call.ts'
import { readBody } from './read-body.ts'

const FAULT_PARAMETER = 'simulate_fault'

/** @returns undefined when the body is too large */
export async function readCall(request: IncomingMessage): Promise<Call | undefined> {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const queryText = mark < 0 ? '' : url.slice(mark + 1)
  const { headers, method = 'GET' } = request
  const isEmpty = headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
  const body = isEmpty ? { text: '', fields: [], uploads: [] } : await readBody(request)
  return (
    body && {
      method,
      path: mark < 0 ? url : url.slice(0, mark),
      queryText,
      query: new URLSearchParams(queryText),
      headers,
      body: body.text,
      fields: body.fields,
      uploads: body.uploads,
    }
  )
}

/** The fault asked for by header or query; the query parameter is taken out, the vendor must not see it. */
export function takeFaultText(call: Call): string | undefined {
  const inQuery = call.query.get(FAULT_PARAMETER)
  if (inQuery !== null) {
    call.query.delete(FAULT_PARAMETER)
    call.queryText = call.query.toString()
  }
  const header = call.headers['x-simulate-fault']
  return inQuery ?? (typeof header === 'string' ? header : undefined)
}

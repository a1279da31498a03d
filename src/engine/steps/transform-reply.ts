import { Readable } from 'node:stream'
import { mappingScripts } from '../common/exchange-scripts.ts'
import { noteMapping } from '../common/note-mapping.ts'
import { transformBody, withoutEmpty } from '../common/transform-records.ts'
import type { Exchange } from '../exchange.ts'
import type { Step } from '../ports.ts'

/**
 * The vendor's fields become the common resource's, also in what a POST, PUT or PATCH is answered (spec 20 §11 step 6). Files,
 * failures and what a DELETE is answered stay the vendor's.
 */
export const transformReply: Step = (exchange, ports) => {
  const { common, call, reply, instance } = exchange
  const { body } = reply
  if (!common || reply.status >= 400 || call.method === 'DELETE') return exchange
  if (typeof body !== 'object' || body === null || body instanceof Readable) return exchange
  const { mapping } = common
  const keepsNulls = instance.configuration['filter.response.nulls'] === 'false'
  const runScript = mappingScripts(exchange, ports)
  const mapped = transformBody(body, { mapping, direction: 'fromVendor', keepsNulls, runScript })
  const put = (value: unknown): Exchange => {
    noteMapping(exchange, ports, 'fromVendor', value)
    reply.body = withoutEmpty(value, mapping)
    // a script may have written some
    if (mapping.script) reply.mayHoldNulls = true
    return exchange
  }
  return mapped instanceof Promise ? mapped.then(put) : put(mapped)
}

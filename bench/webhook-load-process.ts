import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { Pool } from 'undici'
import { quantile } from './statistics.ts'

/**
 * Vendors: sends webhooks to the instances in turn, tells its parent how they were acknowledged and ends.
 * `--rate 0` is as many as are taken, each connection sending its next one when it has its answer; any other number so many a second, sent on time
 * whether or not earlier ones were answered.
 */
const text = { type: 'string' } as const
const { values } = parseArgs({ options: { url: text, paths: text, rate: text, seconds: text, connections: text } })
const url = values.url ?? ''
const paths = (values.paths ?? '').split(',')
const [rate, seconds, connections] = [values.rate, values.seconds, values.connections].map(Number) as [
  number,
  number,
  number,
]
const headers = { 'content-type': 'application/json', 'x-event': 'contact.updated' }
/** about 1 KB, as most webhooks */
const body = (id: number) =>
  JSON.stringify({ id, type: 'contact', change: 'UPDATED', at: '2026-11-26T03:25:56Z', note: 'x'.repeat(900) })

process.send?.(rate === 0 ? await flatOut() : await steady())
process.disconnect?.()

async function flatOut() {
  const latencies: number[] = []
  const requests = paths.map((path, at) => ({ method: 'POST', path, headers, body: body(at) }))
  const running = autocannon({ url, connections, duration: seconds, sampleInt: 100, requests })
  running.on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => latencies.push(ms))
  const { requests: sent, duration, errors, timeouts, non2xx } = await running
  return {
    acknowledged: sent.total - non2xx,
    refused: non2xx + errors + timeouts,
    seconds: duration,
    ...percentiles(latencies),
  }
}

async function steady() {
  const pool = new Pool(url, { connections: 256, pipelining: 1 })
  const latencies: number[] = []
  const pending = new Set<Promise<void>>()
  let refused = 0
  const send = async (id: number, dueAt: number) => {
    const path = paths[id % paths.length] ?? ''
    const answer = await pool.request({ method: 'POST', path, headers, body: body(id) }).catch(() => undefined)
    await answer?.body.dump()
    if (answer?.statusCode === 200) latencies.push(performance.now() - dueAt)
    else refused++
  }
  const startedAt = performance.now()
  for (let id = 0; id < rate * seconds; ) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - startedAt) * rate) / 1000) + 1)
    for (; id < due; id++) {
      const sending = send(id, performance.now()).finally(() => pending.delete(sending))
      pending.add(sending)
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(pending)
  const took = (performance.now() - startedAt) / 1000
  await pool.close()
  // connections are made by the first of them
  const measured = latencies.slice(Math.min(rate, latencies.length >> 1))
  return { acknowledged: latencies.length, refused, seconds: took, ...percentiles(measured) }
}

function percentiles(latencies: readonly number[]) {
  return {
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    mostMs: latencies.reduce((a, b) => Math.max(a, b), 0),
  }
}

import { setTimeout as wait } from 'node:timers/promises'
import autocannon, { type Instance, type Result } from 'autocannon'

/** What is called, and what it must answer. */
export interface Target {
  name: 'hub' | 'bare proxy' | 'direct' | 'hub, hook' | 'with usage log' | 'without'
  url: string
  headers: Record<string, string>
  /** every response is compared with it */
  expectedBody: string
}

/**
 * As many calls as the target takes: every connection sends its next request when it has its answer.
 * @returns answered calls and the seconds they took
 * @throws Error unless every response was 200 with the expected body
 */
export async function fullSpeed(
  target: Target,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<{ calls: number; seconds: number }> {
  const result = await autocannon({ ...requestOf(target), connections, duration: seconds, sampleInt: 100 })
  assertClean(target, result)
  return { calls: result.requests.total, seconds: result.duration }
}

/**
 * A steady stream of `rate` calls a second, one every 1000/rate ms, each sent on time whether or not earlier ones were
 * answered.
 *
 * autocannon's own `overallRate` does something else: each connection sends its share of the second as one burst, in
 * which a slow answer delays the next request (coordinated omission), and its correction for that takes every interval
 * for 1 ms. So every call of the second has a connection of its own with one request a second, and the connections
 * start 1000/rate ms apart. Latencies come from the `response` event, because the histogram holds whole milliseconds.
 *
 * @returns latencies in ms; the first response of each connection, which includes connecting, is left out
 * @throws Error unless every response was 200 with the expected body
 */
export async function steadyRate(
  target: Target,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<number[]> {
  const latencies: number[] = []
  const running: Instance[] = []
  const startedAt = performance.now()
  for (let index = 0; index < rate; index++) {
    await wait(Math.max(0, startedAt + (index * 1000) / rate - performance.now()))
    // ends shortly before the request of second `seconds + 1`
    const options = { connections: 1, connectionRate: 1, duration: seconds + 0.75, sampleInt: 100 }
    const instance = autocannon({ ...requestOf(target), ...options, ignoreCoordinatedOmission: true })
    let responses = 0
    instance.on('response', (_client: unknown, _status: number, _bytes: number, ms: number) => {
      responses += 1
      if (responses > 1) latencies.push(ms)
    })
    running.push(instance)
  }
  for (const result of await Promise.all(running)) assertClean(target, result)
  if (latencies.length < rate * seconds) {
    throw new Error(`${target.name}: ${latencies.length} of ${rate * seconds} calls at ${rate} a second were answered`)
  }
  return latencies
}

function requestOf({ url, headers, expectedBody }: Target) {
  const ascii = asciiOf(expectedBody)
  // autocannon decodes each chunk by itself, so a character that two chunks share arrives as U+FFFD
  return { url, headers, verifyBody: (text: string) => text === expectedBody || asciiOf(text) === ascii }
}

function asciiOf(text: string): string {
  return text.replace(/[^ -~]+/g, '?')
}

function assertClean({ name }: Target, result: Result): void {
  const { errors, timeouts, mismatches, non2xx, statusCodeStats } = result
  const statuses = Object.keys(statusCodeStats)
  if (result.requests.total === 0) throw new Error(`${name}: no call was answered`)
  if (errors + timeouts + mismatches + non2xx === 0 && statuses.every((status) => status === '200')) return
  const seen = Object.entries(statusCodeStats).map(([status, { count }]) => `${count} × ${status}`)
  throw new Error(
    `${name}: every response must be 200 with the expected contacts, but there were ${seen.join(', ') || 'none'}, ` +
      `${mismatches} other bodies, ${errors} errors, ${timeouts} timeouts`,
  )
}

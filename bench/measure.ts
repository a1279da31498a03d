import { deepStrictEqual } from 'node:assert'
import type { Child } from './child.ts'
import { fullSpeed, steadyRate, type Target } from './load.ts'
import { median, quantile } from './statistics.ts'

export interface Settings {
  /** length of one run */
  seconds: number
  runs: number
  connections: number
  /** calls a second of the latency runs */
  rate: number
}

/** A target with the processes that stand between the load generator and the vendor. */
export interface Candidate {
  target: Target
  process: Child | undefined
}

/** One number for each run. */
export interface Runs {
  rps: number[]
  /** processor time of the candidate's own process for each call */
  cpuMs: number[]
  p50Ms: number[]
  p99Ms: number[]
}

const WARM_UP_SECONDS = 3

/**
 * Runs take turns, so that whatever else the machine does meets all candidates alike.
 * @returns in the order of `candidates`
 * @throws Error for any response that is not 200 with the expected body
 */
export async function measure(candidates: readonly Candidate[], settings: Settings): Promise<Runs[]> {
  const { connections, seconds, rate } = settings
  const measured = candidates.map((): Runs => ({ rps: [], cpuMs: [], p50Ms: [], p99Ms: [] }))
  for (const { target } of candidates) await fullSpeed(target, { connections, seconds: WARM_UP_SECONDS })
  for (let run = 0; run < settings.runs; run++) {
    for (const [index, { target, process }] of candidates.entries()) {
      const before = (await process?.cpuMs()) ?? 0
      const sent = await fullSpeed(target, { connections, seconds })
      const after = (await process?.cpuMs()) ?? 0
      measured[index]?.rps.push(sent.calls / sent.seconds)
      measured[index]?.cpuMs.push((after - before) / sent.calls)
    }
  }
  for (let run = 0; run < settings.runs; run++) {
    for (const [index, { target }] of candidates.entries()) {
      const latencies = await steadyRate(target, { rate, seconds })
      measured[index]?.p50Ms.push(quantile(latencies, 0.5))
      measured[index]?.p99Ms.push(quantile(latencies, 0.99))
    }
  }
  return measured
}

export function medians({ rps, cpuMs, p50Ms, p99Ms }: Runs) {
  return { rps: median(rps), cpuMs: median(cpuMs), p50Ms: median(p50Ms), p99Ms: median(p99Ms) }
}

/**
 * Calls once, checks the contacts and returns the target with the text that every response must repeat.
 * @throws Error when the status is not 200 or the contacts are not exactly the expected ones
 */
export async function prove(
  target: Omit<Target, 'expectedBody'>,
  expected: unknown,
  readContacts: (body: unknown) => unknown,
): Promise<Target> {
  const response = await fetch(target.url, { headers: target.headers })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${target.name}: ${target.url} answered ${response.status}: ${text}`)
  deepStrictEqual(readContacts(JSON.parse(text)), expected, `${target.name}: the answer is not the expected contacts`)
  return { ...target, expectedBody: text }
}

import type { Target } from './load.ts'
import { medians, type Runs, type Settings } from './measure.ts'
import { round } from './statistics.ts'

/** What `results/hub-call.json` holds. Each figure is the median of the runs. */
export interface Figures {
  date: string
  node: string
  cores: number
  settings: Settings
  /** calls a second through the hub, divided by those through the bare proxy; the goal is 0.60 or more */
  ratioToBareProxy: number
  ratioToDirect: number
  /** at the fixed rate, hub minus bare proxy; the goal is below 2 */
  addedP50Ms: number
  /** the goal is below 10 */
  addedP99Ms: number
  /** processor time of one call in the hub's process, less that of the bare proxy's */
  addedCpuMs: number
  /** a small hook on the same call, at the fixed rate; the goal is below 1 */
  hookAddedP50Ms: number
  /** of the hub, at full speed */
  rps: number
  targets: (ReturnType<typeof medians> & { name: Target['name']; runs: Runs })[]
}

const GOALS = { ratioToBareProxy: 0.6, addedP50Ms: 2, addedP99Ms: 10, hookAddedP50Ms: 1 }

/** @param names in the order hub, bare proxy, direct, hub with a hook */
export function figuresOf(
  names: readonly Target['name'][],
  measured: readonly Runs[],
  about: { settings: Settings; node: string; cores: number },
): Figures {
  const targets = measured.map((runs, index) => ({ name: names[index] ?? 'direct', ...medians(runs), runs }))
  const [hub, proxy, direct, hook] = targets
  if (!hub || !proxy || !direct || !hook)
    throw new Error('the bench measures a hub, a bare proxy, direct calls and a hook')
  return {
    date: new Date().toISOString(),
    node: about.node,
    cores: about.cores,
    settings: about.settings,
    ratioToBareProxy: round(hub.rps / proxy.rps, 3),
    ratioToDirect: round(hub.rps / direct.rps, 3),
    addedP50Ms: round(hub.p50Ms - proxy.p50Ms, 3),
    addedP99Ms: round(hub.p99Ms - proxy.p99Ms, 3),
    addedCpuMs: round(hub.cpuMs - proxy.cpuMs, 3),
    hookAddedP50Ms: round(hook.p50Ms - hub.p50Ms, 3),
    rps: round(hub.rps, 0),
    targets: targets.map((target) => ({ ...rounded(target), name: target.name, runs: roundedRuns(target.runs) })),
  }
}

export function printTable(figures: Figures): void {
  const { settings, targets } = figures
  const { seconds, runs, connections, rate } = settings
  console.log(`Node ${figures.node}, ${figures.cores} cores; medians of ${runs} runs of ${seconds} s`)
  console.log(
    `${''.padEnd(12)}${cells([`rps at ${connections} conn.`, 'CPU ms/call', `p50 ms, ${rate}/s`, `p99 ms, ${rate}/s`])}`,
  )
  for (const { name, rps, cpuMs, p50Ms, p99Ms } of targets) {
    const cpu = name === 'direct' ? '' : cpuMs.toFixed(3)
    console.log(`${name.padEnd(12)}${cells([rps.toFixed(0), cpu, p50Ms.toFixed(2), p99Ms.toFixed(2)])}`)
  }
  const { ratioToBareProxy: ratio, addedP50Ms: p50, addedP99Ms: p99 } = figures
  console.log(
    goal(
      `ratio to the bare proxy ${ratio.toFixed(2)}`,
      ratio >= GOALS.ratioToBareProxy,
      `at least ${GOALS.ratioToBareProxy}`,
    ),
  )
  console.log(goal(`added p50 ${p50.toFixed(2)} ms`, p50 < GOALS.addedP50Ms, `below ${GOALS.addedP50Ms} ms`))
  const { hookAddedP50Ms: hook } = figures
  console.log(goal(`added p99 ${p99.toFixed(2)} ms`, p99 < GOALS.addedP99Ms, `below ${GOALS.addedP99Ms} ms`))
  console.log(
    goal(`hook: added p50 ${hook.toFixed(2)} ms`, hook < GOALS.hookAddedP50Ms, `below ${GOALS.hookAddedP50Ms} ms`),
  )
}

function goal(figure: string, isMet: boolean, wanted: string): string {
  return `${figure.padEnd(32)} ${isMet ? 'meets' : 'misses'} the goal: ${wanted}`
}

function cells(texts: readonly string[]): string {
  return texts.map((text) => text.padStart(18)).join('')
}

function rounded({ rps, cpuMs, p50Ms, p99Ms }: ReturnType<typeof medians>) {
  return { rps: round(rps, 0), cpuMs: round(cpuMs, 3), p50Ms: round(p50Ms, 3), p99Ms: round(p99Ms, 3) }
}

function roundedRuns({ rps, cpuMs, p50Ms, p99Ms }: Runs): Runs {
  const to = (digits: number) => (value: number) => round(value, digits)
  return { rps: rps.map(to(0)), cpuMs: cpuMs.map(to(3)), p50Ms: p50Ms.map(to(3)), p99Ms: p99Ms.map(to(3)) }
}

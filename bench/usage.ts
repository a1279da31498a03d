/**
 * `npm run bench:usage`: what the usage log adds to a call. Two hubs of the same kind, one with the log and one without,
 * answer the call of `hub-call.ts` in turns. See README.md beside this file.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { HUB_NODE_OPTIONS } from '../test/support/hub-process.ts'
import { startChild } from './child.ts'
import { expectedContacts } from './contacts-page.ts'
import { type Candidate, measure, medians, prove } from './measure.ts'
import { provisionBase } from './provision.ts'
import { createScratchDatabase } from './scratch-database.ts'
import { median } from './statistics.ts'

/** p50 of recording; the log is no reason to wait (spec of the product: below 0.1 ms) */
const GOAL_MS = 0.1

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { seconds: text, runs: text } })
const settings = { seconds: Number(values.seconds ?? 2), runs: Number(values.runs ?? 11), connections: 16, rate: 200 }

await using cleanUp = new AsyncDisposableStack()
const vendor = await start('vendor-process.ts', [])
const on = await hub('with usage log', '30')
const off = await hub('without', '0')
const measured = await measure([on, off], settings)
const [withLog, without] = measured.map(medians)
if (!withLog || !without) throw new Error('two hubs are measured')
console.log(`Node ${process.version}; medians of ${settings.runs} runs of ${settings.seconds} s, which take turns`)
for (const [name, { rps, cpuMs, p50Ms, p99Ms }] of [
  ['with usage log', withLog],
  ['without', without],
] as const) {
  console.log(
    `${name.padEnd(16)}${rps.toFixed(0)} rps, CPU ${cpuMs.toFixed(3)} ms/call, at 200/s p50 ${p50Ms.toFixed(3)} ms, p99 ${p99Ms.toFixed(2)} ms`,
  )
}
// run by run, because what else the machine does meets both of a pair
const added = (name: 'p50Ms' | 'cpuMs') =>
  median((measured[0]?.[name] ?? []).map((value, run) => value - (measured[1]?.[name][run] ?? Number.NaN)))
console.log(
  `added: p50 ${added('p50Ms').toFixed(3)} ms (goal: below ${GOAL_MS}), CPU ${added('cpuMs').toFixed(3)} ms/call`,
)
const recorded = await (await fetch(`${on.url}/metrics`)).text()
console.log(recorded.match(/^valence_usage.*$/gm)?.join('\n'))
if (/outcome="dropped"/.test(recorded)) throw new Error('records were dropped')

async function hub(name: 'with usage log' | 'without', usageDays: string): Promise<Candidate & { url: string }> {
  const dataDir = cleanUp.adopt(await mkdtemp(join(tmpdir(), 'valence-bench-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  // started by root, the database runs as another user, who must be able to pass
  await chmod(dataDir, 0o711)
  const serverUrl = process.env['DATABASE_URL']
  const database = serverUrl ? cleanUp.adopt(await createScratchDatabase(serverUrl), ({ drop }) => drop()) : { url: '' }
  const address = vendor.facts['url'] ?? ''
  const child = await start('hub-process.ts', [address, dataDir, database.url, usageDays], HUB_NODE_OPTIONS)
  const [target] = await provisionBase(child.facts)
  if (!target) throw new Error('the hub was not provisioned')
  const proven = await prove({ ...target, name }, expectedContacts(), (body) => body)
  return { target: proven, process: child, url: child.facts['url'] ?? '' }
}

async function start(...given: Parameters<typeof startChild>) {
  return cleanUp.adopt(await startChild(...given), (child) => child.stop())
}

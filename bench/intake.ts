/**
 * `npm run bench:intake`: how many webhooks a hub acknowledges, and how long a vendor waits for its answer, which comes after the disk; with workers paused
 * (`VALENCE_ROLE=api`) and with workers that process and deliver what arrives. See README.md beside this file.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HUB_NODE_OPTIONS } from '../test/support/hub-process.ts'
import { provision } from './chaos/provision.ts'
import { type Child, startChild } from './child.ts'
import { createScratchDatabase } from './scratch-database.ts'

const ACK_P99_MS = 15
const RATE = 2_000

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { seconds: text, rate: text, connections: text, instances: text, profile: text },
})
const seconds = Number(values.seconds ?? 5)
const rate = Number(values.rate ?? 500)
const connections = Number(values.connections ?? 128)
const instances = Number(values.instances ?? 20)
const profiling = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]

interface Sent {
  acknowledged: number
  refused: number
  seconds: number
  p50Ms: number
  p99Ms: number
  mostMs: number
}

console.log(`Node ${process.version}; ${seconds} s each, ${instances} instances, bodies of 1 KB`)
console.log('workers   load          acknowledged/s   p50 ms   p99 ms   most ms   hub CPU ms/event   events/commit')
for (const role of ['api', 'all'] as const) await measure(role)
console.log(`goals: p99 below ${ACK_P99_MS} ms at 500/s; ${RATE} events/s flat out`)

async function measure(role: 'api' | 'all'): Promise<void> {
  await using cleanUp = new AsyncDisposableStack()
  const receiver = cleanUp.adopt(await startChild('webhook-receiver-process.ts', []), (child) => child.stop())
  const hub = await startHub(cleanUp, role)
  const url = hub.facts['url'] ?? ''
  const ids = await provision(`${url}/elements/api-v2`, instances, receiver.facts['url'] ?? '', {
    email: hub.facts['email'] ?? '',
    password: hub.facts['password'] ?? '',
  })
  const paths = ids.map((id) => `/elements/api-v2/events/chaos/${Buffer.from(String(id)).toString('base64')}`)
  await load({ url, paths, rate, seconds: 2 })
  for (const [name, asked] of [
    [`${rate}/s`, rate],
    ['flat out', 0],
  ] as const) {
    const before = await factsOf(url, hub)
    const sent = await load({ url, paths, rate: asked, seconds })
    const after = await factsOf(url, hub)
    const stored = after.stored - before.stored
    if (stored < sent.acknowledged) throw new Error(`${sent.acknowledged} were acknowledged, ${stored} were stored`)
    const cells = [
      sent.acknowledged / sent.seconds,
      sent.p50Ms,
      sent.p99Ms,
      sent.mostMs,
      (after.cpuMs - before.cpuMs) / sent.acknowledged,
      stored / (after.commits - before.commits),
    ]
    const widths = [17, 9, 9, 10, 19, 16]
    const row = cells.map((cell, at) => cell.toFixed(at === 0 ? 0 : 2).padStart(widths[at] ?? 0)).join('')
    const refused = sent.refused > 0 ? `   ${sent.refused} refused` : ''
    console.log(`${(role === 'api' ? 'paused' : 'running').padEnd(10)}${name.padEnd(11)}${row}${refused}`)
  }
}

async function startHub(cleanUp: AsyncDisposableStack, role: string): Promise<Child> {
  const dataDir = cleanUp.adopt(await mkdtemp(join(tmpdir(), 'valence-bench-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  // started by root, the database runs as another user, who must be able to pass
  await chmod(dataDir, 0o711)
  const serverUrl = process.env['DATABASE_URL']
  const database = serverUrl ? cleanUp.adopt(await createScratchDatabase(serverUrl), ({ drop }) => drop()) : { url: '' }
  const upstream = 'http://127.0.0.1:9'
  return cleanUp.adopt(
    await startChild(
      'hub-process.ts',
      [upstream, dataDir, database.url, '30', role],
      [...HUB_NODE_OPTIONS, ...profiling],
    ),
    (child) => child.stop(),
  )
}

async function load({
  url,
  paths,
  ...asked
}: {
  url: string
  paths: readonly string[]
  rate: number
  seconds: number
}) {
  const given = Object.entries({ ...asked, url, paths: paths.join(), connections })
  const args = given.map(([name, value]) => `--${name}=${value}`)
  const child = fork(fileURLToPath(new URL('webhook-load-process.ts', import.meta.url)), args, { stdio: 'inherit' })
  const [sent] = await once(child, 'message')
  return sent as Sent
}

async function factsOf(url: string, hub: Child) {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const value = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(metrics)?.[1] ?? 0)
  return {
    stored: value('valence_events_received_total\\{outcome="stored"\\}'),
    commits: value('valence_events_per_commit_count'),
    cpuMs: await hub.cpuMs(),
  }
}

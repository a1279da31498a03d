/**
 * `npm run bench:formula-stream`: what a hub in a process of its own needs for a file that a step of a formula streams from one element instance to
 * another. See README.md beside this file.
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { FILE_ORIGIN, startFileVendor } from '../test/support/file-vendor.ts'
import { formulaBody, step } from '../test/support/formulas.ts'
import { clientOf, startHubProcess } from '../test/support/hub-process.ts'
import { memoryDuring } from './bulk/memory.ts'
import { createScratchDatabase } from './scratch-database.ts'

const MIB = 1024 * 1024
const GOAL_MB = 150
const PATIENCE_MS = 10 * 60_000

const { values: given } = parseArgs({ options: { mb: { type: 'string', default: '200' } } })
const sizeBytes = Number(given.mb) * MIB

await using cleanUp = new AsyncDisposableStack()
const dataDir = cleanUp.adopt(await mkdtemp(join(tmpdir(), 'valence-bench-')), (folder) =>
  rm(folder, { recursive: true, force: true }),
)
// started by root, the embedded database runs as another user, who must be able to pass
await chmod(dataDir, 0o711)
const serverUrl = process.env['DATABASE_URL']
const database = serverUrl ? cleanUp.adopt(await createScratchDatabase(serverUrl), ({ drop }) => drop()) : { url: '' }
const vendor = cleanUp.adopt(await startFileVendor(), (it) => it.close())
const hub = cleanUp.adopt(
  await startHubProcess({
    VALENCE_DATA_DIR: dataDir,
    VALENCE_ORIGIN_MAP: `${FILE_ORIGIN}=${vendor.url}`,
    VALENCE_EGRESS_ALLOW: '127.0.0.1',
    ...(database.url ? { DATABASE_URL: database.url } : {}),
  }),
  (it) => it.stop().then(() => undefined),
)
const client = await clientOf(hub)

const element = JSON.parse(await readFile(new URL('../test/journeys/bodies/element.json', import.meta.url), 'utf8'))
await ask('POST', '/elements', element)
const from = await ask('POST', '/instances', { name: 'from', element: { key: 'parcels' } })
const to = await ask('POST', '/instances', { name: 'to', element: { key: 'parcels' } })
const copy = step('elementRequestStream', {
  ...{ downloadElementInstanceId: '${config.from}', downloadMethod: 'GET', downloadApi: '/files/7' },
  ...{ uploadElementInstanceId: '${config.to}', uploadMethod: 'PUT', uploadApi: '/files/8' },
})
const formula = await ask(
  'POST',
  '/formulas',
  formulaBody({ name: 'stream', config: { from: 'elementInstance', to: 'elementInstance' }, steps: { copy } }),
)
const instance = await ask('POST', `/formulas/${formula.id}/instances`, {
  name: 'stream',
  configuration: { from: from.id, to: to.id },
})

// the first one loads what the others find loaded
vendor.sizeBytes = MIB
await run()
vendor.sizeBytes = sizeBytes
const started = performance.now()
const { memory } = await memoryDuring(() => hub.pid, run)
const seconds = (performance.now() - started) / 1000
const taken = vendor.received.at(-1)
const grownMb = memory.mostMb - memory.startMb
const isWhole = taken?.bytes === sizeBytes && taken.hash === vendor.sentHash
console.log(`${given.mb} MB in ${seconds.toFixed(1)} s, ${isWhole ? 'as they were sent' : 'NOT as they were sent'}`)
console.log(`resident memory of the hub: ${memory.startMb.toFixed(0)} MB, at most ${memory.mostMb.toFixed(0)} MB`)
console.log(
  `grown by ${grownMb.toFixed(0)} MB; goal: less than ${GOAL_MB}: ${grownMb < GOAL_MB ? 'reached' : 'MISSED'}`,
)
if (!isWhole || !(grownMb < GOAL_MB)) process.exitCode = 1

/** Starts it, and waits for its end. */
async function run(): Promise<void> {
  const [execution] = await ask('POST', `/formulas/instances/${instance.id}/executions`, {})
  const path = `/formulas/instances/executions/${execution.id}`
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const { status } = await ask('GET', path)
    if (status === 'success') return
    if (status === 'failed' || performance.now() > until) {
      throw new Error(
        `the execution is ${status}: ${JSON.stringify(await ask('GET', `${path}/steps?includeValues=true`))}`,
      )
    }
    await wait(50)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
async function ask(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await client.call(method, path, body === undefined ? {} : { body })
  if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
  return answer.body
}

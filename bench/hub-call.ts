/**
 * `npm run bench`: what the hub costs on top of a bare proxy. One GET of 25 contacts is called (a) through the hub,
 * (b) through node:http and undici alone, (c) directly; each part is a process of its own. See README.md beside this file.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HUB_NODE_OPTIONS } from '../test/support/hub-process.ts'
import { type Child, startChild } from './child.ts'
import { expectedContacts, vendorPage } from './contacts-page.ts'
import { measure, prove, type Settings } from './measure.ts'
import { provisionBase } from './provision.ts'
import { type Figures, figuresOf, printTable } from './report.ts'
import { createScratchDatabase } from './scratch-database.ts'

const RESULT_FILE = fileURLToPath(new URL('results/hub-call.json', import.meta.url))
const VENDOR_HEADERS = { accept: 'application/json', authorization: 'Bearer bench-access' }

const options = readOptions()
const figures = await bench(options.settings, options.profile)
await mkdir(fileURLToPath(new URL('results', import.meta.url)), { recursive: true })
await writeFile(RESULT_FILE, `${JSON.stringify(figures, undefined, 2)}\n`)
printTable(figures)

async function bench(settings: Settings, profile: string | undefined): Promise<Figures> {
  await using cleanUp = new AsyncDisposableStack()
  const start = async (...given: Parameters<typeof startChild>): Promise<Child> =>
    cleanUp.adopt(await startChild(...given), (child) => child.stop())

  const dataDir = cleanUp.adopt(await mkdtemp(join(tmpdir(), 'valence-bench-')), (folder) =>
    rm(folder, { recursive: true, force: true }),
  )
  // started by root, the database runs as another user, who must be able to pass
  await chmod(dataDir, 0o711)
  const serverUrl = process.env['DATABASE_URL']
  const database = serverUrl
    ? cleanUp.adopt(await createScratchDatabase(serverUrl), ({ drop }) => drop())
    : { url: undefined }

  const vendor = await start('vendor-process.ts', [])
  const vendorUrl = vendor.facts['url'] ?? ''
  const proxy = await start('bare-proxy-process.ts', [vendorUrl])
  const hub = await start(
    'hub-process.ts',
    [vendorUrl, dataDir, ...(database.url ? [database.url] : [])],
    [...HUB_NODE_OPTIONS, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [])],
  )

  const page = JSON.parse(String(vendorPage())) as unknown
  const path = '/v2/contacts?page=1&per_page=25'
  const whole = (body: unknown) => body
  const proxyTarget = { name: 'bare proxy', url: proxy.facts['url'] + path, headers: VENDOR_HEADERS } as const
  const directTarget = { name: 'direct', url: vendorUrl + path, headers: VENDOR_HEADERS } as const
  const [plainTarget, hookTarget] = await provisionBase(hub.facts)
  if (!plainTarget || !hookTarget) throw new Error('the hub was not provisioned')
  const candidates = [
    { target: await prove(plainTarget, expectedContacts(), whole), process: hub },
    { target: await prove(proxyTarget, page, whole), process: proxy },
    { target: await prove(directTarget, page, whole), process: undefined },
    { target: await prove(hookTarget, expectedContacts(), whole), process: hub },
  ]
  const measured = await measure(candidates, settings)
  return figuresOf(
    candidates.map(({ target }) => target.name),
    measured,
    { settings, node: process.version, cores: cpus().length },
  )
}

function readOptions(): { settings: Settings; profile: string | undefined } {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { seconds: text, runs: text, connections: text, profile: text } })
  return {
    settings: {
      seconds: positive('seconds', values.seconds ?? '2'),
      runs: positive('runs', values.runs ?? '5'),
      connections: positive('connections', values.connections ?? '16'),
      rate: 200,
    },
    profile: values.profile,
  }
}

function positive(name: string, text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new Error(`--${name}: expected a whole number from 1 to 9999, got "${text}"`)
  return Number(text)
}

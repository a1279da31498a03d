import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { startValence } from '../../support/hub-process.ts'
import { endAll, type TestProcess } from '../../support/processes.ts'

/** `valence bulk` as somebody types it, against a hub whose vendor is simulated. */
let hub: TestHub
let env: Record<string, string>
let folder: string
const started: TestProcess[] = []

beforeAll(async () => {
  hub = await startTestHub()
  const { token } = await hub.provisionBase()
  env = { VALENCE_AUTHORIZATION: hub.authorization, VALENCE_ELEMENT_TOKEN: token }
  folder = await mkdtemp(join(tmpdir(), 'valence-bulk-cli-'))
})
afterAll(async () => {
  await endAll(started)
  await hub.close()
  await rm(folder, { recursive: true, force: true })
})

function bulk(...parameters: string[]): TestProcess {
  const one = startValence(['bulk', ...parameters, '--url', hub.hub.url], env)
  started.push(one)
  return one
}

async function contacts(where = ''): Promise<Record<string, unknown>[]> {
  const { token } = { token: env['VALENCE_ELEMENT_TOKEN'] ?? '' }
  const { body } = await hub.call('GET', `/hubs/crm/contacts?pageSize=100&where=${encodeURIComponent(where)}`, {
    token,
  })
  return body
}

test('what comes down is what a caller gets, and goes up again row by row', async () => {
  const [down, rows] = [join(folder, 'contacts.jsonl'), await contacts('is_organization=false')]
  const download = bulk('download', 'contacts', '--format', 'jsonl', '--where', 'is_organization=false', '--out', down)
  expect(await download.ended, download.output()).toEqual({ code: 0, signal: null })
  const lines = (await readFile(down, 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual(rows)

  const [up, errors] = [join(folder, 'up.csv'), join(folder, 'errors.jsonl')]
  await writeFile(up, 'last_name,email\nOne,one@bulk.example\nTwo,two@bulk.example\n')
  const upload = bulk('upload', 'contacts', up, '--errors', errors)
  expect(await upload.ended, upload.output()).toEqual({ code: 0, signal: null })
  expect(await contacts("email='two@bulk.example'")).toMatchObject([{ last_name: 'Two' }])
  expect(await readdir(folder)).toEqual(['contacts.jsonl', 'up.csv'])
}, 60_000)

test('rows that the vendor refuses are written down, and the exit code says so', async () => {
  const [file, errors] = [join(folder, 'refused.csv'), join(folder, 'refused.jsonl')]
  await writeFile(file, 'last_name,email\n"",nobody@bulk.example\nThree,three@bulk.example\n')
  const upload = bulk('upload', 'contacts', file, '--errors', errors)
  expect(await upload.ended, upload.output()).toEqual({ code: 2, signal: null })
  const [refused, ...rest] = (await readFile(errors, 'utf8')).trimEnd().split('\n')
  expect(JSON.parse(refused ?? '')).toMatchObject({
    email: 'nobody@bulk.example',
    status: expect.stringMatching(/^4\d\d: /),
  })
  expect(rest).toEqual([])
  expect(await contacts("email='three@bulk.example'")).toHaveLength(1)
}, 60_000)

test('Ctrl-C cancels the job at the hub', async () => {
  const fault = { element: 'base', match: { method: 'GET', path: '*/contacts' }, fault: 'slow:4000', times: 5 }
  const faults = `${hub.hub.url}/simulator/__simulator/faults`
  expect((await fetch(faults, { method: 'POST', body: JSON.stringify(fault) })).status).toBe(201)
  const download = bulk('download', 'contacts')
  await download.printed(/contacts: 0 rows/)
  download.signal('SIGINT')
  expect(await download.ended, download.output()).toEqual({ code: 1, signal: null })
  expect(download.output()).toMatch(/Job \d+ was cancelled/)
  await fetch(faults, { method: 'DELETE' })
}, 60_000)

import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { FILE_ORIGIN, type FileVendor, startFileVendor } from '../../support/file-vendor.ts'
import { type Formulas, formulasOf, step } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** Files from one element instance to another, by a step, from vendor to vendor. */
let hub: TestHub
let vendor: FileVendor
let formulas: Formulas
let configuration: { from: number; to: number }

const MIB = 1024 * 1024
const SIZE = 64 * MIB
const formula = {
  config: { from: 'elementInstance', to: 'elementInstance' },
  steps: {
    copy: step('elementRequestStream', {
      ...{
        downloadElementInstanceId: '${config.from}',
        downloadMethod: 'GET',
        downloadApi: '/files/${trigger.args.id}',
      },
      ...{ uploadElementInstanceId: '${config.to}', uploadMethod: 'PUT', uploadApi: '/hubs/general/files/8' },
    }),
  },
} as const

beforeAll(async () => {
  vendor = await startFileVendor()
  hub = await startTestHub({
    VALENCE_SIMULATE: 'off',
    VALENCE_ORIGIN_MAP: `${FILE_ORIGIN}=${vendor.url}`,
    VALENCE_EGRESS_ALLOW: '127.0.0.1',
  })
  formulas = formulasOf(hub)
  const element = JSON.parse(await readFile(new URL('../bodies/element.json', import.meta.url), 'utf8'))
  expectOk(await hub.call('POST', '/elements', { body: element }))
  const instance = async (name: string): Promise<number> =>
    expectOk(await hub.call('POST', '/instances', { body: { name, element: { key: 'parcels' } } })).body.id
  configuration = { from: await instance('from'), to: await instance('to') }
})
afterAll(async () => {
  await hub.close()
  await vendor.close()
})
beforeEach(() => {
  vendor.received.length = 0
  vendor.breaks = false
})

test('a file arrives as it was sent, and its bytes are in no value', async () => {
  vendor.sizeBytes = SIZE
  const instance = await formulas.bind(await formulas.make(formula), configuration)
  const [id = 0] = await formulas.start(instance.id, { id: 7 })
  await vi.waitFor(() => expect(vendor.received.length).toBe(1), 60_000)
  const run = await formulas.read(id)
  expect(run.status, JSON.stringify(run.visits)).toBe('success')
  expect(vendor.received).toEqual([{ line: 'PUT /v1/files/8', bytes: SIZE, hash: vendor.sentHash }])
  expect(run.value('copy.download.response.code')).toBe('200')
  expect(run.value('copy.download.response.body')).toBeUndefined()
  expect(run.json('copy.upload.response.body')).toEqual({ id: 77, bytes: SIZE })
  expect(run.json('copy.upload.request.headers').Authorization).toBe(
    'Element ********, User ********, Organization ********',
  )
}, 90_000)

test('a download that breaks off sends nothing', async () => {
  vendor.sizeBytes = 8 * MIB
  vendor.breaks = true
  const run = await formulas.run(formula, { configuration, args: { id: 7 } })
  expect(run.status).toBe('failed')
  expect(run.value('copy.error')).toBe('the download broke off before its end')
  expect(run.value('copy.download.response.code')).toBe('200')
  expect(vendor.received).toEqual([])
})

test('a file that is not there is not sent', async () => {
  const run = await formulas.run(
    {
      ...formula,
      steps: { copy: step('elementRequestStream', { ...formula.steps.copy.properties, downloadApi: '/nothing/7' }) },
    },
    { configuration },
  )
  expect([run.status, run.value('copy.download.response.code')]).toEqual(['failed', '400'])
  expect(vendor.received).toEqual([])
})

test('a cancel ends both sides', async () => {
  vendor.sizeBytes = 4096 * MIB
  const made = await formulas.make(formula)
  const instance = await formulas.bind(made, configuration)
  const [id = 0] = await formulas.start(instance.id, { id: 7 })
  await vi.waitFor(() => expect(vendor.sentBytes).toBeGreaterThan(MIB))
  // which cancels them
  expectOk(await hub.call('PATCH', `/formulas/${made.id}`, { body: { active: false } }))
  expect((await formulas.ended(id)).status).toBe('cancelled')
  await vi.waitFor(async () => {
    const sent = vendor.sentBytes
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(vendor.sentBytes).toBe(sent)
  })
  expect(vendor.received).toEqual([])
})

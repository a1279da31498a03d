import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** Nine `onProvision` resources that capture, nine `onDelete` that read it (spec 11 §10 item 10, §3.7, §4.3). */
let hub: LifecycleHub
let nextId = 100
beforeAll(async () => {
  hub = await startLifecycleHub()
  await hub.importElement('nine-hooks')
})
afterAll(() => hub.close())
beforeEach(() => {
  nextId = 100
  hub.vendor.take()
  hub.vendor.answer('POST /v1/hooks', () => ({ status: 201, body: { data: { id: nextId++ } } }))
  for (let id = 100; id < 109; id++) hub.vendor.answer(`DELETE /v1/hooks/${id}`, { status: 204 })
})

const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9]

test('they run in listed order, each sees what the one before captured, and every id is on the instance', async () => {
  const answer = await hub.provision('ninehooks')
  expect(answer.status, answer.text).toBe(200)
  expect(hub.vendor.take().map(({ line, body }) => [line, body])).toEqual(
    numbers.map((n) => ['POST /v1/hooks', { topic: `topic-${n}`, after: n === 1 ? '' : String(98 + n) }]),
  )
  const configuration = await hub.configurationOf(answer.body.id)
  for (const n of numbers) expect(configuration[`hook.${n}`]).toBe(String(99 + n))
  expect(configuration['authentication.time'] ?? null, 'only a validation sets it').toBeNull()
})

test('deletion reads the captured ids, without the global hooks', async () => {
  const { body: instance } = await hub.provision('ninehooks')
  const made = hub.vendor.take()
  expect(made.map(({ headers }) => headers['x-global'])).toEqual(numbers.map(() => 'ran'))
  expect((await hub.call('DELETE', `/instances/${instance.id}`)).status).toBe(200)
  const removed = hub.vendor.take()
  expect(removed.map(({ line }) => line)).toEqual(numbers.map((n) => `DELETE /v1/hooks/${99 + n}`))
  expect(removed.map(({ headers }) => headers['x-global'])).toEqual(numbers.map(() => undefined))
})

test('a vendor that refuses to forget does not keep the instance alive', async () => {
  const { body: instance } = await hub.provision('ninehooks')
  hub.vendor.take()
  hub.vendor.answer('DELETE /v1/hooks/103', { status: 500, body: { error: 'busy' } })
  expect((await hub.call('DELETE', `/instances/${instance.id}`)).status).toBe(200)
  expect(new Set(hub.vendor.take().map(({ line }) => line))).toEqual(
    new Set(numbers.map((n) => `DELETE /v1/hooks/${99 + n}`)),
  )
  expect((await hub.call('GET', `/instances/${instance.id}`)).status).toBe(404)
})

test('a failure in the middle of provisioning fails it whole', async () => {
  let count = 0
  hub.vendor.answer('POST /v1/hooks', () =>
    ++count < 5 ? { body: { data: { id: count } } } : { status: 403, body: {} },
  )
  const answer = await hub.provision('ninehooks', { name: 'Never' })
  expect(answer.status, answer.text).toBe(403)
  expect(hub.vendor.take()).toHaveLength(5)
  expect((await hub.call('GET', '/instances?tags[]=Never')).status).toBe(404)
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of simulation.yaml
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type ListeningSimulator,
  listenSimulator,
  testElement,
  testResource,
} from '../../test/support/simulator-listener.ts'
import { checkSimulation } from './load-simulations.ts'
import { TEST_SIGNING_KEY, type Webhook } from './vendor-webhooks.ts'

const NOW = new Date('2026-03-04T05:06:07Z')
const HOOK = { type: 'onProvisionWebhook' }
const resources = [
  testResource('GET', '/lamps', '/lamps'),
  testResource('POST', '/lamps', '/lamps'),
  testResource('PATCH', '/lamps/{id}', '/lamps/{id}'),
  testResource('DELETE', '/lamps/{id}', '/lamps/{id}'),
  testResource('POST', '/hooks', '/hooks', HOOK),
  testResource('DELETE', '/hooks', '/hooks/{hook.id}', { type: 'onDeleteWebhook' }),
]
const configure = { 'base.url': 'https://api.lamp.test/v1' }
const authentication = { type: 'apiKey' }
const plain = testElement({ key: 'plain', authentication, configure, resources })
const signing = testElement({
  key: 'signing',
  authentication,
  configure: { 'base.url': 'https://api.signing.test/v1' },
  resources,
})
const simulation = checkSimulation(
  {
    webhooks: {
      changes: { created: 'added' },
      body: { event: '${type}.${change}', made: '$seconds', data: '$row' },
      signature: {
        header: 'x-lamp-signature',
        value: 't=${seconds},v1=${signature}',
        content: '${seconds}.${body}',
        encoding: 'hex',
      },
    },
  },
  'signing',
)

let vendor: ListeningSimulator
let sent: Webhook[] = []
beforeAll(async () => {
  vendor = await listenSimulator({
    elements: [plain, signing],
    simulations: new Map([['signing', simulation]]),
    now: () => NOW,
    deliver: async (webhook) => {
      sent.push(webhook)
      return 200
    },
  })
})
beforeEach(() => {
  vendor.simulator.reset()
  sent = []
})
afterAll(() => vendor.close())

async function call(method: string, path: string, body?: unknown) {
  const response = await vendor.call(path, {
    method,
    headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  expect(response.status, `${method} ${path}`).toBeLessThan(300)
  const text = await response.text()
  return text === '' ? undefined : JSON.parse(text)
}

const subscribe = (element = 'plain', url = 'https://hub.test/events/plain/Nw==') =>
  call('POST', `/${element}/v1/hooks`, { settings: { target: url }, all: true })

test('whoever subscribed is told of rows that are written, in order', async () => {
  await subscribe()
  const made = await call('POST', '/plain/v1/lamps', { name: 'Ada' })
  await call('PATCH', `/plain/v1/lamps/${made.id}`, { name: 'Ada L.' })
  await call('DELETE', `/plain/v1/lamps/${made.id}`)
  await expect.poll(() => sent.length).toBe(3)
  const told = sent.map(({ url, body }) => [url, JSON.parse(body)])
  const url = 'https://hub.test/events/plain/Nw=='
  const common = { type: 'lamp', id: made.id, time: '2026-03-04T05:06:07.000Z' }
  expect(told).toMatchObject([
    [url, { ...common, event: 'lamp.created', row: { name: 'Ada' } }],
    [url, { ...common, event: 'lamp.updated', row: { name: 'Ada L.' } }],
    [url, { ...common, event: 'lamp.deleted' }],
  ])
})

test('without anybody nothing leaves, and whoever took it back hears no more', async () => {
  await call('POST', '/plain/v1/lamps', { name: 'Ada' })
  const { id } = await subscribe()
  await subscribe('plain', 'https://other.test/events')
  await call('DELETE', `/plain/v1/hooks/${id}`)
  await call('POST', '/plain/v1/lamps', { name: 'Bob' })
  await expect.poll(() => sent.map(({ url }) => url)).toEqual(['https://other.test/events'])
})

test('a form of its own, signed with a known key', async () => {
  await subscribe('signing')
  await call('POST', '/signing/v1/lamps', { name: 'Ada' })
  await expect.poll(() => sent.length).toBe(1)
  const [{ headers, body } = { headers: {}, body: '' }] = sent
  const seconds = NOW.getTime() / 1000
  expect(JSON.parse(body)).toMatchObject({ event: 'lamp.added', made: seconds, data: { name: 'Ada' } })
  const signature = createHmac('sha256', TEST_SIGNING_KEY).update(`${seconds}.${body}`).digest('hex')
  expect(headers).toMatchObject({ 'x-lamp-signature': `t=${seconds},v1=${signature}` })
})

test('what is asked for beside the vendor is sent as well', async () => {
  await subscribe()
  const emit = (order: unknown, element = 'plain') => vendor.call(`/__simulator/emit?element=${element}`, json(order))
  expect((await emit({ body: { any: 'thing' } })).status).toBe(202)
  expect((await emit({ resource: 'lamps', change: 'deleted', url: 'https://one.test/x' })).status).toBe(202)
  await expect
    .poll(() => sent.map(({ url, body }) => [url, JSON.parse(body)]))
    .toMatchObject([
      ['https://hub.test/events/plain/Nw==', { any: 'thing' }],
      ['https://one.test/x', { event: 'lamp.deleted' }],
    ])
  const shown = await (await vendor.call('/__simulator/webhooks?element=plain')).json()
  expect(shown).toMatchObject({ subscriptions: ['https://hub.test/events/plain/Nw=='], sent: [{ status: 200 }, {}] })
  for (const [order, element, status] of [
    [{ resource: 'lamps' }, 'nobody', 404],
    [{ resource: 'lamps' }, 'signing', 400],
    [{ resource: 'chairs' }, 'plain', 400],
    [{ resource: 'lamps', change: 'stolen' }, 'plain', 400],
    [{}, 'plain', 400],
    [[], 'plain', 400],
  ] as const) {
    expect((await emit(order, element)).status, JSON.stringify(order)).toBe(status)
  }
})

const json = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body) })

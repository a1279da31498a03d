import { expect, test } from 'vitest'
import { answer, callOf, elementOf, resource, runCall } from '../../../test/support/engine.ts'

const model = { name: 'orders', swagger: { orders: { type: 'array', items: { type: 'object' } } } }
const element = elementOf({
  resources: [
    resource('GET', '/orders', { rootKey: '|orders.order', model }),
    resource('GET', '/order', { rootKey: '|orders.order' }),
  ],
})
const bodyOf = async (line: string, xml: string) =>
  (await runCall(element, callOf(line), [answer(200, xml, { 'content-type': 'application/xml' })])).reply.body

for (const [name, line, xml, expected] of [
  ['many records are a list', 'GET /orders', '<orders><order>a</order><order>b</order></orders>', ['a', 'b']],
  ['one record is a list of one, where the model says list', 'GET /orders', '<orders><order>a</order></orders>', ['a']],
  ['an empty element is an empty list', 'GET /orders', '<orders><order/></orders>', []],
  ['without a model nobody knows', 'GET /order', '<orders><order>a</order></orders>', 'a'],
  ['a root that does not resolve changes nothing', 'GET /orders', '<fault>no</fault>', { fault: 'no' }],
] as const)
  test(`XML: ${name}`, async () => {
    expect(await bodyOf(line, xml)).toEqual(expected)
  })

test('Latin-1 is read as such', async () => {
  const bytes = Buffer.from(
    '<?xml version="1.0" encoding="ISO-8859-1"?><orders><order>Zo\xeb</order></orders>',
    'latin1',
  )
  const reply = { ...answer(200, '', { 'content-type': 'text/xml' }), bytes: async () => bytes }
  expect((await runCall(element, callOf('GET /order'), [reply])).reply.body).toBe('Zoë')
})

test('an empty answer of a list is an empty list, counted', async () => {
  const { reply } = await runCall(element, callOf('GET /orders'), [answer(204, '')])
  expect(reply).toMatchObject({ body: [], headers: { 'elements-returned-count': '0' } })
})

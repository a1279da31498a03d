import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The Stripe element on the simulator. */
let hub: TestHub
let stripe: CatalogInstance
beforeAll(async () => {
  hub = await startTestHub()
  stripe = await provisionElement(hub, 'stripe', { apiKey: 'sk_test_1' })
})
afterAll(() => hub.close())

const lastRequest = () => hub.hub.simulator?.requests(1, 'shown').at(-1)

test('a key that the vendor refuses makes no instance', async () => {
  const body = { name: 'x', element: { key: 'stripe' }, configuration: { apiKey: 'wrong-key' } }
  expect((await hub.call('POST', '/instances', { body })).status).toBe(401)
})

test('customers are made, read, changed, found and deleted', async () => {
  const customer = {
    name: 'Ada "L" Byron',
    email: 'ada@example.org',
    address: { city: 'Bonn' },
    metadata: { plan: 'pro' },
  }
  const made = await stripe.ok('POST', '/hubs/payment/customers', customer)
  expect(made).toMatchObject({ object: 'customer', ...customer })
  expect(made.id).toMatch(/^cus_/)
  expect(lastRequest()).toMatchObject({ method: 'POST', url: '/v1/customers' })
  expect(new URLSearchParams(lastRequest()?.body ?? '').get('address[city]')).toBe('Bonn')
  expect(await stripe.ok('GET', `/hubs/payment/customers/${made.id}`)).toEqual(made)
  const changed = await stripe.ok('PATCH', `/hubs/payment/customers/${made.id}`, {
    phone: '+49 228',
    metadata: { a: 'b' },
  })
  expect(changed).toMatchObject({ name: customer.name, phone: '+49 228', metadata: { plan: 'pro', a: 'b' } })
  expect(lastRequest()?.method).toBe('POST')
  for (const where of [
    `name='Ada "L" Byron'`,
    "email='ada@example.org' and phone LIKE '%228%'",
    "metadata.plan='pro'",
    "email in ('ada@example.org', 'bob@example.org')",
  ]) {
    const found = await stripe.ok('GET', `/hubs/payment/customers?where=${encodeURIComponent(where)}`)
    expect(found, where).toEqual([changed])
  }
  await stripe.ok('DELETE', `/hubs/payment/customers/${made.id}`)
  expect((await stripe.call('GET', `/hubs/payment/customers/${made.id}`)).status).toBe(404)
})

describe('lists', () => {
  test('go on after the last record, to the end', async () => {
    await expectPages(stripe, '/hubs/payment/customers')
    const all = await allPages(stripe, '/hubs/payment/charges', 10)
    expect(new Set(all.map(({ id }) => id)).size).toBe(25)
  })

  test('searches go on with a token of their own', async () => {
    const where = encodeURIComponent("currency='usd'")
    await expectPages(stripe, `/hubs/payment/charges?where=${where}`)
    expect(await allPages(stripe, `/hubs/payment/charges?where=${where}`, 7)).toHaveLength(25)
  })

  for (const path of [
    ...['customers', 'products', 'prices', 'charges', 'payment-intents', 'refunds', 'invoices', 'invoice-items'],
    ...['subscriptions', 'plans', 'coupons', 'payouts', 'disputes', 'events'],
  ])
    test(`${path} are there`, async () => {
      const [row] = await stripe.ok('GET', `/hubs/payment/${path}?pageSize=1`)
      expect(row.id).toEqual(expect.any(String))
      expect(await stripe.ok('GET', `/hubs/payment/${path}/${row.id}`)).toEqual(row)
      expect((await stripe.call('GET', `/hubs/payment/${path}/nothing_1`)).status).toBe(404)
    })

  test('a parameter of the vendor narrows at once', async () => {
    const [{ customer }] = await stripe.ok('GET', '/hubs/payment/charges?pageSize=1')
    const found = await stripe.ok('GET', `/hubs/payment/charges?customer=${customer}`)
    expect(new Set(found.map((row: { customer: string }) => row.customer))).toEqual(new Set([customer]))
  })
})

test('money is taken in two steps and given back', async () => {
  const [customer] = await stripe.ok('GET', '/hubs/payment/customers?pageSize=1')
  const held = { amount: 1200, currency: 'eur', customer: customer.id, capture: false, source: 'tok_visa' }
  const charge = await stripe.ok('POST', '/hubs/payment/charges', held)
  expect(charge).toMatchObject({ amount: 1200, captured: false, amount_captured: 0 })
  const taken = await stripe.ok('POST', `/hubs/payment/charges/${charge.id}/capture`, {})
  expect(taken).toMatchObject({ id: charge.id, captured: true, amount_captured: 1200 })
  const refund = await stripe.ok('POST', '/hubs/payment/refunds', { charge: charge.id, amount: 200 })
  expect(refund).toMatchObject({ charge: charge.id, amount: 200, status: 'succeeded' })
})

test('an invoice is made, finalized and paid', async () => {
  const [customer] = await stripe.ok('GET', '/hubs/payment/customers?pageSize=1')
  const draft = await stripe.ok('POST', '/hubs/payment/invoices', { customer: customer.id })
  expect(draft).toMatchObject({ status: 'draft', customer_email: customer.email })
  expect((await stripe.ok('POST', `/hubs/payment/invoices/${draft.id}/finalize`, {})).status).toBe('open')
  expect(await stripe.ok('POST', `/hubs/payment/invoices/${draft.id}/pay`, {})).toMatchObject({
    status: 'paid',
    paid: true,
  })
  expect(await stripe.ok('GET', `/hubs/payment/invoices/${draft.id}/lines`)).toHaveLength(0)
})

test('a subscription has its items', async () => {
  const [customer] = await stripe.ok('GET', '/hubs/payment/customers?pageSize=1')
  const [price] = await stripe.ok('GET', '/hubs/payment/prices?pageSize=1')
  const items = [{ price: price.id, quantity: '2' }]
  const made = await stripe.ok('POST', '/hubs/payment/subscriptions', { customer: customer.id, items })
  expect(made).toMatchObject({ status: 'active', items })
  await stripe.ok('DELETE', `/hubs/payment/subscriptions/${made.id}`)
})

test('what is missing or wrong is a 400 with the vendor’s words', async () => {
  const refused = await stripe.call('POST', '/hubs/payment/charges', {})
  expect(refused.status).toBe(400)
  expect(refused.body.providerMessage).toContain('invalid_request_error')
})

test('the balance is one', async () => {
  expect(await stripe.ok('GET', '/hubs/payment/balance')).toMatchObject({ object: 'balance', livemode: false })
})

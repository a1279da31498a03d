import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type Organization, type People } from '../../support/people.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/** Messages on topics, who hears of them and how it went, settings of the account, mails (spec 41 §2–6). */
let hub: TestHub
let receiver: Receiver
let people: People
let stranger: Organization
beforeAll(async () => {
  ;[receiver, hub] = await Promise.all([
    startReceiver(),
    startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
  ])
  people = await meetPeople(hub)
  stranger = await people.signUp('Strangers')
})
afterAll(async () => {
  await hub.close()
  await receiver.close()
})

let topics = 0
const newTopic = () => `orders-${++topics}`
const note = (topic: string, given: object = {}) => ({
  severity: 'high',
  topic,
  message: 'Order 7 is late',
  from: 'shop@example.com',
  ...given,
})
const post = async (body: unknown) => expectOk(await hub.call('POST', '/notifications', { body })).body
const subscribe = async (topic: string, url: string, given: object = {}) =>
  expectOk(
    await hub.call('POST', '/notifications/subscriptions', {
      body: { channel: 'webhook', topics: [topic], config: { url, ...given } },
    }),
  ).body

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const whole = (topic: string) => ({
  id: expect.any(Number),
  from: 'shop@example.com',
  topic,
  severity: 'high',
  message: 'Order 7 is late',
  createdDate: expect.stringMatching(DATE),
  active: true,
  acknowledged: false,
})

describe('notifications (§2)', () => {
  test('create, get, list and acknowledge answer every member', async () => {
    const topic = newTopic()
    const made = await post(note(topic))
    expect(made).toMatchObject(whole(topic))
    expect(expectOk(await hub.call('GET', `/notifications/${made.id}`)).body).toMatchObject(whole(topic))
    expect(expectOk(await hub.call('GET', `/notifications?topics[]=${topic}`)).body).toMatchObject([whole(topic)])
    const acknowledged = { ...whole(topic), acknowledged: true }
    const path = `/notifications/${made.id}/acknowledge`
    expect(expectOk(await hub.call('PUT', path, { body: { any: ['thing'] } })).body).toMatchObject(acknowledged)
    expect(expectOk(await hub.call('PUT', path)).body).toMatchObject(acknowledged)
    expect(expectOk(await hub.call('GET', `/notifications/${made.id}`)).body).toMatchObject(acknowledged)
  })

  test('the message can be an object, the severity is low when not given', async () => {
    const topic = newTopic()
    const made = await post({ topic, from: 'x@example.com', message: { order: { id: 7 } } })
    expect(made).toMatchObject({ severity: 'low', message: { order: { id: 7 } } })
    expect(expectOk(await hub.call('GET', `/notifications/${made.id}`)).body.message).toEqual({ order: { id: 7 } })
  })

  for (const [name, body] of [
    ['nothing', {}],
    ['no topic', { severity: 'low', message: 'm', from: 'f' }],
    ['topic null', note('', { topic: null })],
    ['no message', { severity: 'low', topic: 't', from: 'f' }],
    ['message null', note('t', { message: null })],
    ['a severity that is none', note('t', { severity: 'apocalyptic' })],
  ] as const) {
    test(`${name} is refused`, async () => {
      expectError(await hub.call('POST', '/notifications', { body }), 400)
    })
  }

  test('a list wants topics', async () => {
    expectError(await hub.call('GET', '/notifications'), 400)
    expectError(await hub.call('GET', '/notifications?pageSize=2'), 400)
  })

  test('an unknown topic is an empty list', async () => {
    expect(expectOk(await hub.call('GET', '/notifications?topics[]=nobody-knows')).body).toEqual([])
  })

  test('topics in every spelling: repeated, with commas, without brackets', async () => {
    const [a, b] = [newTopic(), newTopic()]
    await post(note(a))
    await post(note(b))
    for (const query of [
      `topics[]=${a}&topics[]=${b}`,
      `topics[]=${a}, ${b}`,
      `topics%5B%5D=${a}&topics%5B%5D=${b}`,
      `topics=${a}&topics=${b}`,
    ]) {
      expect(expectOk(await hub.call('GET', `/notifications?${query}`)).body, query).toHaveLength(2)
    }
  })

  test('five are five pages of one', async () => {
    const topic = newTopic()
    const made: number[] = []
    for (let index = 0; index < 5; index++) made.push((await post(note(topic, { message: `m${index}` }))).id)
    const seen: number[] = []
    let token: string | null = ''
    for (let page = 0; page < 5; page++) {
      const path = `/notifications?topics[]=${topic}&pageSize=1&nextPage=${encodeURIComponent(token ?? '')}`
      const answer = expectOk(await hub.call('GET', path))
      expect(answer.body).toHaveLength(1)
      seen.push(answer.body[0].id)
      token = answer.headers.get('elements-next-page-token')
    }
    expect(token).toBeNull()
    expect(seen.toSorted()).toEqual(made.toSorted())
  })

  test('a deleted one is gone', async () => {
    const topic = newTopic()
    const { id } = await post(note(topic))
    expectOk(await hub.call('DELETE', `/notifications/${id}`))
    expectError(await hub.call('GET', `/notifications/${id}`), 404)
    expectError(await hub.call('DELETE', `/notifications/${id}`), 404)
    expect(expectOk(await hub.call('GET', `/notifications?topics[]=${topic}`)).body).toEqual([])
  })

  for (const id of ['-1', '999999999', 'abc']) {
    test(`${id} is 404, whatever is asked of it`, async () => {
      expectError(await hub.call('GET', `/notifications/${id}`), 404)
      expectError(await hub.call('DELETE', `/notifications/${id}`), 404)
      expectError(await hub.call('PUT', `/notifications/${id}/acknowledge`), 404)
    })
  }

  test('another account sees none of it', async () => {
    const topic = newTopic()
    const { id } = await post(note(topic))
    const ask = people.as(stranger.admin)
    expect(expectOk(await ask('GET', `/notifications?topics[]=${topic}`)).body).toEqual([])
    expectError(await ask('GET', `/notifications/${id}`), 404)
    expectError(await ask('DELETE', `/notifications/${id}`), 404)
    expectError(await ask('PUT', `/notifications/${id}/acknowledge`), 404)
  })
})

describe('subscriptions (§3)', () => {
  test('create, read, list, delete', async () => {
    const topic = newTopic()
    const { url } = receiver.inbox()
    const made = await subscribe(topic, url)
    const expected = { id: expect.any(Number), channel: 'webhook', topics: [topic], config: { url } }
    expect(made).toMatchObject(expected)
    expect(expectOk(await hub.call('GET', `/notifications/subscriptions/${made.id}`)).body).toMatchObject(expected)
    const { body } = expectOk(await hub.call('GET', '/notifications/subscriptions'))
    expect(body.filter(({ id }: { id: number }) => id === made.id)).toMatchObject([expected])
    expectOk(await hub.call('DELETE', `/notifications/subscriptions/${made.id}`))
    expectError(await hub.call('GET', `/notifications/subscriptions/${made.id}`), 404)
    expectError(await hub.call('DELETE', `/notifications/subscriptions/${made.id}`), 404)
  })

  for (const [name, body] of [
    ['nothing', {}],
    ['no topics', { channel: 'webhook', topics: [], config: { url: 'https://app.example.com/n' } }],
    ['no channel', { topics: ['a'], config: { url: 'https://app.example.com/n' } }],
    ['a channel that is none', { channel: 'pigeon', topics: ['a'], config: {} }],
    ['url null', { channel: 'webhook', topics: ['a'], config: { url: null } }],
    ['no url', { channel: 'webhook', topics: ['a'], config: {} }],
    ['no config', { channel: 'webhook', topics: ['a'] }],
    ['a url that is none', { channel: 'webhook', topics: ['a'], config: { url: 'not a url' } }],
    ['a url of files', { channel: 'webhook', topics: ['a'], config: { url: 'file:///etc/passwd' } }],
  ] as const) {
    test(`${name} is refused`, async () => {
      expectError(await hub.call('POST', '/notifications/subscriptions', { body }), 400)
    })
  }

  for (const id of ['-1', '999999999']) {
    test(`${id} is 404`, async () => {
      expectError(await hub.call('GET', `/notifications/subscriptions/${id}`), 404)
    })
  }

  test('another account sees none of it', async () => {
    const { id } = await subscribe(newTopic(), receiver.inbox().url)
    const ask = people.as(stranger.admin)
    expect(expectOk(await ask('GET', '/notifications/subscriptions')).body).toEqual([])
    expectError(await ask('GET', `/notifications/subscriptions/${id}`), 404)
    expectError(await ask('DELETE', `/notifications/subscriptions/${id}`), 404)
  })

  test('secrets of it are not read back in clear text', async () => {
    const given = { signatureKey: 'sign-me-0815', username: 'ann', password: 'pass-me-0815' }
    const { id } = await subscribe(newTopic(), receiver.inbox().url, given)
    const { text } = expectOk(await hub.call('GET', `/notifications/subscriptions/${id}`))
    expect(text).not.toMatch(/0815/)
  })
})

describe('deliveries (§4)', () => {
  test('two subscriptions of one topic both get the message, in the envelope of events', async () => {
    const topic = newTopic()
    const [first, second, other] = [receiver.inbox(), receiver.inbox(), receiver.inbox()]
    const [one, two] = [await subscribe(topic, first.url), await subscribe(topic, second.url)]
    await subscribe(newTopic(), other.url)
    const { id } = await post(note(topic, { message: { order: 7 } }))
    const [[got], [also]] = await Promise.all([first.arrived(1), second.arrived(1)])
    expect(got?.json).toMatchObject({
      id: String(id),
      topic,
      severity: 'high',
      action: 'create',
      createdDate: expect.stringMatching(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}$/),
      user: expect.any(String),
      message: { order: 7 },
    })
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json',
      'elements-webhook-id': expect.any(String),
    })
    expect(also?.body.equals(got?.body as Buffer)).toBe(true)
    expect(other.received).toEqual([])

    const path = `/notifications/${id}/subscriptions/deliveries`
    const statuses = async () => (await hub.call('GET', path)).body.map(({ status }: { status: string }) => status)
    await expect.poll(statuses, { timeout: 10_000 }).toEqual(['delivered', 'delivered'])
    const { body } = expectOk(await hub.call('GET', path))
    const expected = (subscriptionId: number) => ({
      notificationId: id,
      subscriptionId,
      status: 'delivered',
      createdDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    })
    expect(body).toEqual(
      expect.arrayContaining([expect.objectContaining(expected(one.id)), expect.objectContaining(expected(two.id))]),
    )

    const single = `/notifications/${id}/subscriptions/${one.id}/deliveries`
    const plain = expectOk(await hub.call('GET', single)).body
    expect(plain).toMatchObject(expected(one.id))
    expect(plain).not.toHaveProperty('notification')
    expect(plain).not.toHaveProperty('subscription')
    expect(expectOk(await hub.call('GET', `${single}?hydrate=true`)).body).toMatchObject({
      ...expected(one.id),
      notification: { id, topic },
      subscription: { id: one.id, channel: 'webhook', topics: [topic] },
    })
  })

  test('a subscription made later gets no earlier message', async () => {
    const topic = newTopic()
    const { id } = await post(note(topic))
    await subscribe(topic, receiver.inbox().url)
    expect(expectOk(await hub.call('GET', `/notifications/${id}/subscriptions/deliveries`)).body).toEqual([])
  })

  test('a subscription of several topics hears of each', async () => {
    const [a, b] = [newTopic(), newTopic()]
    const inbox = receiver.inbox()
    const body = { channel: 'webhook', topics: [a, b], config: { url: inbox.url } }
    expectOk(await hub.call('POST', '/notifications/subscriptions', { body }))
    await post(note(a))
    await post(note(b))
    await inbox.arrived(2)
    expect(inbox.received.map(({ json }) => json.topic)).toEqual([a, b])
  })

  test('config: signature, headers, Basic', async () => {
    const topic = newTopic()
    const inbox = receiver.inbox()
    await subscribe(topic, inbox.url, { signatureKey: 'k', headers: { 'X-A': 'b' }, username: 'ann', password: 'pw' })
    await post(note(topic))
    const [delivery] = await inbox.arrived(1)
    const { createHmac } = await import('node:crypto')
    const signature = createHmac('sha256', 'k')
      .update(delivery?.body as Buffer)
      .digest('base64')
    expect(delivery?.headers).toMatchObject({
      'elements-webhook-signature': `sha256=${signature}`,
      'x-a': 'b',
      authorization: `Basic ${Buffer.from('ann:pw').toString('base64')}`,
    })
  })

  for (const channel of ['sms', 'push']) {
    test(`${channel} is accepted and stays created`, async () => {
      const topic = newTopic()
      const body = { channel, topics: [topic], config: { to: '+49' } }
      expectOk(await hub.call('POST', '/notifications/subscriptions', { body }))
      const { id } = await post(note(topic))
      expect(expectOk(await hub.call('GET', `/notifications/${id}/subscriptions/deliveries`)).body).toMatchObject([
        { status: 'created' },
      ])
    })
  }

  test('email is handed over', async () => {
    const topic = newTopic()
    const body = { channel: 'email', topics: [topic], config: { to: 'ann@example.com' } }
    expectOk(await hub.call('POST', '/notifications/subscriptions', { body }))
    const { id } = await post(note(topic))
    const path = `/notifications/${id}/subscriptions/deliveries`
    const statuses = async () => (await hub.call('GET', path)).body.map(({ status }: { status: string }) => status)
    await expect.poll(statuses, { timeout: 10_000 }).toEqual(['notified'])
  })

  test('the search by channel, status and address', async () => {
    const topic = newTopic()
    const [good, bad] = [receiver.inbox(), receiver.inbox()]
    bad.answer(502)
    await subscribe(topic, good.url)
    await subscribe(topic, bad.url)
    const { id } = await post(note(topic))
    const search = async (where: string, more = '') =>
      expectOk(
        await hub.call('GET', `/notifications/subscriptions/deliveries?where=${encodeURIComponent(where)}${more}`),
      ).body
    const statusesOf = async (url: string) =>
      (await search(`config.url='${url}'`)).map(({ status }: { status: string }) => status)
    await expect.poll(() => statusesOf(good.url), { timeout: 8_000 }).toEqual(['delivered'])
    await expect.poll(() => statusesOf(bad.url), { timeout: 8_000 }).toEqual(['retry'])
    expect(await search(`channel='webhook' and status='retry' and config.url='${bad.url}'`)).toMatchObject([
      { notificationId: id, status: 'retry' },
    ])
    expect(await search(`channel='email' and config.url='${bad.url}'`)).toEqual([])
    expect(await search(`status='queued' and config.url='${bad.url}'`)).toEqual([])
    expect(await search(`config.url='${good.url}'`, '&hydrate=true')).toMatchObject([
      { notification: { id, topic }, subscription: { config: { url: good.url } } },
    ])
    const all = expectOk(await hub.call('GET', '/notifications/subscriptions/deliveries')).body
    expect(all.length).toBeGreaterThanOrEqual(2)
    const foreign = expectOk(await people.as(stranger.admin)('GET', '/notifications/subscriptions/deliveries'))
    expect(foreign.body).toEqual([])
    bad.answer(200)
  })

  test('the PUT sends what waits for its retry now', async () => {
    const topic = newTopic()
    const inbox = receiver.inbox()
    inbox.answer(502)
    await subscribe(topic, inbox.url)
    const { id } = await post(note(topic))
    await inbox.arrived(1)
    const path = `/notifications/${id}/subscriptions/deliveries`
    const statuses = async () => (await hub.call('GET', path)).body.map(({ status }: { status: string }) => status)
    await expect.poll(statuses, { timeout: 4_000 }).toEqual(['retry'])
    inbox.answer(200)
    const where = encodeURIComponent(`channel='webhook' and status='retry' and config.url='${inbox.url}'`)
    expectOk(await hub.call('PUT', `/notifications/subscriptions/deliveries?where=${where}`))
    await inbox.arrived(2, 3_000)
    await expect.poll(statuses, { timeout: 4_000 }).toEqual(['delivered'])
  })

  test('a where that is none is refused', async () => {
    for (const method of ['GET', 'PUT']) {
      const path = `/notifications/subscriptions/deliveries?where=${encodeURIComponent('channel = = x')}`
      expectError(await hub.call(method, path), 400)
    }
  })

  test('deliveries of what does not exist are 404', async () => {
    const { id } = await post(note(newTopic()))
    for (const path of [
      '/notifications/-1/subscriptions/deliveries',
      `/notifications/${id}/subscriptions/-1/deliveries`,
      '/notifications/-1/subscriptions/-1/deliveries',
    ]) {
      expectError(await hub.call('GET', path), 404)
    }
  })
})

describe('account settings (§5)', () => {
  const KEY = 'notification.webhook.failure.policy'

  test('GET is one flat object; PATCH merges and answers it; unknown keys are kept', async () => {
    const ask = people.as(stranger.admin)
    const before = expectOk(await ask('GET', '/accounts/settings')).body
    expect(Object.values(before).filter((value) => typeof value === 'object')).toEqual([])
    expect(['retry', undefined]).toContain(before[KEY])
    expect(expectOk(await ask('PATCH', '/accounts/settings', { [KEY]: 'queue' })).body).toMatchObject({
      [KEY]: 'queue',
    })
    const merged = { [KEY]: 'queue', 'my.own.key': 'mine' }
    expect(expectOk(await ask('PATCH', '/accounts/settings', { 'my.own.key': 'mine' })).body).toMatchObject(merged)
    expect(expectOk(await ask('GET', '/accounts/settings')).body).toMatchObject(merged)
    expect(expectOk(await ask('PATCH', '/accounts/settings', { [KEY]: 'retry' })).body[KEY]).toBe('retry')
  })

  test('by id: POST creates, PATCH merges, GET reads', async () => {
    const { admin, defaultAccount } = stranger
    const ask = people.as(admin)
    const path = `/accounts/${defaultAccount.id}/settings`
    expectOk(await ask('POST', path, { [KEY]: 'queue' }))
    expect(expectOk(await ask('GET', path)).body).toMatchObject({ [KEY]: 'queue' })
    expectOk(await ask('PATCH', path, { other: 'x' }))
    expect(expectOk(await ask('GET', path)).body).toMatchObject({ [KEY]: 'queue', other: 'x' })
    expect(expectOk(await ask('GET', '/accounts/settings')).body).toMatchObject({ [KEY]: 'queue', other: 'x' })
    expectOk(await ask('PATCH', path, { [KEY]: 'retry' }))
  })

  test('a policy that is none is refused', async () => {
    expectError(await people.as(stranger.admin)('PATCH', '/accounts/settings', { [KEY]: 'pray' }), 400)
  })

  test('settings of a foreign account are not there', async () => {
    const path = `/accounts/${stranger.defaultAccount.id}/settings`
    expectError(await hub.call('GET', path), 403, 404)
    expectError(await hub.call('PATCH', path, { body: { [KEY]: 'queue' } }), 403, 404)
  })

  test('who may not administer the account may not change them', async () => {
    const user = await people.addUser(people.first, people.first.accountId)
    const ask = people.as(user)
    expectError(await ask('PATCH', `/accounts/${people.first.accountId}/settings`, { [KEY]: 'queue' }), 403)
  })
})

describe('mails (§6)', () => {
  for (const [name, body] of [
    ['all members', { from: 'a@example.com', to: 'b@example.com', subject: 'Late', message: 'Order 7' }],
    ['without a sender', { to: 'b@example.com', subject: 'Late', message: 'Order 7' }],
    ['only a receiver', { to: 'b@example.com' }],
    ['a list of receivers', { to: 'b@example.com, c@example.com', subject: 'Late', message: 'Order 7' }],
  ] as const) {
    test(`${name}: 200, empty`, async () => {
      const answer = await hub.call('POST', '/notifications/emails', { body })
      expect([answer.status, answer.text]).toEqual([200, ''])
    })
  }

  for (const [name, body] of [
    ['nothing', {}],
    ['no receiver', { from: 'a@example.com', subject: 'Late', message: 'Order 7' }],
    ['an empty receiver', { to: '', subject: 'Late' }],
  ] as const) {
    test(`${name} is refused`, async () => {
      expectError(await hub.call('POST', '/notifications/emails', { body }), 400)
    })
  }
})

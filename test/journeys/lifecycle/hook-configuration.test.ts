import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LifecycleHub, startLifecycleHub } from './lifecycle-hub.ts'

/** `configuration` that a hook returns is stored on the instance (spec 11 §6.4). */
let hub: LifecycleHub
beforeAll(async () => {
  hub = await startLifecycleHub()
  await hub.importElement('remembering')
})
afterAll(() => hub.close())

test('the next call sees it, the instance shows it masked where it must be, and null removed the other', async () => {
  const { body: instance, ...provisioned } = await hub.provision('remembering', {
    configuration: { obsolete: 'old' },
  })
  expect(provisioned.status, provisioned.text).toBe(200)
  expect(await hub.configurationOf(instance.id)).toMatchObject({ cursor: null, 'csrf.token': null, obsolete: 'old' })

  let cursor = 10
  hub.vendor.answer('GET /v1/deals/7', () => ({ headers: { 'x-csrf': `csrf-${cursor}` }, body: { cursor: cursor++ } }))
  for (let call = 0; call < 3; call++) {
    const answer = await hub.call('GET', '/hubs/crm/deals/7', { token: instance.token })
    expect(answer.status, answer.text).toBe(200)
  }
  expect(hub.vendor.take().map(({ line, headers }) => [line, headers['x-csrf']])).toEqual([
    ['GET /v1/deals/7?since=never', 'none'],
    ['GET /v1/deals/7?since=10', 'csrf-10'],
    ['GET /v1/deals/7?since=11', 'csrf-11'],
  ])
  expect(await hub.configurationOf(instance.id)).toMatchObject({
    cursor: '12',
    'csrf.token': '********',
    obsolete: null,
  })
})

test('one instance does not see what another one stored', async () => {
  hub.vendor.answer('GET /v1/deals/7', { headers: { 'x-csrf': 'of the first' }, body: { cursor: 77 } })
  const [{ body: first }, { body: second }] = [await hub.provision('remembering'), await hub.provision('remembering')]
  await hub.call('GET', '/hubs/crm/deals/7', { token: first.token })
  hub.vendor.take()
  await hub.call('GET', '/hubs/crm/deals/7', { token: second.token })
  expect(hub.vendor.take().map(({ line }) => line)).toEqual(['GET /v1/deals/7?since=never'])
})

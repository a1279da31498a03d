import { afterAll, beforeAll, expect, test } from 'vitest'
import { elementOf, row } from '../../test/support/engine.ts'
import { addPrivateElement } from '../../test/support/event-world.ts'
import { openTestStore } from '../../test/support/store.ts'
import { seed } from '../accounts/seed.ts'
import type { Element } from '../model/element.ts'
import type { Store } from '../store/database.ts'
import type { EventContext } from './event-context.ts'
import { elementsOfKey, findersOf } from './finders.ts'

const FINDER = 'event.notification.instance.finder'
const ONE = { organizationId: 2, accountId: 2 }
const OTHER = { organizationId: 1, accountId: 1 }

let store: Store
let close: () => Promise<void>
const shipped: Element[] = []
const made: Element[] = []
beforeAll(async () => {
  ;({ store, close } = await openTestStore())
  await seed(store, {})
})
afterAll(() => close())

const declaring = (key: string, finder: string) =>
  elementOf({ id: 11_000 + shipped.length + made.length, key, configuration: [row(FINDER, finder)] })
async function make(key: string, finder: string, owner: typeof ONE) {
  const element = declaring(key, finder)
  made.push(element)
  await addPrivateElement(store, element, owner)
}
async function finders(key: string): Promise<string[]> {
  const elements = {
    shipped: { find: (wanted: string) => shipped.find((one) => one.key === wanted) },
    find: (_owner: unknown, id: number) => ({ element: made.find((one) => one.id === id) }),
  } as unknown as EventContext['elements']
  const context = { store, elements }
  return (await findersOf(context, await elementsOfKey(context, key))).map(({ text }) => text)
}

test('a private element cannot say how events of the shipped one are found', async () => {
  shipped.push(declaring('crm', 'portal|portal.id'))
  await make('crm', 'any|eventHeaders.host', ONE)
  expect(await finders('crm')).toEqual(['portal|portal.id'])
})

test('nor how those of an older one of another account are', async () => {
  await make('shop', 'site|site.id', OTHER)
  await make('shop', 'any|eventHeaders.host', ONE)
  expect(await finders('shop')).toEqual(['site|site.id'])
})

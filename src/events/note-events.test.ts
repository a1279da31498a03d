import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { elementOf } from '../../test/support/engine.ts'
import { type EventWorld, OWNER, openEventWorld, START } from '../../test/support/event-world.ts'
import { eventDb } from './event-table.ts'
import { type EventNote, noteEvents } from './note-events.ts'

const PLAIN = elementOf({ id: 10_001, key: 'acme' })
let world: EventWorld
let instanceId: number
let otherInstanceId: number
beforeAll(async () => {
  world = await openEventWorld([PLAIN])
  instanceId = await world.addInstance({ element: PLAIN })
  otherInstanceId = await world.addInstance({ element: PLAIN })
})
afterAll(() => world.close())
beforeEach(() => eventDb(world.context.store).deleteFrom('event_targets').execute())

const { accountId } = OWNER
const note = (notes: readonly EventNote[]) =>
  world.context.store.changes.transaction((trx) => noteEvents(world.context, trx, notes))
const linesOf = async () => {
  const targets = await world.targets()
  return targets.map(({ messages }) => JSON.parse(messages).map(({ message }: { message: string }) => message))
}

test('what is said of an event for one instance stands there, in its order', async () => {
  const id = await world.post(instanceId, { a: 1 }, { instanceIds: [instanceId, otherInstanceId] })
  await world.drain()
  const event = { eventId: id, elementInstanceId: instanceId, accountId }
  await note([{ ...event, message: 'one' }])
  await note([
    { ...event, message: 'two "quoted" \0' },
    { ...event, elementInstanceId: otherInstanceId, message: 'of the other' },
    { ...event, message: 'three' },
  ])
  expect(await linesOf()).toEqual([['one', 'two "quoted" \ufffd', 'three'], ['of the other']])
  const [target] = await world.targets()
  expect(JSON.parse(target?.messages ?? '')[0].timestamp).toBe(START.toISOString())
})

test('of an event of somebody else, or of none, nothing is written', async () => {
  const id = await world.post(instanceId, { a: 1 })
  await world.drain()
  await note([
    { eventId: id, elementInstanceId: instanceId, accountId: accountId + 1, message: 'of another account' },
    { eventId: id, elementInstanceId: otherInstanceId, accountId, message: 'of another instance' },
    { eventId: '12345', elementInstanceId: instanceId, accountId, message: 'no id of ours' },
    { eventId: 'ZZZZZZZZ000000000000', elementInstanceId: instanceId, accountId, message: 'of a day without one' },
  ])
  expect(await linesOf()).toEqual([[]])
})

import { describe, expect, test } from 'vitest'
import { createCache } from './cache.ts'

interface Row {
  id: string
  owner: string
}

/** The news, played by hand: the pieces of `Changes` that a cache hears. */
function createNews() {
  const listeners = new Map<string, (key: string) => void>()
  const resets: (() => void)[] = []
  let listening = true
  return {
    on(topic: string, listener: (key: string) => void) {
      listeners.set(topic, listener)
      return () => void listeners.delete(topic)
    },
    onReset(listener: () => void) {
      resets.push(listener)
      return () => void resets.splice(resets.indexOf(listener), 1)
    },
    isListening: () => listening,
    publish: (topic: string, key: string) => listeners.get(topic)?.(key),
    disconnect() {
      listening = false
    },
    reconnect() {
      for (const reset of resets) reset()
      listening = true
    },
  }
}

function setUp(max = 10) {
  const news = createNews()
  const cache = createCache<Row>({
    changes: news,
    topics: ['row', 'owner'],
    max,
    affects: (row, topic, key) => (topic === 'row' ? row.id : row.owner) === key,
  })
  let loads = 0
  const load =
    (id: string, owner = 'ada') =>
    async () => {
      loads += 1
      return { id, owner }
    }
  return { news, cache, load, loads: () => loads }
}

describe('a cache', () => {
  test('gives a kept value at once, without a promise', async () => {
    const { cache, load, loads } = setUp()
    expect(cache.peek('1')).toBeUndefined()
    await cache.get('1', load('1'))
    expect(cache.get('1', load('1'))).toEqual({ id: '1', owner: 'ada' })
    expect(cache.peek('1')).toEqual({ id: '1', owner: 'ada' })
    expect(loads()).toBe(1)
  })

  test('shares one load among concurrent callers', async () => {
    const { cache, load, loads } = setUp()
    await Promise.all([cache.get('1', load('1')), cache.get('1', load('1')), cache.get('1', load('1'))])
    expect(loads()).toBe(1)
  })

  test('keeps neither "not found" nor failures', async () => {
    const { cache, load } = setUp()
    expect(await cache.get('1', async () => undefined)).toBeUndefined()
    await expect(cache.get('1', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await cache.get('1', load('1'))).toEqual({ id: '1', owner: 'ada' })
  })

  test('forgets exactly the values that a change affects', async () => {
    const { cache, load, news } = setUp()
    await cache.get('1', load('1', 'ada'))
    await cache.get('2', load('2', 'bob'))
    await cache.get('3', load('3', 'ada'))
    news.publish('row', '3')
    expect([cache.peek('1'), cache.peek('2'), cache.peek('3')].map(Boolean)).toEqual([true, true, false])
    news.publish('owner', 'ada')
    expect([cache.peek('1'), cache.peek('2')].map(Boolean)).toEqual([false, true])
  })

  test('forgets what its owner says is out of date, also what is being read', async () => {
    const { cache, load } = setUp()
    await cache.get('1', load('1', 'ada'))
    await cache.get('2', load('2', 'bob'))
    const slow = Promise.withResolvers<Row>()
    const early = cache.get('3', () => slow.promise)
    cache.forget(({ owner }) => owner === 'ada')
    slow.resolve({ id: '3', owner: 'bob' })
    await early
    expect(['1', '2', '3'].map((key) => Boolean(cache.peek(key)))).toEqual([false, true, false])
  })

  test('drops the least recently used value when full', async () => {
    const { cache, load } = setUp(2)
    await cache.get('1', load('1'))
    await cache.get('2', load('2'))
    cache.peek('1')
    await cache.get('3', load('3'))
    expect([cache.peek('1'), cache.peek('2'), cache.peek('3')].map(Boolean)).toEqual([true, false, true])
  })

  test('drops as many as are too large together, but never the last one', async () => {
    const cache = createCache<{ size: number }>({
      ...{ changes: createNews(), topics: ['row'], max: 10, affects: (value: { size: number }) => value.size === 7 },
      ...{ sizeOf: ({ size }) => size, maxSize: 20 },
    })
    const keep = (key: string, size: number) => cache.get(key, async () => ({ size }))
    const kept = () => ['a', 'b', 'c', 'd'].filter((key) => cache.peek(key))
    for (const [key, size] of [
      ['a', 8],
      ['b', 7],
      ['c', 5],
    ] as const)
      await keep(key, size)
    expect(kept()).toEqual(['a', 'b', 'c'])
    await keep('d', 6)
    expect(kept()).toEqual(['b', 'c', 'd'])
    cache.forget(({ size }) => size === 7)
    await keep('a', 9)
    expect(kept()).toEqual(['a', 'c', 'd'])
    await keep('b', 100)
    expect(kept()).toEqual(['b'])
  })

  test('does not keep what was read before a change, and later callers do not share that read', async () => {
    const { cache, load, news } = setUp()
    const slow = Promise.withResolvers<Row>()
    const early = cache.get('1', () => slow.promise)
    news.publish('row', '1')
    const late = cache.get('1', load('1', 'new owner'))
    expect(await late).toEqual({ id: '1', owner: 'new owner' })
    slow.resolve({ id: '1', owner: 'old owner' })
    expect(await early).toEqual({ id: '1', owner: 'old owner' })
    expect(cache.peek('1')).toEqual({ id: '1', owner: 'new owner' })
  })

  test('stands aside while changes are not heard and starts empty afterwards', async () => {
    const { cache, load, loads, news } = setUp()
    await cache.get('1', load('1'))
    news.disconnect()
    expect(cache.peek('1')).toBeUndefined()
    await Promise.all([cache.get('1', load('1')), cache.get('1', load('1'))])
    expect(loads(), 'nobody shares a read that a change elsewhere may have overtaken').toBe(3)
    news.reconnect()
    expect(cache.peek('1')).toBeUndefined()
    await cache.get('1', load('1'))
    expect(cache.peek('1')).toBeDefined()
  })

  test('does not keep a read that the loss of the connection overtook', async () => {
    const { cache, news } = setUp()
    const slow = Promise.withResolvers<Row>()
    const early = cache.get('1', () => slow.promise)
    news.disconnect()
    news.reconnect()
    slow.resolve({ id: '1', owner: 'ada' })
    await early
    expect(cache.peek('1')).toBeUndefined()
  })
})

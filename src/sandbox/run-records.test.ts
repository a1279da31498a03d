import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runRecords, startTestSandbox, type TestRecords } from '../../test/support/sandbox.ts'
import type { Sandbox, ScriptHttpRequest } from './sandbox.ts'

/** What a script of a common resource may rely on (spec 20 §10.1). */
let sandbox: Sandbox
let asked: ScriptHttpRequest[] = []
let onTheWay = 0
let mostOnTheWay = 0
beforeAll(() => {
  sandbox = startTestSandbox({
    runners: 2,
    async http(request) {
      asked.push(request)
      mostOnTheWay = Math.max(mostOnTheWay, ++onTheWay)
      await pause(2)
      onTheWay--
      return { status: 200, headers: {}, body: JSON.stringify({ path: new URL(request.url).pathname }) }
    },
  })
})
afterAll(() => sandbox.close())

const two = [
  { originalObject: { Name: 'Ada' }, transformedObject: { name: 'Ada' } },
  { originalObject: { Name: 'Bob' }, transformedObject: { name: 'Bob' } },
]

async function run(call: TestRecords) {
  const { values, error } = await runRecords(sandbox, { records: two, ...call })
  const { records } = { records: two, ...call }
  return { values: records.map((_record, at) => values.get(at)), error }
}
const legacy = (body: string): TestRecords => ({ body, isLegacy: true })

const NEITHER = [undefined, undefined]
const AS_MAPPED = [{ name: 'Ada' }, { name: 'Bob' }]

describe('how the run for a record ends', () => {
  test.each<[string, TestRecords, unknown[]]>([
    ['done with an object', { body: 'done({ hi: originalObject.Name })' }, [{ hi: 'Ada' }, { hi: 'Bob' }]],
    [
      'changes of transformedObject count',
      { body: 'transformedObject.n = transformedObject.name.length; done(transformedObject)' },
      [
        { name: 'Ada', n: 3 },
        { name: 'Bob', n: 3 },
      ],
    ],
    ['also with done()', { body: 'transformedObject.a = 1; done()' }, AS_MAPPED.map((one) => ({ ...one, a: 1 }))],
    ['and without done', { body: 'transformedObject.a = 1' }, AS_MAPPED.map((one) => ({ ...one, a: 1 }))],
    ['the first done wins', { body: 'done({ a: 1 }); done({ a: 2 }); throw new Error("late")' }, [{ a: 1 }, { a: 1 }]],
    [
      'what is changed after done does not count',
      { body: 'done(transformedObject); transformedObject.a = 1' },
      AS_MAPPED,
    ],
    ['a list', { body: 'done([originalObject.Name])' }, [['Ada'], ['Bob']]],
    ['what is no object keeps the mapped one', { body: 'done("text")' }, AS_MAPPED],
    ['nothing at all', { body: '' }, AS_MAPPED],
    ['nothing in this direction', { body: 'if (!fromVendor) done({})' }, AS_MAPPED],
    [
      'a name that is assigned',
      { body: 'transformedObject = { own: true }; done(transformedObject)' },
      [{ own: true }, { own: true }],
    ],
    ['done in a promise', { body: 'Promise.resolve().then(() => done({ a: 1 }))' }, [{ a: 1 }, { a: 1 }]],
    [
      'done in a timer',
      { body: 'setTimeout(() => done({ a: originalObject.Name }), 3)' },
      [{ a: 'Ada' }, { a: 'Bob' }],
    ],
    [
      'each when it is ready',
      { body: 'setTimeout(() => done({ a: 1 }), originalObject.Name === "Ada" ? 20 : 1)' },
      [{ a: 1 }, { a: 1 }],
    ],
    ['a returned object counts as done', { body: 'return { a: 1 }' }, [{ a: 1 }, { a: 1 }]],
    ['so does that of a promise', { body: 'return (async () => ({ a: 1 }))()' }, [{ a: 1 }, { a: 1 }]],
    [
      'legacy: return',
      legacy('transformedObject.a = 010; return transformedObject'),
      AS_MAPPED.map((one) => ({ ...one, a: 8 })),
    ],
    ['legacy: plain return', legacy('return;'), AS_MAPPED],
    ['legacy: return null', legacy('return null'), AS_MAPPED],
    ['legacy: done is there as well', legacy('done({ a: 1 })'), [{ a: 1 }, { a: 1 }]],
    ['legacy: helpers', legacy('return { list: getArray() }'), [{ list: [] }, { list: [] }]],
    ['no record', { body: 'done({})', records: [] }, []],
  ])('%s', async (_name, call, values) => {
    expect(await run(call)).toEqual({ values, error: undefined })
  })

  test.each<[string, TestRecords, unknown[], string]>([
    [
      'an exception',
      { body: 'transformedObject.a = 1; null.b' },
      NEITHER,
      "Cannot read properties of null (reading 'b')",
    ],
    [
      'an exception in one of them',
      { body: 'if (originalObject.Name === "Ada") throw new Error("no Ada"); done({ a: 1 })' },
      [undefined, { a: 1 }],
      'Error: no Ada',
    ],
    ['a syntax error', { body: 'var 1a' }, NEITHER, 'SyntaxError: Invalid or unexpected token'],
    ['a rejected promise', { body: '(async () => { throw new Error("x") })()' }, NEITHER, 'Error: x'],
    [
      'a rejected promise in one of them',
      { body: '(async () => { if (originalObject.Name === "Ada") throw new Error("x"); done({ a: 1 }) })()' },
      [undefined, { a: 1 }],
      'Error: x',
    ],
    ['a returned promise that is rejected', { body: 'return Promise.reject(new Error("x"))' }, NEITHER, 'Error: x'],
    [
      'an exception in a timer',
      { body: 'transformedObject.a = 1; setTimeout(() => { throw new Error("late") }, 1)' },
      NEITHER,
      'Error: late',
    ],
    [
      'a loop in the second',
      {
        body: 'if (originalObject.Name === "Bob") { const until = Date.now() + 9000; while (Date.now() < until); } done({ a: 1 })',
        timeoutMs: 300,
      },
      NEITHER,
      'Script execution timed out',
    ],
    [
      'waiting for too long',
      { body: 'if (originalObject.Name === "Ada") done({ a: 1 }); else setTimeout(done, 9000)', timeoutMs: 200 },
      [{ a: 1 }, undefined],
      'Script execution timed out',
    ],
    ['no JSON', { body: 'done({ a: 1n })' }, NEITHER, 'TypeError: Do not know how to serialize a BigInt'],
    ['memory', { body: 'const a = []; for (;;) a.push(new Array(1e6).fill(1))' }, NEITHER, 'memory'],
    [
      'something that bends the answer',
      { body: 'const { push } = Array.prototype; JSON.stringify = () => "x"; done({ a: 1n })' },
      NEITHER,
      'BigInt',
    ],
  ])('%s leaves the mapped object', async (_name, call, values, error) => {
    expect(await run(call)).toEqual({ values, error: expect.stringContaining(error) })
  })

  test('records that were done while time was left count, though a later one never ends', async () => {
    const records = Array.from({ length: 6 }, (_, at) => ({ originalObject: at, transformedObject: {} }))
    const slow = 'const until = Date.now() + 10; while (Date.now() < until);'
    const body = `${slow} if (originalObject === 5) for (;;); done({ at: originalObject })`
    const { values, error } = await run({ body, records, timeoutMs: 500 })
    expect(values).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }, { at: 3 }, { at: 4 }, undefined])
    expect(error).toMatch(/timed out/)
  })
})

test('a page that is more than a script may have is not run, and said so', async () => {
  const records = [{ originalObject: { text: 'x'.repeat(33_000_000) }, transformedObject: { id: 1 } }]
  const { values, error } = await runRecords(sandbox, { records, body: 'done()' })
  expect(values.size).toBe(0)
  expect(error).toMatch(/at most 32000000 are handed over/)
})

test('lines of the console are kept, also of a script that failed', async () => {
  const { console } = await runRecords(sandbox, { records: two, body: 'console.log(originalObject.Name); throw 1' })
  expect(console).toEqual(['Ada', 'Bob'])
})

describe('calls of a page of records', () => {
  const records = Array.from({ length: 60 }, (_, id) => ({ originalObject: {}, transformedObject: { id } }))
  const body = `
    const axios = require('axios').create({ baseURL: 'http://api.test', timeout: 5000 })
    const read = async (name) => (await axios.request({ url: '/contacts/' + transformedObject.id + '/' + name })).data.path
    Promise.all(['notes', 'tasks'].map(read)).then(([notes, tasks]) => {
      Object.assign(transformedObject, { notes, tasks })
      done(transformedObject)
    })`

  test('all are made, few at the same time', async () => {
    asked = []
    mostOnTheWay = 0
    const { values, error } = await run({ records, body })
    expect(error).toBeUndefined()
    expect(values[59]).toEqual({ id: 59, notes: '/contacts/59/notes', tasks: '/contacts/59/tasks' })
    expect(values.every((value) => (value as { notes?: string }).notes)).toBe(true)
    expect(asked).toHaveLength(120)
    expect(mostOnTheWay).toBeLessThan(20)
  })

  test('a single object has as many as any script', async () => {
    const one = `
      const call = (n) => require('axios').get('http://api.test/' + n).then(() => 1, (error) => error.message)
      Promise.all(Array.from({ length: 51 }, (_, n) => call(n))).then((ends) => done({ ends }))`
    const { values } = await run({ records: records.slice(0, 1), body: one })
    const { ends } = values[0] as { ends: unknown[] }
    expect(ends.filter((end) => end === 1)).toHaveLength(50)
    expect(ends).toContain('a script may make 50 HTTP calls')
  })
})

test('a script whose calls make us run its own scripts is not in their way', async () => {
  const inner = { records: two.slice(0, 1), body: 'done({ inner: true })', depth: 1 }
  const nested: Sandbox = startTestSandbox({
    runners: 1,
    async http() {
      const { values } = await runRecords(nested, inner)
      return { status: 200, headers: {}, body: JSON.stringify(values.get(0)) }
    },
  })
  const outer = 'require("axios").get("http://api.test/").then(({ data }) => done(data))'
  // as many as an account may run at once
  const runs = Array.from({ length: 4 }, () => runRecords(nested, { records: two, body: outer }))
  for (const { values } of await Promise.all(runs))
    expect([...values.values()]).toEqual([{ inner: true }, { inner: true }])
  await nested.close()
})

test('an account whose scripts call each other leaves runners to other accounts', async () => {
  const crowded = startTestSandbox({ runners: 2 })
  const held = { records: two.slice(0, 1), body: 'setTimeout(done, 20000)' }
  const depths = Array.from({ length: 44 }, (_, at) => at % 11)
  const runs = depths.map((depth) => runRecords(crowded, { ...held, depth }).catch(() => undefined))
  await expect.poll(() => crowded.stats().running, { timeout: 15_000, interval: 100 }).toBe(11)
  const other = await runRecords(crowded, { owner: 'account other', records: two, body: 'done({ mine: true })' })
  expect(other.values.get(1)).toEqual({ mine: true })
  await crowded.close()
  await Promise.all(runs)
}, 30_000)

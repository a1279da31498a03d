import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureOf, runScript, startTestSandbox, type TestCall } from '../../test/support/sandbox.ts'
import { JsonText } from '../model/exchange.ts'
import type { Sandbox } from './sandbox.ts'

/** What a script may rely on (spec 11 §6.2, §6.3). */
let sandbox: Sandbox
beforeAll(() => {
  sandbox = startTestSandbox()
})
afterAll(() => sandbox.close())

const run = (call: TestCall) => runScript(sandbox, call)
const legacy = (body: string): TestCall => ({ body, isLegacy: true })

describe('how a script ends', () => {
  test.each<[string, TestCall, unknown]>([
    ['done with an object', { body: 'done({ a: 1 })' }, { a: 1 }],
    ['done without argument changes nothing', { body: 'done()' }, undefined],
    ['an empty script changes nothing', { body: '' }, undefined],
    ['without done it changes nothing', { body: 'const a = 1' }, undefined],
    ['the first done wins', { body: 'done({ a: 1 }); done({ a: 2 })' }, { a: 1 }],
    ['a first done without argument wins too', { body: 'done(); done({ a: 2 })' }, undefined],
    ['an exception after done is ignored', { body: 'done({ a: 1 }); throw new Error("late")' }, { a: 1 }],
    ['an endless loop after done is ignored', { body: 'done({ a: 1 }); for (;;);' }, { a: 1 }],
    ['the result is what it was at done', { body: 'const a = { b: 1 }; done({ a }); a.b = 2' }, { a: { b: 1 } }],
    ['done in a timer', { body: 'setTimeout(() => done({ a: 1 }), 5)' }, { a: 1 }],
    ['done in a promise', { body: 'Promise.resolve(1).then((a) => done({ a }))' }, { a: 1 }],
    ['done in an async function', { body: '(async () => { await 0; done({ a: 1 }) })()' }, { a: 1 }],
    ['a promise that never settles is nothing to wait for', { body: 'new Promise(() => {})' }, undefined],
    ['a stopped timer is nothing to wait for', { body: 'clearTimeout(setTimeout(() => {}, 60000))' }, undefined],
    [
      'an interval runs until it is stopped',
      { body: 'let n = 0; const i = setInterval(() => { if (++n === 3) { clearInterval(i); done({ n }) } }, 1)' },
      { n: 3 },
    ],
    ['a returned object counts as done', { body: 'return { a: 1 }' }, { a: 1 }],
    ['a returned object after done does not count', { body: 'done({ a: 1 }); return { a: 2 }' }, { a: 1 }],
    ['a returned promise counts once it is there', { body: 'return Promise.resolve({ a: 1 })' }, { a: 1 }],
    ['what is no object is nothing', { body: 'done("text")' }, undefined],
    ['a list is no object of keys', { body: 'done([1])' }, undefined],
    [
      '`this` is where a library in the source attaches itself',
      { body: '(function (root) { root.Lib = { a: 1 } })(this); done(Lib)' },
      { a: 1 },
    ],
    ['a final line comment', { body: 'done({ a: 1 }) // over' }, { a: 1 }],
    ['legacy: return with an object', legacy('return { a: 1 }'), { a: 1 }],
    ['legacy: plain return', legacy('return;'), undefined],
    ['legacy: no return', legacy('var a = 1'), undefined],
    ['legacy: done is there as well', legacy('done({ a: 1 })'), { a: 1 }],
    ['legacy: strict mode is off', legacy('a = 010; return { a: a }'), { a: 8 }],
  ])('%s', async (_name, call, value) => {
    expect((await run(call)).value).toEqual(value)
  })

  test.each<[string, TestCall, string]>([
    ['an exception', { body: 'null.a' }, "hook: TypeError: Cannot read properties of null (reading 'a')"],
    ['an exception of its own', { body: 'throw new Error("no such order")' }, 'hook: Error: no such order'],
    ['a thrown text', { body: 'throw "plain"' }, 'hook: plain'],
    ['an unknown name', { body: 'done({ a: b })' }, 'hook: ReferenceError: b is not defined'],
    ['an undeclared assignment, in strict mode', { body: 'a = 1' }, 'hook: ReferenceError: a is not defined'],
    ['a syntax error', { body: 'var 1a' }, 'hook: SyntaxError: Invalid or unexpected token'],
    ['prose', { body: 'Nothing to do here' }, "hook: SyntaxError: Unexpected identifier 'to'"],
    ['an exception in a timer', { body: 'setTimeout(() => { throw new Error("late") }, 1)' }, 'hook: Error: late'],
    ['a rejected promise', { body: '(async () => { throw new TypeError("x") })()' }, 'hook: TypeError: x'],
    ['a returned promise that is rejected', { body: 'return Promise.reject(new Error("x"))' }, 'hook: Error: x'],
    [
      'a result that is no JSON',
      { body: 'done({ a: 1n })' },
      'hook: the value given to done cannot be taken: TypeError: Do not know how to serialize a BigInt',
    ],
    ['legacy: a syntax error', legacy('return {'), "hook: SyntaxError: Unexpected token ')'"],
  ])('%s fails', async (_name, call, message) =>
    expect(await failureOf(run(call))).toMatchObject({ code: 'SCRIPT_FAILED', message }),
  )

  test('the label opens the message', async () => {
    const failed = await failureOf(run({ body: 'throw 1', label: 'preRequest hook of GET /contacts' }))
    expect(failed.message).toBe('preRequest hook of GET /contacts: 1')
  })

  test.each<[string, string]>([
    ['a loop', 'for (;;);'],
    ['a loop of promises', 'const again = () => Promise.resolve().then(again); again()'],
    ['waiting', 'setTimeout(() => done(), 60000)'],
  ])('%s is ended by the time limit', async (_name, body) => {
    const failed = await failureOf(run({ body, timeoutMs: 150 }))
    expect(failed).toMatchObject({
      code: 'SCRIPT_TIMED_OUT',
      message: 'hook: Script execution timed out (limits: 0.15 s, 10 s of it computing)',
    })
  })
})

describe('variables', () => {
  const variables = { text: 'a', number: 1, list: [1, 2], map: { a: null }, nothing: null, missing: undefined }

  test.each<[string, TestCall, unknown]>([
    [
      'are arguments',
      { body: 'done({ text, number, list, map, nothing })', variables },
      { text: 'a', number: 1, list: [1, 2], map: { a: null }, nothing: null },
    ],
    ['stay undefined', { body: 'done({ is: missing === undefined })', variables }, { is: true }],
    [
      'can be assigned',
      { body: 'number = 2; map = { b: 1 }; done({ number, map })', variables },
      { number: 2, map: { b: 1 } },
    ],
    [
      'text is taken over unread',
      {
        body: 'done({ n: page.length, last: page[1].id })',
        variables: { page: new JsonText('[{"id":1},{"id":12345678901234567890}]', 2) },
      },
      { n: 2, last: 12345678901234567000 },
    ],
    [
      '__proto__ in data is a name like others',
      {
        body: 'done({ own: Object.keys(map), other: ({}).bad })',
        variables: { map: new JsonText('{"__proto__":{"bad":1}}', undefined) },
      },
      { own: ['__proto__'] },
    ],
  ])('%s', async (_name, call, value) => {
    expect((await run(call)).value).toEqual(value)
  })

  test('scripts get copies', async () => {
    const map = { a: 1 }
    await run({ body: 'map.a = 2; done({ map })', variables: { map } })
    expect(map).toEqual({ a: 1 })
  })

  test.each<[string, string, string[]]>([
    ['the object handed in', 'map.x = 1; done({ map, list: [] })', ['map']],
    ['under another variable', 'const same = map; done({ map: same, list })', ['map', 'list']],
    ['a copy does not count', 'done({ map: { ...map } })', []],
    ['another one does not count', 'done({ map: list })', []],
    ['assigned to another name', 'list = map; done({ list, map })', ['map']],
    ['values that are no objects do not count', 'done({ text, nothing })', []],
    ['nor what done was not given', 'map.x = 1; done()', []],
    ['headers', 'request_headers.x = "1"; done({ request_headers })', ['request_headers']],
    ['returned, legacy', 'return { map: map }', ['map']],
  ])('returned as given: %s', async (_name, body, names) => {
    const call = { body, variables: { ...variables, request_headers: { a: 'b' } }, isLegacy: body.startsWith('return') }
    expect((await run(call)).returnedAsGiven).toEqual(names)
  })

  test.each<[string, string, unknown]>([
    ['are read in any case', '[h["X-CSRF-Token"], h["x-csrf-token"], h["X-Csrf-Token"]]', ['t', 't', 't']],
    ['are found by in', '["x-csrf-token" in h, "other" in h]', [true, false]],
    ['are own properties in any case', 'h.hasOwnProperty("x-csrf-token")', true],
    ['are listed as they came', 'Object.keys(h)', ['X-Csrf-Token', 'accept']],
    ['are serialized as they came', 'JSON.stringify(h)', '{"X-Csrf-Token":"t","accept":"*/*"}'],
    ['are set under the name they have', '(h["x-csrf-token"] = "u", h)', { 'X-Csrf-Token': 'u', accept: '*/*' }],
    ['are deleted in any case', '(delete h["ACCEPT"], h)', { 'X-Csrf-Token': 't' }],
    ['new ones keep their name', '(h.New = "n", Object.keys(h).length + h.new)', '3n'],
    ['have the methods of objects', 'typeof h.toString', 'function'],
  ])('headers %s', async (_name, expression, expected) => {
    const stored = { 'X-Csrf-Token': 't', accept: '*/*' }
    for (const name of [
      'response_headers',
      'request_headers',
      'request_vendor_headers',
      'request_previous_response_headers',
    ]) {
      const { value } = await run({
        body: `const h = ${name}; done({ x: ${expression} })`,
        variables: { [name]: stored },
      })
      expect(value, name).toEqual({ x: expected })
    }
  })

  test.each<[string, unknown, string, unknown]>([
    ['an object', { id: 7 }, '[r.id, JSON.parse(r).id, Object.keys(r)]', [7, 7, ['id']]],
    ['a list', [{ id: 7 }], '[r[0].id, JSON.parse(r)[0].id, r.length]', [7, 7, 1]],
    ['after a change', { id: 7 }, '(r.id = 8, JSON.parse(r).id)', 8],
    ['nothing', null, 'r', null],
    ['a text', '{"id":7}', 'JSON.parse(r).id', 7],
  ])('the previous response is object and text: %s', async (_name, response, expression, expected) => {
    const body = `const r = request_previous_response; done({ x: ${expression} })`
    expect((await run({ body, variables: { request_previous_response: response } })).value).toEqual({ x: expected })
  })
})

test('no two scripts draw the same random numbers', async () => {
  const other = startTestSandbox({ runners: 2 })
  const draw = () => runScript(other, { body: 'done({ a: [Math.random(), CE.randomString(), Math.random()] })' })
  const drawn = await Promise.all(Array.from({ length: 12 }, draw))
  expect(new Set(drawn.flatMap(({ value }) => value?.['a'] as unknown[])).size).toBe(36)
  await other.close()
})

describe('console', () => {
  test('keeps lines of console and print in order', async () => {
    const body = 'console.log("a", 1, { b: [true, null] }); print("c"); console.error(new Error("d")); done()'
    expect((await run({ body })).console).toEqual(['a 1 { b: [ true, null ] }', 'c', 'Error: d'])
  })

  test('has what was printed after done as well', async () => {
    const body = 'done({ a: 1 }); for (let i = 0; i < 50; i++) console.log(i)'
    for (let at = 0; at < 20; at++) expect((await run({ body })).console).toHaveLength(50)
  })

  test('is there when a script fails or is ended', async () => {
    expect((await failureOf(run({ body: 'print("a"); throw 1' }))).console).toEqual(['a'])
    expect((await failureOf(run({ body: 'print("a"); for (;;);', timeoutMs: 100 }))).console).toEqual(['a'])
  })

  test('is bounded', async () => {
    const { console } = await run({ body: 'for (let i = 0; i < 100000; i++) console.log(i); done()' })
    expect(console).toHaveLength(201)
    expect(console.at(-1)).toBe('… further lines are left out')
  })
})

test('nothing remains for the next script', async () => {
  await run({ body: 'globalThis.left = 1; Array.prototype.left = 1; done()' })
  expect((await run({ body: 'done({ a: typeof left, b: typeof [].left })' })).value).toEqual({
    a: 'undefined',
    b: 'undefined',
  })
})

test.each([
  [
    'a variable that no script could name',
    { body: '', variables: { 'a-b': 1 } },
    '"a-b" cannot be the name of a variable',
  ],
  [
    'a script of a megabyte',
    { body: ' '.repeat(1_000_001) },
    'the script has 1000001 characters, at most 1000000 are run',
  ],
])('%s is refused', async (_name, call, why) => {
  expect(await failureOf(run(call))).toMatchObject({ code: 'SCRIPT_FAILED', message: `hook: ${why}` })
})

test('nor does it in the process: a runner serves many large scripts without growing', async () => {
  const other = startTestSandbox()
  const variables = { text: 'x'.repeat(700_000) }
  for (let at = 0; at < 300; at++) {
    const { value } = await runScript(other, { body: 'done({ length: text.length })', variables })
    expect(value).toEqual({ length: 700_000 })
  }
  const { restarts } = other.stats()
  await other.close()
  expect(restarts).toBe(0)
})

test.each([1, 5, 12])('a page of %i MB goes in and comes out', async (megabytes) => {
  const record = JSON.stringify({ id: 1, name: 'Contact', tags: ['a', 'b'], note: 'x'.repeat(200) })
  const count = Math.floor((megabytes * 1e6) / record.length)
  const page = new JsonText(`[${Array(count).fill(record).join(',')}]`, count)
  const { value } = await run({ body: 'done({ page: page.map((r) => ({ ...r, id: 2 })) })', variables: { page } })
  expect(value?.['page']).toHaveLength(count)
})

test('no process is started before there is a script, and a closed sandbox leaves none', async () => {
  const other = startTestSandbox()
  expect(other.stats()).toEqual({ runners: 0, running: 0, waiting: 0, restarts: 0 })
  await runScript(other, { body: 'done()' })
  await other.close()
  expect(other.stats()).toMatchObject({ runners: 0, running: 0, waiting: 0 })
  expect(await failureOf(runScript(other, { body: 'done()' }))).toMatchObject({ code: 'UNAVAILABLE' })
})

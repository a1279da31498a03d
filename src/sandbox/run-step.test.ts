import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runStep, startTestSandbox, type TestStep } from '../../test/support/sandbox.ts'
import { JsonText } from '../model/exchange.ts'
import { TIMED_OUT_TEXT } from './read-step-outcome.ts'
import type { Sandbox } from './sandbox.ts'

/** What the script of a step may rely on (spec 31 §4). */
let sandbox: Sandbox
const asked: string[] = []
beforeAll(() => {
  sandbox = startTestSandbox({
    runners: 2,
    async http({ url }) {
      asked.push(url)
      return { status: 200, headers: {}, body: '' }
    },
  })
})
afterAll(() => sandbox.close())

/** Where others of its formula ran before, a script comes to the same. */
async function run(given: TestStep | string) {
  const call = typeof given === 'string' ? { body: given } : given
  const alone = await runStep(sandbox, call)
  const shared = await runStep(sandbox, { ...call, sharing: 'formula 1' })
  expect(shared).toEqual(alone)
  return alone
}
const given = (value: unknown) => ({ value, isGiven: true })
const NONE = { value: undefined, isGiven: false }
const legacy = (body: string): TestStep => ({ body, form: 'return' })
const expression = (body: string): TestStep => ({ body, form: 'expression' })

describe('what a script gives', () => {
  test.each<[string, TestStep | string, { value: unknown; isGiven: boolean }]>([
    ['an object', 'done({ a: [1, null], b: undefined })', given({ a: [1, null] })],
    ['a text', 'done("x")', given('x')],
    ['an empty text', 'done("")', given('')],
    ['a number', 'done(0)', given(0)],
    ['false', 'done(false)', given(false)],
    ['null', 'done(null)', given(null)],
    ['a list', 'done([{ id: "8000270E-1392053436" }])', given([{ id: '8000270E-1392053436' }])],
    ['nothing, but it is done', 'done()', given(undefined)],
    ['what has no JSON', 'done(() => 1)', given(undefined)],
    ['a date', 'done(new Date(0))', given('1970-01-01T00:00:00.000Z')],
    ['the first done wins', 'if (true) { done(false) } done(true)', given(false)],
    ['code after done runs', 'done({ a: 1 }); console.log("after")', given({ a: 1 })],
    ['and does not fail any more', 'done({ a: 1 }); throw new Error("late")', given({ a: 1 })],
    ['what is changed after done does not count', 'const o = { a: 1 }; done(o); o.a = 2', given({ a: 1 })],
    ['done in forEach', '[1, 2].forEach((n) => done(n))', given(1)],
    ['no done at all', 'const a = 1', NONE],
    ['nothing but a comment', '// nothing', NONE],
    ['what is returned counts for nothing', 'return { a: 1 }', NONE],
    ['a promise', 'Promise.resolve(5).then((r) => done({ r }))', given({ r: 5 })],
    ['an async function', '(async () => { await null; done({ a: 1 }) })()', given({ a: 1 })],
    ['a timer', 'setTimeout(() => done({ a: 1 }), 3)', given({ a: 1 })],
    ['promises that end without done', 'Promise.resolve(5).then(() => 1)', NONE],
    ['a timer that is left behind', 'setInterval(() => {}, 1); done(1)', given(1)],
    ['strict mode', 'done(this === undefined || (function () { return this === undefined })())', given(true)],
    ['return', legacy('return { a: 1 }'), given({ a: 1 })],
    ['return of a primitive', legacy('return false'), given(false)],
    ['return of null', legacy('return null'), given(null)],
    ['no return', legacy('var a = 1'), NONE],
    ['return of a promise', legacy('return Promise.resolve(3)'), given(3)],
    ['return: no strict mode', legacy('a = 010; return a'), given(8)],
    ['return: helpers of its engine', legacy('var l = getArray(); l.add(1); return l'), given([1])],
    ['return: done is there as well', legacy('done(4)'), given(4)],
    ['an expression', expression('1 + 1'), given(2)],
    ['an object as expression', expression('{ a: 1 }'), given({ a: 1 })],
    ['an expression with a comment at its end', expression('[1] // list'), given([1])],
    ['an expression without value', expression('undefined'), NONE],
    ['a promise as expression', expression('Promise.resolve(1)'), given(1)],
  ])('%s', async (_name, call, expected) => {
    const { error, isLate, ...result } = await run(call)
    expect(error).toBeUndefined()
    expect(isLate).toBe(false)
    expect({ value: result.value, isGiven: result.isGiven }).toEqual(expected)
    expect(result.changes).toEqual({})
  })
})

describe("how it fails: the message is the exception's own", () => {
  test.each<[string, TestStep | string, string]>([
    ['a syntax error', 'var x = 1 foo', "Unexpected identifier 'foo'"],
    ['prose', 'this is not a script', "Unexpected identifier 'is'"],
    ['a syntax error in an expression', expression('1 +'), "Unexpected token ')'"],
    ['a thrown text', "throw('text')", 'text'],
    ['an error', 'throw new TypeError("no such thing")', 'no such thing'],
    ['an error without message', 'throw new TypeError()', 'TypeError'],
    ['an object', 'throw { code: 17 }', '{"code":17}'],
    ['an object with a message', 'throw { message: "what it says" }', 'what it says'],
    ['nothing', 'throw undefined', 'undefined'],
    ['of the engine', 'null.a', "Cannot read properties of null (reading 'a')"],
    ['undeclared variables', 'a = 1', 'a is not defined'],
    ['in a promise', 'Promise.resolve().then(() => { throw new Error("in there") })', 'in there'],
    ['a rejected text', 'Promise.reject("just text")', 'just text'],
    ['in a timer', 'setTimeout(() => { throw new Error("later") }, 1)', 'later'],
    [
      'a value that has no JSON',
      'const a = {}; a.a = a; done(a)',
      'the value given to done cannot be taken: Converting circular structure',
    ],
    ['a returned promise', legacy('return Promise.reject(new Error("no"))'), 'no'],
    ['no recipient', 'notify.email("", "subject")', 'notify.email: the first argument, who it is for, is empty'],
    ['a module of hooks', 'require("http")', "Cannot find module 'http'; a step may require lodash"],
    ['axios', 'require("axios")', "Cannot find module 'axios'"],
    ['crypto', 'require("node:crypto")', "Cannot find module 'crypto'"],
    ['a library beside lodash', 'require("lodash/../xml2js")', "Cannot find module 'lodash/../xml2js'"],
    [
      'variables that are too long',
      { body: 'done(steps.a)', steps: { a: 'x'.repeat(33_000_000) } },
      'its variables have',
    ],
    ['a result that is too large', 'done("x".repeat(17e6))', 'the value given to done cannot be taken: the result has'],
    [
      'changes that are too large',
      'config.a = "x".repeat(17e6); done()',
      'what the script changed and its value have 17000037 characters, at most 16000000 are taken',
    ],
  ])('%s', async (_name, call, message) => {
    const { value, isGiven, error, isLate } = await run(call)
    expect({ value, isGiven, isLate }).toEqual({ ...NONE, isLate: false })
    expect(error?.startsWith(message), error).toBe(true)
  })

  test.each([
    ['a loop', 'for (;;);'],
    ['a loop after done: it is never over', 'done(1); for (;;);'],
    ['promises after done', 'done(1); (async () => { for (;;) await 0 })()'],
    ['a timer that comes too late', 'setTimeout(() => done(1), 5_000)'],
  ])('%s is timed out', async (_name, body) => {
    const { error, isLate, value, console } = await run({ body: `console.log("here"); ${body}`, timeoutMs: 150 })
    expect({ error, isLate, value, console }).toEqual({
      error: TIMED_OUT_TEXT,
      isLate: true,
      value: undefined,
      console: ['here'],
    })
  })

  test('the processor time may have a limit of its own', async () => {
    const began = performance.now()
    const { error, isLate } = await run({ body: 'for (;;);', timeoutMs: 20_000, cpuMs: 100 })
    expect({ error, isLate }).toEqual({ error: TIMED_OUT_TEXT, isLate: true })
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('memory', async () => {
    const { error } = await run('const a = []; for (;;) a.push(a.length, {}, [1])')
    expect(error).toBe('the script needed more than 64 MB of memory')
  })
})

describe('what it sees', () => {
  const call: TestStep = {
    body: '',
    config: {
      object: 'leads',
      'crm.source': '48902',
      'acton.instance.id': '7',
      'acton.instance.name': 'A',
      count: '3',
    },
    steps: {
      'get-all': {
        response: { code: 200, headers: { 'elements-next-page-token': 'abc' }, body: [{ id: 1 }, { id: 2 }] },
      },
      loop: { index: 1, entry: { id: 2 } },
      text: new JsonText('{ "b": 1,\n "a": [1.0] }', undefined),
    },
    trigger: { args: { id: 5 }, type: 'event' },
    info: { formulaId: 4711, formulaName: 'Mirror' },
  }
  test.each([
    ['done([trigger.args.id, trigger.args.hasOwnProperty("id")])', [5, true]],
    ['done(info)', { formulaId: 4711, formulaName: 'Mirror' }],
    ['done(info.formulaId === 4711)', true],
    ['done(config.count >= 3)', true],
    ['done(config["crm.source"])', '48902'],
    ['done(config.crm.source)', '48902'],
    ['done(config.acton.instance)', { id: '7', name: 'A' }],
    ['done(Object.keys(config))', ['object', 'crm.source', 'acton.instance.id', 'acton.instance.name', 'count']],
    ['done(steps.text.a[0])', 1],
    ['done(steps["get-all"].response.headers["Elements-Next-Page-Token"])', 'abc'],
    ['done(steps["get-all"].response.headers["elements-next-page-token"])', 'abc'],
    ['done(steps["get-all"].response.headers)', { 'elements-next-page-token': 'abc' }],
    ['done(steps.loop.entry === steps["get-all"].response.body[1])', true],
    ['done(steps.none === undefined)', true],
    ['done(require("lodash").pick({ a: 1, b: 2 }, ["a"]))', { a: 1 }],
    ['done(require("lodash/get")({ a: 1 }, "a"))', 1],
    ['done(require("lodash/fp").map((n) => n + 1)([1]))', [2]],
    ['done(require("util").isArray([]))', true],
    ['done(require("moment")(0).toISOString())', '1970-01-01T00:00:00.000Z'],
    ['done(CE.b64("ä"))', 'w6Q='],
    ['done([typeof process, typeof fetch, typeof axios])', ['undefined', 'undefined', 'undefined']],
  ])('%s', async (body, value) => {
    const headers = [['steps', 'get-all', 'response', 'headers']]
    const aliases = [
      { of: ['steps', 'get-all', 'response', 'body', 1], at: ['steps', 'loop', 'entry'] },
      { of: ['steps', 'not-sent', 'list', 1], at: ['steps', 'loop', 'entry'] },
    ]
    const result = await run({ ...call, body, headers, aliases })
    expect({ value: result.value, error: result.error }).toEqual({ value })
    expect(result.changes).toEqual({})
  })

  test('a script that returns 500 keys of 10 kB', async () => {
    const { value, error } = await run(
      'const o = {}; for (let i = 0; i < 500; i++) o["key" + i] = "x".repeat(10_000); done(o)',
    )
    expect(error).toBeUndefined()
    expect(Object.keys(value as object)).toHaveLength(500)
  })

  test('and one that is given as much, and gives it back', async () => {
    const list = Array.from({ length: 5_000 }, (_, id) => ({ id, text: 'ä'.repeat(1_000) }))
    const { value, changes } = await run({ body: 'done(steps.get.list)', steps: { get: { list } } })
    expect(value).toEqual(list)
    expect(changes).toEqual({})
  })
})

describe('what it changes is told', () => {
  const call = {
    config: { a: '1', 'crm.source': '5', list: '[1]' },
    steps: { get: { body: [{ id: 1 }], headers: { 'x-a': '1' } }, loop: { entry: { id: 1 } }, n: 1 },
    trigger: { event: { objectId: '7' }, body: {} },
    headers: [['steps', 'get', 'headers']],
    aliases: [{ of: ['steps', 'get', 'body', 0], at: ['steps', 'loop', 'entry'] }],
  }
  const set = (members: object, gone: string[] = []) => ({ set: members, gone })
  const { get, loop } = call.steps
  test.each<[string, string, object]>([
    ['a new member', 'config.found = []; done()', { config: set({ found: [] }) }],
    ['a member that is another now', 'config.a = 2; done()', { config: set({ a: 2 }) }],
    ['null stands for itself', 'steps.n = null; done()', { steps: set({ n: null }) }],
    ['one that is deleted', 'delete trigger.body; done()', { trigger: set({}, ['body']) }],
    ['undefined is as good as deleted', 'config.a = undefined; done()', { config: set({}, ['a']) }],
    [
      'inside',
      'trigger.event.extra = { a: 1 }; done()',
      { trigger: set({ event: { objectId: '7', extra: { a: 1 } } }) },
    ],
    [
      'both places of one object',
      'steps.loop.entry.seen = true; done(steps.get.body)',
      { steps: set({ get: { ...get, body: [{ id: 1, seen: true }] }, loop: { entry: { id: 1, seen: true } } }) },
    ],
    [
      'a header',
      'steps.get.headers["X-A"] = "2"; done()',
      { steps: set({ get: { ...get, headers: { 'x-a': '2' } } }) },
    ],
    ['by a nested name', 'config.crm.source = "6"; done()', { config: set({ 'crm.source': '6' }) }],
    ['over a nested name', 'config.crm = { own: 1 }; done()', { config: set({ crm: { own: 1 } }) }],
    ['after done, in the same turn', 'done(); config.a = 3', { config: set({ a: 3 }) }],
    ['without done', 'config.a = 3', { config: set({ a: 3 }) }],
    ['by one that fails', 'config.a = 3; throw new Error("x")', { config: set({ a: 3 }) }],
    ['by one that fails in a promise', 'config.a = 3; Promise.reject(new Error("x"))', { config: set({ a: 3 }) }],
    ['by a promise', 'Promise.resolve().then(() => { config.a = 3; done() })', { config: set({ a: 3 }) }],
    ['by a timer', 'setTimeout(() => { config.a = 3; done() }, 1)', { config: set({ a: 3 }) }],
    ['nothing', 'const copy = { ...config }; copy.a = 5; done(copy)', {}],
    ['the same again', 'config.list = "[1]"; steps.loop = { entry: { id: 1 } }; done()', {}],
    ['assigning a parameter changes nothing', 'config = {}; done()', {}],
    ['a function is nothing to keep', 'config.f = () => 1; done()', {}],
    [
      '__proto__ is not told',
      'Object.defineProperty(config, "__proto__", { value: { x: 1 }, enumerable: true }); done()',
      {},
    ],
    ['a list of names that is bent', 'Object.keys = () => ["x"]; config.a = 4; done()', { config: set({ a: 4 }) }],
  ])('%s', async (_name, body, changes) => {
    expect((await run({ ...call, body })).changes).toEqual(changes)
    expect(loop).toEqual({ entry: { id: 1 } })
  })

  test('what a script does not name costs nothing', async () => {
    const steps = { large: 'x'.repeat(40_000_000), small: 1 }
    const { value, changes, error } = await run({ body: 'steps.new = 2; done(steps.small)', steps })
    expect({ value, changes, error }).toEqual({ value: 1, changes: { steps: set({ new: 2 }) }, error: undefined })
  })

  test('what cannot be kept stays as it was, and the console says so', async () => {
    const result = await run({ ...call, body: 'config.a = config; config.b = 1; done(1)' })
    expect(result).toMatchObject({ value: 1, changes: { config: { set: { b: 1 }, gone: [] } } })
    expect(result.console[0]).toContain('config.a stays as it was, because it cannot be kept: Converting circular')
  })
})

describe('mails and lines', () => {
  test.each<[string, string, object[]]>([
    [
      'a mail',
      'notify.email("a@example.test", "Hi", "<b>x</b>"); done()',
      [{ to: 'a@example.test', subject: 'Hi', body: '<b>x</b>' }],
    ],
    [
      'several receivers',
      'notify.email("a@x.test, b@x.test", "Hi", "")',
      [{ to: 'a@x.test, b@x.test', subject: 'Hi', body: '' }],
    ],
    [
      'a list of them',
      'notify.email(["a@x.test", "b@x.test"], "Hi", "")',
      [{ to: 'a@x.test,b@x.test', subject: 'Hi', body: '' }],
    ],
    ['no body', 'notify.email("a@x.test", "Hi")', [{ to: 'a@x.test', subject: 'Hi', body: '' }]],
    ['an object as body', 'notify.email("a@x.test", 5, { a: 1 })', [{ to: 'a@x.test', subject: '5', body: '{"a":1}' }]],
    [
      'one that fails afterwards',
      'notify.email("a@x.test", "Hi"); null.a',
      [{ to: 'a@x.test', subject: 'Hi', body: '' }],
    ],
    ['no recipient, which the script sees', 'try { notify.email(" ", "Hi") } catch { done(1) }', []],
    ['to nobody known', 'try { notify.email(config.email, "Hi") } catch { done(1) }', []],
  ])('%s', async (_name, body, mails) => expect((await run(body)).mails).toEqual(mails))

  test('there are only so many, and only so much', async () => {
    const many = await run('for (let i = 0; i < 1e5; i++) notify.email("a@x.test", "Hi")')
    expect(many).toMatchObject({ error: 'notify.email: a script may send 100 mails' })
    expect(many.mails).toHaveLength(100)
    const much = await run('notify.email("a@x.test", "Hi", "x".repeat(1e6))')
    expect(much).toMatchObject({ error: expect.stringContaining('characters together'), mails: [] })
  })

  test('console lines, of one that fails too', async () => {
    expect((await run('console.log("a", { b: 1 }); console.error(2); throw new Error("x")')).console).toEqual([
      'a { b: 1 }',
      '2',
    ])
  })
})

describe('a signal', () => {
  test('ends the script at once', async () => {
    const controller = new AbortController()
    const reason = new Error('cancelled')
    const running = run({ body: 'for (;;);', signal: controller.signal })
    setTimeout(() => controller.abort(reason), 50)
    const began = performance.now()
    await expect(running).rejects.toBe(reason)
    expect(performance.now() - began).toBeLessThan(1_000)
    expect((await run('done(1)')).value).toBe(1)
  })

  test('one that waits for a promise, too', async () => {
    const controller = new AbortController()
    const running = run({ body: 'setTimeout(() => done(1), 5000)', signal: controller.signal })
    setTimeout(() => controller.abort(), 30)
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('one that has not begun', async () => {
    const reason = new Error('cancelled')
    await expect(run({ body: 'done(1)', signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const others = Array.from({ length: 30 }, () => run('done(1)'))
    const last = run({ body: 'done(1)', signal: controller.signal })
    controller.abort(reason)
    await expect(last).rejects.toBe(reason)
    expect((await Promise.all(others)).map(({ value }) => value)).toEqual(others.map(() => 1))
  })

  test('none that comes after the end', async () => {
    const controller = new AbortController()
    expect((await run({ body: 'done(1)', signal: controller.signal })).value).toBe(1)
    const next = run({ body: 'setTimeout(() => done(2), 30)' })
    controller.abort()
    expect((await next).value).toBe(2)
  })
})

test('steps do not reach the network', () => expect(asked).toEqual([]))

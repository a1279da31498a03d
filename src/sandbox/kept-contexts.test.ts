import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runStep, startTestSandbox, type TestStep } from '../../test/support/sandbox.ts'
import { LIMITS } from './limits.ts'
import type { Sandbox, StepScript } from './sandbox.ts'

/** Scripts that share: where one was before, the next one finds its world as it was at first. */
let sandbox: Sandbox
beforeAll(() => {
  sandbox = startTestSandbox({ runners: 1 })
})
afterAll(() => sandbox.close())

let words = 0
const newWord = () => `formula ${++words}`
const resultOf = async (call: TestStep) => (await runStep(sandbox, call)).value

/** Its runner keeps a context for who comes again. @returns the word */
async function warmUp(word = newWord(), form: StepScript['form'] = 'done'): Promise<string> {
  for (let at = 0; at < 3; at++) await runStep(sandbox, { body: '1', form, sharing: word })
  return word
}

describe('who shares', () => {
  /** This prototype is not looked at, so that it shows where a script has been. */
  const HIDDEN = 'Object.getPrototypeOf(async function () {})'
  const MARK = `done({ before: ${HIDDEN}.mark ?? null }); ${HIDDEN}.mark = trigger.mark`

  test('scripts of one owner with one word', async () => {
    const sharing = await warmUp()
    const run = (mark: string) => resultOf({ body: MARK, sharing, trigger: { mark } })
    expect(await run('a')).toEqual({ before: null })
    expect(await run('b')).toEqual({ before: 'a' })
  })

  test.each<[string, Partial<TestStep>]>([
    ['another word', { sharing: 'another' }],
    ['none', { sharing: undefined as never }],
    ['another owner', { owner: 'account 2' }],
    ['another engine', { form: 'return', body: `return { before: ${HIDDEN}.mark || null }` }],
  ])('not with %s', async (_name, change) => {
    const sharing = await warmUp()
    await resultOf({ body: MARK, sharing, trigger: { mark: 'a' } })
    const call = { body: MARK, sharing, trigger: { mark: 'b' }, ...change }
    if (call.sharing !== undefined) {
      for (let at = 0; at < 3; at++) await runStep(sandbox, { ...call, body: '1' })
    }
    expect(await resultOf(call)).toEqual({ before: null })
  })

  test('no hook with a step', async () => {
    const sharing = await warmUp()
    await resultOf({ body: MARK, sharing, trigger: { mark: 'a' } })
    const { value } = await sandbox.run({
      ...{ owner: 'account 1', label: 'hook', isLegacy: false, variables: {} },
      body: `done({ before: ${HIDDEN}.mark ?? null })`,
    })
    expect(value).toEqual({ before: null })
  })
})

describe('what one script changes, the next one does not see', () => {
  test.each<[string, string, string]>([
    ['a global of its own', 'globalThis.x = 1', 'done(typeof x)'],
    ['a global that is hidden', 'Object.defineProperty(globalThis, "x", { value: 1 })', 'done(typeof x)'],
    ['a global that is gone', 'delete globalThis.parseInt', 'done(typeof parseInt)'],
    ['a global that is another', 'globalThis.parseFloat = () => 7', 'done(parseFloat("1"))'],
    ['the same under another name', 'delete globalThis.isNaN; globalThis.x = 1', 'done([typeof x, typeof isNaN])'],
    ['a method more', 'String.prototype.shout = () => "!"', 'done(typeof "".shout)'],
    ['another method', 'Array.prototype.map = () => 7', 'done([1].map((n) => n))'],
    ['a method that is gone', 'delete Array.prototype.at', 'done(typeof [].at)'],
    [
      'a getter',
      'Object.defineProperty(Object.prototype, "y", { get: () => 7, configurable: true })',
      'done(typeof ({}).y)',
    ],
    ['another getter', 'Object.defineProperty(Map.prototype, "size", { get: () => 7 })', 'done(new Map().size)'],
    ['how arrays are walked', 'Array.prototype[Symbol.iterator] = function* () { yield 7 }', 'done([...[1]])'],
    ['another prototype', 'Object.setPrototypeOf(Array.prototype, { z: 7 })', 'done(typeof [].z)'],
    ['a constant', 'Math.max = () => 7', 'done(Math.max(1))'],
    ['the time', 'Date.now = () => 7', 'done(Date.now() > 7)'],
    ['the last match', '/a(.*)/.test("abc")', 'done([RegExp.$1, RegExp.input])'],
    ['how JSON is written', 'JSON.stringify = () => "7"', 'done(JSON.stringify([1]))'],
    ['how errors look', 'Error.prepareStackTrace = () => "7"', 'done(new Error("x").stack.includes("Error: x"))'],
    ['promises', 'Promise.prototype.then = () => 7', 'Promise.resolve(1).then(done)'],
    ['CE', 'CE.b64 = () => "7"', 'done(CE.b64("a"))'],
    ['the console', 'console.log = () => 7', 'console.log("a"); done(typeof console.log("b"))'],
    ['notify', 'notify.email = () => 7', 'done(notify.email("a@example.com", "b", "c") === undefined)'],
    ['notify as a whole', 'globalThis.notify = undefined', 'done(typeof notify.email)'],
    ['require', 'globalThis.require = () => 7', 'done(typeof require("lodash"))'],
    ['Buffer', 'Buffer.from = () => 7', 'done(Buffer.from("a").toString("hex"))'],
    ['what Buffer is', 'Buffer = 7', 'done(Buffer.from("a").toString("hex"))'],
    ['an address', 'URL.prototype.toString = () => "7"', 'done(new URL("http://a/").toString())'],
    ['timers', 'globalThis.setTimeout = () => 7', 'setTimeout(() => done(1), 1)'],
    [
      'a library',
      'require("lodash").mixin({ seven: () => 7 }); require("lodash").max = () => 7',
      'const _ = require("lodash"); done([typeof _.seven, _.max([1])])',
    ],
    [
      'how moment speaks',
      'require("moment").defineLocale("seven", {}); require("moment").locale("seven")',
      'done(require("moment").locale())',
    ],
    ['what done is', 'done.wasCalled = true', 'done(done.wasCalled ?? false)'],
    ['a kind of error', 'TypeError.prototype.code = 7', 'done(new TypeError("a").code ?? 0)'],
    ['bytes', 'Uint8Array.prototype.first = () => 7', 'done(typeof Uint8Array.prototype.first)'],
    ['languages', 'Intl.mine = 7', 'done(typeof Intl.mine)'],
    ['what a pattern is to look through', 'RegExp.input = "secret"', 'done(RegExp.input)'],
    [
      'an object that was frozen',
      'Object.freeze(Error.prototype)',
      'Error.prototype.code = 7; done(new Error("a").code)',
    ],
    ['a world that was closed', 'Object.preventExtensions(globalThis)', 'globalThis.x = 7; done(x)'],
    [
      'a member that was locked',
      'Object.defineProperty(Math, "max", { writable: false })',
      'Math.max = 7; done(Math.max)',
    ],
    [
      'a member that can be listed',
      'Object.defineProperty(Object.prototype, "valueOf", { enumerable: true })',
      'const names = []; for (const name in {}) names.push(name); done(names)',
    ],
    ['what it was shown', 'steps.a.n = 7; config.c = 7; trigger.t = 7', 'done([steps.a.n, config.c, trigger.t])'],
  ])('%s', async (_name, change, look) => {
    const shown = () => ({ config: { c: 1 }, steps: { a: { n: 1 } }, trigger: { t: 1 } })
    const fresh = await runStep(sandbox, { body: look, ...shown() })
    expect(fresh.error).toBeUndefined()
    const sharing = await warmUp()
    await runStep(sandbox, { body: change, sharing, ...shown() })
    for (let times = 0; times < 2; times++) {
      expect(await runStep(sandbox, { body: look, sharing, ...shown() })).toEqual(fresh)
    }
  })

  test('a variable that a legacy script did not declare', async () => {
    const sharing = await warmUp(newWord(), 'return')
    const run = (body: string) => resultOf({ body, form: 'return', sharing })
    expect(await run('total = 5; return total')).toBe(5)
    expect(await run('return typeof total')).toBe('undefined')
    expect(await run('var l = getArray(); l.add(1); return l')).toEqual([1])
    expect(await run('return Java.type("java.lang.System").currentTimeMillis() > 0')).toBe(true)
  })
})

describe('each script has all of its limits', () => {
  test('lines of the console, mails and timers', async () => {
    const sharing = await warmUp()
    const body = `
      for (let at = 0; at < ${LIMITS.consoleLines - 1}; at++) console.log('line ' + at)
      for (let at = 0; at < ${LIMITS.mails}; at++) notify.email('a@example.com', 'b', 'c')
      for (let at = 0; at < ${LIMITS.timers}; at++) clearTimeout(setTimeout(() => 1, 1))
      done(1)`
    for (let times = 0; times < 3; times++) {
      const result = await runStep(sandbox, { body, sharing })
      expect(result).toMatchObject({ value: 1, console: { length: LIMITS.consoleLines - 1 } })
      expect(result.error).toBeUndefined()
      expect(result.mails).toHaveLength(LIMITS.mails)
    }
  })
})

describe('what one script leaves behind ends with it', () => {
  test('timers and promises', async () => {
    const sharing = await warmUp()
    await resultOf({ body: 'setInterval(() => console.log("late"), 1); done(1)', sharing })
    await resultOf({ body: 'new Promise(() => 1).then(() => done(7)); done(1)', sharing })
    const result = await runStep(sandbox, { body: 'setTimeout(() => done(2), 30)', sharing })
    expect(result).toMatchObject({ value: 2, console: [] })
  })

  test.each<[string, string]>([
    ['an exception', 'throw new Error("no")'],
    ['a promise that nobody handles', 'Promise.reject(new Error("no"))'],
    ['no done', '1'],
    ['an endless loop', 'for (;;);'],
    ['too much memory', 'const all = []; for (;;) all.push(new Array(1e5).fill(1))'],
    ['a getter without end', 'Object.defineProperty(globalThis, "parseInt", { get() { for (;;); } }); done(1)'],
    [
      'a proxy without end',
      'Object.setPrototypeOf(Array.prototype, new Proxy({}, { get() { for (;;); }, ownKeys() { for (;;); } })); done(1)',
    ],
  ])('%s', async (_name, body) => {
    const sharing = await warmUp()
    await runStep(sandbox, { body, sharing, timeoutMs: 300 })
    const run = (n: number) => runStep(sandbox, { body: 'done(trigger.n)', sharing, trigger: { n }, timeoutMs: 5_000 })
    for (const n of [1, 2, 3]) expect(await run(n)).toMatchObject({ value: n, console: [], changes: {} })
  })

  /** In its last moment, when all else of the script is told. */
  const BENT = `done(1); const { indexOf } = Array.prototype; Promise.resolve().then(() => {
      const trap = () => indexOf.call({ length: 2 ** 53 - 1 }, 1)
      for (const name of ['get', 'set', 'value', 'writable', 'enumerable', '0', 'name', 'object', 'then', 'length'])
        Object.defineProperty(Object.prototype, name, { __proto__: null, get: trap, set: trap, configurable: true })
    })`
  /** None of these may cost the next one more than what a machine that is busy costs. */
  test.each<[string, string]>([
    [
      'a getter that no limit can interrupt',
      `const { indexOf } = Array.prototype
       Object.defineProperty(globalThis, 'parseInt', { get() { indexOf.call({ length: 2 ** 53 - 1 }, 1) } }); done(1)`,
    ],
    [
      'how arrays are walked',
      `const { indexOf } = Array.prototype
       done(1); Array.prototype[Symbol.iterator] = () => indexOf.call({ length: 2 ** 53 - 1 }, 1)`,
    ],
    [
      'one step of such a walk',
      `const { indexOf } = Array.prototype
       done(1); Object.getPrototypeOf([][Symbol.iterator]()).next = () => indexOf.call({ length: 2 ** 53 - 1 }, 1)`,
    ],
    ['what all objects have', BENT],
    ['what maps do', 'done(1); Map.prototype.clear = Set.prototype.clear = () => { for (;;); }'],
    [
      'how functions are applied',
      'done(1); Function.prototype.call = Function.prototype.apply = Reflect.apply = () => { for (;;); }',
    ],
    [
      'what patterns do',
      'done(1); RegExp.prototype.exec = () => { for (;;); }; RegExp.prototype.test = RegExp.prototype.exec',
    ],
    ['members beyond number', 'done(1); Array.prototype.length = 4e6; Array.prototype.fill.call(Array.prototype, 0)'],
    ['very many names', 'done(1); for (let at = 0; at < 1e5; at++) globalThis["x" + at] = 1'],
    ['memory that it hides', 'done(1); Object.getPrototypeOf(async function () {}).x = new Uint8Array(5e7)'],
    ['objects that it hides', 'done(1); Object.getPrototypeOf(async function () {}).x = new Array(5e6).fill(1.5)'],
  ])('somebody else does not wait for %s', async (_name, body) => {
    const sharing = await warmUp()
    expect(await runStep(sandbox, { body, sharing, timeoutMs: 5_000 })).toMatchObject({ value: 1 })
    const begun = performance.now()
    const stranger = { owner: 'account 2', body: 'done(new Uint8Array(4e7).length)', timeoutMs: 5_000 }
    expect(await runStep(sandbox, stranger)).toMatchObject({ value: 4e7 })
    expect(performance.now() - begun).toBeLessThan(2_500)
  })

  test('what a script was shown is let go, however long', async () => {
    for (let n = 0; n < 12; n++) {
      const sharing = newWord()
      const trigger = { text: 'x'.repeat(6e6) }
      for (let times = 0; times < 3; times++) {
        expect(await resultOf({ body: 'done(trigger.text.length)', sharing, trigger })).toBe(6e6)
      }
    }
  })

  test('many words at once', async () => {
    const sharings = Array.from({ length: 40 }, newWord)
    for (let times = 0; times < 3; times++) {
      const values = await Promise.all(
        sharings.map((sharing, n) => resultOf({ body: 'done(trigger.n)', sharing, trigger: { n } })),
      )
      expect(values).toEqual(sharings.map((_sharing, n) => n))
    }
  })
})

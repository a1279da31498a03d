import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  failureOf,
  runScript,
  runStep,
  startTestSandbox,
  type TestCall,
  type TestStep,
} from '../../test/support/sandbox.ts'
import type { Sandbox } from './sandbox.ts'

/**
 * Scripts of people who mean harm. Each comes to a clear end, and then a script of somebody else runs as if nothing had
 * happened. Bodies that take a while end by a short time limit, so that the suite stays quick.
 */
let sandbox: Sandbox
const asked: string[] = []
beforeAll(async () => {
  sandbox = startTestSandbox({
    runners: 2,
    async http({ url }) {
      asked.push(url)
      return { status: 200, headers: {}, body: 'ok' }
    },
  })
  await runScript(sandbox, { body: 'done()' })
})
afterAll(() => sandbox.close())

const SHORT_LIMIT_MS = 100
/** For what ends by itself. */
const LONG_LIMIT_MS = 15_000
/** On a machine that is busy with other tests; usually it is about a millisecond. */
const NEIGHBOUR_MS = 1_500

/** A text: code and message contain it. An object: the value of a script that was contained, not stopped. */
type End = 'times out' | 'fails' | 'is stopped' | { failsWith: string } | { value: unknown }
type Row = [name: string, body: string, end: End, isLegacy?: true]

const neighbour: TestCall = {
  owner: 'neighbour',
  body: `
    const same = [1, 2, 3].map((n) => n * 2)
    const extra = []
    for (const name in {}) extra.push(name)
    const text = JSON.stringify({ a: [1], b: null }) + JSON.parse('[1]')[0] + Object.keys({ x: 1 })
    Promise.resolve(5).then((five) => done({ same, extra, text, five, left: typeof globalThis.left, response_body }))`,
  variables: { response_body: { id: 1 } },
}
const neighbourValue = {
  same: [2, 4, 6],
  extra: [],
  text: '{"a":[1],"b":null}1x',
  five: 5,
  left: 'undefined',
  response_body: { id: 1 },
}

async function endOf(call: TestCall, end: End): Promise<{ code: string; message: string } | { value: unknown }> {
  const timeoutMs = end === 'times out' || end === 'is stopped' ? SHORT_LIMIT_MS : LONG_LIMIT_MS
  const run = runScript(sandbox, { owner: 'attacker', timeoutMs, ...call })
  return run.then(
    ({ value }) => ({ value }),
    () => failureOf(run),
  )
}

function check(end: Awaited<ReturnType<typeof endOf>>, expected: End): void {
  if (typeof expected === 'object' && 'value' in expected) {
    expect(end).toEqual({ value: expected.value })
    return
  }
  if (!('code' in end)) throw new Error(`it succeeded with ${JSON.stringify(end.value)}`)
  expect(end.message.length).toBeLessThan(3_000)
  if (expected === 'is stopped') expect(['SCRIPT_TIMED_OUT', 'SCRIPT_FAILED']).toContain(end.code)
  else if (expected === 'times out') expect(end).toMatchObject({ code: 'SCRIPT_TIMED_OUT' })
  else expect(end).toMatchObject({ code: 'SCRIPT_FAILED' })
  if (typeof expected === 'object') expect(end.message).toContain(expected.failsWith)
}

const suites: Record<string, Row[]> = {
  'time: code that never ends': [
    ['a loop', 'for (;;);', 'times out'],
    ['a loop that goes on in finally', 'const f = () => { try { for (;;); } finally { f() } }; f()', 'times out'],
    ['a loop that catches everything', 'for (;;) { try { for (;;); } catch {} }', 'times out'],
    ['a chain of promises', 'const again = () => Promise.resolve().then(again); again()', 'times out'],
    [
      'many chains of promises',
      'const again = () => { Promise.resolve().then(again); Promise.resolve().then(() => {}) }; again()',
      'times out',
    ],
    ['an async loop', '(async () => { for (;;) await 0 })()', 'times out'],
    [
      'for await over an endless generator',
      '(async () => { for await (const x of (async function* () { for (;;) yield 1 })()); })()',
      'times out',
    ],
    ['a thenable of itself', 'const t = { then(r) { r(t) } }; Promise.resolve(t)', 'times out'],
    ['a regular expression that backtracks', '/^(a+)+$/.test("a".repeat(50) + "!")', 'times out'],
    ['one in replace with a lookbehind', '"x".repeat(60).replace(/(?<=(x+x+)+y)z|(x+x+)+y/g, "")', 'times out'],
    ['a comparison that never ends', '[2, 1].sort(() => { for (;;); })', 'times out'],
    ['a getter of the result', 'done({ get a() { for (;;); } })', 'times out'],
    ['toJSON of the result', 'done({ toJSON() { for (;;); } })', 'times out'],
    ['a proxy as result', 'done(new Proxy({}, { ownKeys() { for (;;); } }))', 'times out'],
    ['toString of what is thrown', 'throw { toString() { for (;;); } }', 'times out'],
    [
      'the message of a rejected promise',
      'const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); Promise.reject(e)',
      'is stopped',
    ],
    ['a getter while the console shows it', 'console.log({ get a() { for (;;); } })', 'times out'],
    ['an interval', 'setInterval(() => {}, 1)', 'times out'],
    ['a timer that loops', 'setTimeout(() => { for (;;); }, 1)', 'times out'],
    ['a loop of hashes, which the runner computes', 'for (;;) CE.md5("x")', 'times out'],
    [
      'a loop of addresses, which the runner takes apart',
      'for (;;) new URL("https://example.com/" + Math.random())',
      'times out',
    ],
    ['search through 2^53 missing elements', 'Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)', 'is stopped'],
    ['reversal of 2^53 missing elements', 'Array.prototype.reverse.call({ length: 2 ** 53 - 1 })', 'is stopped'],
    ['includes over an empty array of full length', 'for (;;) new Array(2 ** 32 - 1).includes(1)', 'is stopped'],
    ['large numbers', 'let n = 3n; for (;;) n *= n', 'is stopped'],
    ['a large number as text', '(7n ** 3000000n).toString().length', 'is stopped'],
    ['an endless loop after done', 'done({ a: 1 }); for (;;);', { value: { a: 1 } }],
    ['endless promises after done', 'done({ a: 1 }); (async () => { for (;;) await 0 })()', { value: { a: 1 } }],
    ['a loop in a legacy script', 'while (true) { var a = 1 }', 'times out', true],
  ],
  'memory: code that takes all': [
    ['an array that grows', 'const a = []; for (;;) a.push(a.length, {}, [1])', 'is stopped'],
    ['text that doubles', 'let s = "ab"; for (;;) { s += s; s.charCodeAt(s.length >> 1) }', 'is stopped'],
    ['many long texts', 'const a = []; for (let i = 0; ; i++) a.push(("x" + i).repeat(100000) + i)', 'is stopped'],
    ['text split into characters', '"a".repeat(2 ** 27).split("")', 'is stopped'],
    [
      'text padded to the limit',
      'const a = []; for (;;) a.push("".padEnd(2 ** 28, "ab" + a.length).split("b"))',
      'is stopped',
    ],
    ['one large buffer', 'new ArrayBuffer(2 ** 31)', { failsWith: 'RangeError: Array buffer allocation failed' }],
    ['many buffers', 'const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))', 'is stopped'],
    [
      'many tiny typed arrays',
      'const a = []; for (;;) { const t = new Uint8Array(8); t.buffer; a.push(t) }',
      'is stopped',
    ],
    [
      'buffers that can grow',
      'const a = []; for (;;) { const b = new ArrayBuffer(1, { maxByteLength: 2 ** 25 }); b.resize(2 ** 25); new Uint8Array(b).fill(1); a.push(b) }',
      'is stopped',
    ],
    ['a Buffer of ten gigabytes', 'Buffer.alloc(1e10)', 'fails'],
    ['a map', 'const m = new Map(); for (let i = 0; ; i++) m.set(i, [i])', 'is stopped'],
    ['registered symbols', 'for (let i = 0; ; i++) Symbol.for("name of a symbol " + i)', 'is stopped'],
    ['property names', 'const o = {}; for (let i = 0; ; i++) o["name of a property " + i] = i', 'is stopped'],
    ['an endless iterator spread out', '[...{ *[Symbol.iterator]() { for (;;) yield [1] } }]', 'is stopped'],
    ['promises that wait', 'const a = []; for (;;) a.push(new Promise(() => {}).then(() => {}))', 'is stopped'],
    ['microtasks', 'for (;;) Promise.resolve().then(() => {})', 'is stopped'],
    ['closures', 'let f = () => 0; for (;;) { const g = f; f = () => g() + 1 }', 'is stopped'],
    [
      'formatters, whose memory V8 does not count',
      'const a = []; for (;;) a.push(new Intl.DateTimeFormat("de"))',
      'is stopped',
    ],
    ['a sparse array as result', 'const a = []; a[4294967294] = 1; done({ a })', 'is stopped'],
    ['Array.from of a huge length', 'Array.from({ length: 2 ** 32 - 1 })', 'is stopped'],
    ['a typed array of something long', 'new Uint8Array({ length: 2 ** 30 })', 'is stopped'],
    [
      'a regular expression with a million branches',
      'new RegExp("a|".repeat(1e6) + "b").test("c".repeat(100))',
      'is stopped',
    ],
    [
      'a regular expression that multiplies',
      'done({ a: new RegExp("((((a{100}){100}){100}){100}){100}").test("a") })',
      { value: { a: false } },
    ],
    [
      'source text without end',
      'for (;;) eval("var x" + Math.random().toString().slice(2) + " = 1;" + "0;".repeat(100000))',
      'is stopped',
    ],
    ['source text beyond measure', 'new Function("0;".repeat(10000000))', 'fails'],
    [
      'structured garbage in lodash',
      'const _ = require("lodash"); for (;;) _.memoize((x) => x)(_.range(1e5)); ',
      'is stopped',
    ],
  ],
  depth: [
    ['recursion', 'const f = () => f() + 1; f()', { failsWith: 'RangeError: Maximum call stack size exceeded' }],
    ['recursion through toString', 'const o = { toString() { return "" + o } }; "" + o', { failsWith: 'RangeError' }],
    [
      'recursion through a proxy',
      'let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.a',
      { failsWith: 'RangeError' },
    ],
    [
      'done at the end of the stack',
      'const f = () => { try { f() } catch { done({ a: 1 }) } }; f()',
      { value: { a: 1 } },
    ],
    [
      'a result deeper than the stack',
      'let a = 1; for (let i = 0; i < 1e5; i++) a = { a }; done({ a })',
      { failsWith: 'RangeError: Maximum call stack size exceeded' },
    ],
    [
      'a result deeper than the hub reads',
      'let a = 1; for (let i = 0; i < 600; i++) a = [a]; done({ a })',
      { failsWith: 'more than 500 levels' },
    ],
    [
      'a getter that recurses in the serializer',
      'const a = { get a() { return { __proto__: a, get a() { return a.a } } } }; done(a)',
      { failsWith: 'RangeError' },
    ],
    ['an array in itself, flattened', 'const a = []; a.push(a, a); a.flat(Infinity)', 'is stopped'],
    ['source nested without end', 'eval("[".repeat(1e6))', 'fails'],
    ['a script nested without end', '('.repeat(500_000), 'fails'],
    [
      'stack traces without end',
      'Error.stackTraceLimit = 1e9; const f = () => { try { f() } catch (e) { e.stack; throw e } }; f()',
      'is stopped',
    ],
  ],
  'a text that ends the function around it and goes on, on the thread that watches scripts': [
    ['a loop', '}); for (;;); (function () {', { failsWith: "SyntaxError: Unexpected token '}'" }],
    ['the same as an expression', '}()); for (;;); (function () {', { failsWith: 'SyntaxError' }],
    ['a loop behind what could be a comment', '#!\n}); for (;;); (function () {', { failsWith: 'SyntaxError' }],
    ['in a legacy script', '}); for (;;); (function () {', { failsWith: 'SyntaxError' }, true],
    [
      'in a legacy script behind what could be a comment',
      '#!}); for (;;); (function () {',
      { failsWith: 'SyntaxError' },
      true,
    ],
    ['behind another comment', '--> }); for (;;); (function () {', { failsWith: 'SyntaxError' }, true],
    ['at its end', '}); for (;;); //', { failsWith: 'SyntaxError' }],
    ['a parameter more', '}, function () {', { failsWith: 'SyntaxError' }],
  ],
  'results and errors that bite': [
    [
      'a result in a circle',
      'const a = {}; a.a = a; done(a)',
      { failsWith: 'cannot be taken: TypeError: Converting circular structure' },
    ],
    ['a number JSON has not', 'done({ a: 1n })', { failsWith: 'Do not know how to serialize a BigInt' }],
    [
      'a getter that throws',
      'done({ get a() { throw new Error("got you") } })',
      { failsWith: 'cannot be taken: Error: got you' },
    ],
    [
      'toJSON that throws nothing',
      'done({ toJSON() { throw undefined } })',
      { failsWith: 'cannot be taken: undefined' },
    ],
    ['toJSON that calls done', 'done({ toJSON() { done({ b: 1 }); return { a: 1 } } })', { value: { a: 1 } }],
    [
      'a proxy that lies about its keys',
      'done(new Proxy({}, { ownKeys: () => ["a", "b"], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: (_, k) => k }))',
      { value: { a: 'a', b: 'b' } },
    ],
    [
      'a revoked proxy',
      'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); done(proxy)',
      { failsWith: 'cannot be taken: TypeError' },
    ],
    [
      '__proto__ as a key of the result',
      'done(JSON.parse(\'{"__proto__":{"left":1},"a":1}\'))',
      { value: JSON.parse('{"__proto__":{"left":1},"a":1}') },
    ],
    [
      'constructor and prototype as keys',
      'done({ constructor: { prototype: { left: 1 } } })',
      { value: { constructor: { prototype: { left: 1 } } } },
    ],
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    ['a thenable', 'done({ then: 1, catch: "x" })', { value: { then: 1, catch: 'x' } }],
    ['half of a character', 'done({ a: "\\ud800" })', { value: { a: '\ud800' } }],
    ['a large result', 'done({ a: "x".repeat(16e6) })', { failsWith: 'characters, at most 16000000 are taken' }],
    ['throwing nothing', 'throw undefined', { failsWith: 'hook: undefined' }],
    ['throwing a symbol', 'throw Symbol("x")', { failsWith: 'an exception that cannot be shown' }],
    [
      'throwing a proxy that throws',
      'throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })',
      { failsWith: 'an exception that cannot be shown' },
    ],
    ['an error with an endless message', 'throw new Error("x".repeat(1e7))', 'fails'],
    [
      'an error whose message is no text',
      'const e = new Error(); e.message = { toString: null, valueOf: null }; throw e',
      { failsWith: 'an exception that cannot be shown' },
    ],
    ['a function as result', 'done(() => 1)', { value: undefined }],
    [
      'a console without end',
      'for (let i = 0; i < 1e6; i++) console.log("x".repeat(1e4)); done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'a console of hostile values',
      'const o = {}; o.o = o; console.log(o, new Proxy({}, { ownKeys() { throw 1 } }), { get a() { throw 1 } }, Symbol("x"), 1n, () => 1); done({ a: 1 })',
      { value: { a: 1 } },
    ],
  ],
  'ways out': [
    [
      'process by the constructor of a function',
      'done({ a: typeof (() => {}).constructor("return process")() })',
      { failsWith: 'ReferenceError: process is not defined' },
    ],
    [
      'process by the constructor of done',
      'done.constructor("return process")()',
      { failsWith: 'ReferenceError: process is not defined' },
    ],
    [
      'process by the constructor of require',
      'require.constructor.constructor("return process")()',
      { failsWith: 'ReferenceError: process is not defined' },
    ],
    [
      'process by what a library gives',
      'require("crypto").createHash("md5").update("a").digest().constructor.constructor("return process.env")()',
      { failsWith: 'process is not defined' },
    ],
    [
      'process by a generator',
      'Object.getPrototypeOf(function* () {}).constructor("return process")().next()',
      { failsWith: 'process is not defined' },
    ],
    [
      'process by an async function',
      '(async () => {}).constructor("return process")()',
      { failsWith: 'process is not defined' },
    ],
    ['process by eval', '(0, eval)("process")', { failsWith: 'process is not defined' }],
    [
      'process by the error of a host function',
      'try { new URL("::") } catch (e) { e.constructor.constructor("return process")() }',
      { failsWith: 'process is not defined' },
    ],
    [
      'the stack of a host error',
      'try { new URL("::") } catch (e) { done({ a: /file:|node:|\\.[jt]s/.test(e.stack) }) }',
      { value: { a: false } },
    ],
    [
      'stack frames by prepareStackTrace',
      'Error.prepareStackTrace = (_, frames) => frames.map((f) => [typeof f.getThis(), typeof f.getFunction(), f.getFileName()]); done({ a: new Error().stack })',
      {
        value: {
          a: [
            ['undefined', 'undefined', 'script'],
            ['undefined', 'undefined', 'valence:scope'],
            ['undefined', 'undefined', 'valence:scope'],
            ['undefined', 'undefined', 'valence:scope'],
            ['undefined', 'undefined', 'valence:scope'],
          ],
        },
      },
    ],
    ['the caller, from sloppy code', 'return { a: String(arguments.callee.caller) }', { value: { a: 'null' } }, true],
    [
      'the arguments of the caller, from sloppy code',
      'var f = arguments.callee; return { a: typeof f.arguments, b: f.caller === null }',
      { value: { a: 'object', b: true } },
      true,
    ],
    ['import()', 'import("node:fs").then((fs) => done({ a: Object.keys(fs) }))', 'fails'],
    [
      "import() of the runner's own files",
      'import("./runner.ts").then(() => done({ a: 1 }), (e) => done({ a: e instanceof Error }))',
      { value: { a: true } },
    ],
    ['an import declaration', 'import fs from "fs"', { failsWith: 'SyntaxError' }],
    ['import.meta', 'done({ a: import.meta.url })', { failsWith: 'SyntaxError' }],
    [
      'code outside of the function',
      '}); globalThis.left = 1; (function () { done({ a: left })',
      { failsWith: "SyntaxError: Unexpected token '}'" },
    ],
    ['machine code', 'new WebAssembly.Memory({ initial: 1 })', { failsWith: 'WebAssembly is not defined' }],
    ['shared memory', 'new SharedArrayBuffer(8)', { failsWith: 'SharedArrayBuffer is not defined' }],
    ['blocking the thread', 'Atomics.wait(new Int32Array(8), 0, 0)', { failsWith: 'Atomics is not defined' }],
    [
      'code that runs after the script',
      'new FinalizationRegistry(() => { for (;;); })',
      { failsWith: 'FinalizationRegistry is not defined' },
    ],
    [
      'globals of a host',
      'done({ a: ["process", "module", "exports", "__dirname", "Deno", "window", "self", "ivm", "isolated", "postMessage", "fetch"].filter((n) => n in globalThis) })',
      { value: { a: [] } },
    ],
    [
      'nothing but functions of this realm',
      'const strange = []; for (const n of Object.getOwnPropertyNames(globalThis)) { const v = globalThis[n]; if (typeof v === "function" && !(v instanceof Function)) strange.push(n); if (typeof v === "object" && v !== null && !(v instanceof Object)) strange.push(n) } done({ strange })',
      { value: { strange: [] } },
    ],
    [
      'a with over everything',
      'var names = []; with (new Proxy({}, { has: function (t, n) { names.push(String(n)); return false } })) { done({ a: names.length > 0 }) }',
      { value: { a: true } },
      true,
    ],
    ['a debugger statement', 'debugger; done({ a: 1 })', { value: { a: 1 } }],
    [
      'a module by a path',
      'require("../../../../etc/passwd")',
      { failsWith: "Cannot find module '../../../../etc/passwd'" },
    ],
    ['a module by an object', 'require({ toString: () => "fs" })', { failsWith: "Cannot find module 'fs'" }],
    [
      'random bytes without measure',
      'require("crypto").randomBytes(1e9)',
      { failsWith: 'is no number of random bytes' },
    ],
    ['a hash of too much', 'CE.md5("x".repeat(2e7))', 'is stopped'],
    ['an algorithm that is none', 'require("crypto").createHash("__proto__").digest("hex")', 'fails'],
  ],
  'traces for others': [
    [
      'Object.prototype',
      'Object.prototype.left = 1; Object.prototype.toJSON = () => "x"; done({ a: 1 })',
      { failsWith: 'the script has changed what its own answer depends on' },
    ],
    [
      'Array.prototype',
      'Array.prototype.map = Array.prototype.push = () => { throw 1 }; Array.prototype.toJSON = () => 5; done({ a: [1] })',
      'fails',
    ],
    [
      'the iterator of arrays',
      'Array.prototype[Symbol.iterator] = () => { throw new Error("no more arrays") }; done({ a: 1 })',
      { value: { a: 1 } },
    ],
    ['JSON', 'JSON.stringify = () => "[1,"; JSON.parse = () => 1; done({ a: 1 })', { value: { a: 1 } }],
    [
      'what the console is cut with',
      'String.prototype.slice = () => "x".repeat(1e7); for (let i = 0; i < 300; i++) console.log(i); done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'what tells the names of members',
      'const keys = Array.from({ length: 1e5 }, (_, i) => "name" + i); Array.prototype.toJSON = () => keys.join(); done({ a: 1 })',
      { failsWith: 'the script has changed what its own answer depends on' },
    ],
    [
      'Promise',
      'Promise.prototype.then = () => { for (;;); }; globalThis.Promise = class {}; done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'Function.prototype',
      'Function.prototype.call = Function.prototype.apply = () => { throw 1 }; done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'String.prototype',
      'String.prototype.slice = () => 1; String.prototype.toJSON = () => 2; throw new Error("x")',
      'fails',
    ],
    [
      'Map and Object functions',
      'Map.prototype.get = () => 1; Object.keys = () => { throw 1 }; Object.hasOwn = () => true; done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'setters on every object',
      'for (const n of ["method", "url", "body", "post", "value"]) Object.defineProperty(Object.prototype, n, { set() { throw 1 }, get() { return "x" } }); require("http").get("http://h/"); done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'a frozen world',
      'Object.freeze(Object.prototype); Object.freeze(Array.prototype); Object.freeze(globalThis); done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'a world without globals',
      'const { deleteProperty } = Reflect; const world = globalThis; for (const n of Object.getOwnPropertyNames(world)) deleteProperty(world, n); done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'libraries',
      'const _ = require("lodash"); _.map = null; require("axios").get = null; CE.b64 = null; Buffer.from = null; globalThis.left = 1; done({ a: 1 })',
      { value: { a: 1 } },
    ],
    [
      'registered symbols',
      'globalThis[Symbol.for("left")] = 1; Object.prototype[Symbol.for("left")] = 1; done({ a: 1 })',
      { value: { a: 1 } },
    ],
    ['its own done', 'function done() { return 1 }', { value: undefined }, true],
    [
      'work left behind',
      'setTimeout(() => { for (;;); }, 20); setInterval(() => {}, 1); new Promise((r) => setTimeout(r, 5)).then(() => { for (;;); }); done({ a: 1 })',
      { value: { a: 1 } },
    ],
  ],
  floods: [
    [
      'timers',
      'for (let i = 0; i < 1e6; i++) setTimeout(() => {}, 1e6)',
      { failsWith: 'a script may start 500 timers' },
    ],
    ['timers that start timers', 'const f = () => setTimeout(f, 0); f()', 'is stopped'],
    [
      'HTTP calls',
      'const http = require("http"); for (let i = 0; i < 1e6; i++) http.get("http://h/")',
      { failsWith: 'a script may make 50 HTTP calls' },
    ],
    ['HTTP calls without end', 'const f = () => require("axios").get("http://h/").then(f, f); f()', 'is stopped'],
    [
      'an HTTP call with headers that break lines',
      'require("http").get({ host: "h", headers: { "a\\r\\nb: c": "d\\r\\n" } }, () => done({ a: 1 }))',
      { value: { a: 1 } },
    ],
    [
      'an HTTP call to what is no address',
      'require("axios")({ url: { toString() { throw new Error("no address") } } }).catch((e) => done({ a: e.message }))',
      { value: { a: 'no address' } },
    ],
    [
      'events without end',
      'const E = require("events"); const e = new E(); e.on("a", () => e.emit("a")); e.emit("a")',
      { failsWith: 'RangeError' },
    ],
  ],
}

for (const [suite, rows] of Object.entries(suites)) {
  describe(suite, () => {
    test.each(rows)('%s', async (_name, body, end, isLegacy = undefined) => {
      check(await endOf({ body, isLegacy: isLegacy === true }, end), end)
      const began = performance.now()
      expect((await runScript(sandbox, neighbour)).value).toEqual(neighbourValue)
      expect(performance.now() - began).toBeLessThan(NEIGHBOUR_MS)
    })
  })
}

/** What a step tells besides its value is an answer as well, that a script may try to bend: it spoils its own. */
describe('steps of formulas', () => {
  let askedByHooks: string[] = []
  beforeAll(() => {
    askedByHooks = [...asked]
  })
  const BENT = 'the script has changed what its own answer depends on'
  const step: TestStep = {
    body: '',
    owner: 'attacker',
    config: { a: '1' },
    steps: { get: { list: [{ id: 1 }] } },
    trigger: { args: { b: 2 } },
    timeoutMs: LONG_LIMIT_MS,
  }
  const next: TestStep = {
    ...step,
    owner: 'neighbour',
    body: 'config.seen = 1; notify.email("a@x.test", "Hi"); done([steps.get.list, trigger.args, typeof globalThis.left])',
  }
  const fine = { changes: {}, isLate: false }
  const LATE = { error: 'Script execution timed out', isLate: true }

  test.each<[name: string, body: string, end: object, timeoutMs?: number]>([
    [
      'a loop in a getter that changes are read from',
      'Object.defineProperty(config, "x", { get() { for (;;); }, enumerable: true }); done(1)',
      LATE,
      SHORT_LIMIT_MS,
    ],
    ['a loop in toJSON of a member', 'config.x = { toJSON() { for (;;); } }; done(1)', LATE, SHORT_LIMIT_MS],
    ['a loop after done', 'done(1); for (;;);', LATE, SHORT_LIMIT_MS],
    [
      'a getter that throws',
      'Object.defineProperty(config, "x", { get() { throw 1 }, enumerable: true }); done(1)',
      { value: 1, ...fine },
    ],
    [
      'a getter that calls done',
      'Object.defineProperty(config, "x", { get() { done(2) }, enumerable: true }); done(1)',
      { value: 1, ...fine },
    ],
    ['toJSON of everything', 'Object.prototype.toJSON = () => 5; steps.get; done({})', { error: `Error: ${BENT}` }],
    [
      'JSON that is none',
      'Array.prototype.toJSON = Object.prototype.toJSON = () => "}"; JSON.stringify = () => "}"; config.x = 1; done(1)',
      { error: `Error: ${BENT}` },
    ],
    [
      'names that break out of the JSON',
      'config[\'"},"trigger":{"set":{"x":1},"gone":["\'] = 1; done(1)',
      { value: 1, changes: { config: { set: { '"},"trigger":{"set":{"x":1},"gone":["': 1 }, gone: [] } } },
    ],
    [
      '__proto__ as a member',
      'Object.defineProperty(config, "__proto__", { value: { left: 1 }, enumerable: true }); done(1)',
      { value: 1, ...fine },
    ],
    [
      'the prototype of a member',
      'Object.setPrototypeOf(trigger.args, { left: 1 }); config.__proto__ = { left: 1 }; done(1)',
      { value: 1, ...fine },
    ],
    [
      'frozen arguments',
      'Object.freeze(config); Object.freeze(steps); Object.freeze(Object.prototype); done(1)',
      { value: 1, ...fine },
    ],
    [
      'members without end',
      'for (let i = 0; i < 2e3; i++) config["x" + i] = "x".repeat(1e4); done(1)',
      { error: expect.stringContaining('at most 16000000 are taken') },
    ],
    [
      'a proxy as member',
      'config.x = new Proxy({}, { ownKeys: () => ["a"], getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }), get: (_, k) => k === "a" ? 5 : undefined }); done(1)',
      { value: 1, changes: { config: { set: { x: { a: 5 } }, gone: [] } } },
    ],
    [
      'a member deeper than the hub reads',
      'let a = 1; for (let i = 0; i < 600; i++) a = [a]; config.x = a; done(1)',
      { error: expect.stringContaining('more than 500 levels') },
    ],
    [
      'a mail that is none',
      'Array.prototype.toJSON = () => "no mail"; notify.email("a@x.test", "Hi"); done(1)',
      { error: `Error: ${BENT}`, mails: [] },
    ],
    [
      'more mails than are sent',
      'try { for (;;) notify.email("a@x.test", "x".repeat(1e5)) } catch { done(1) }',
      { value: 1 },
    ],
    [
      'a library that turns into another',
      'let asked = 0; require({ toString: () => asked++ ? "http" : "lodash" }); done(asked)',
      { value: 1 },
    ],
    [
      'HTTP by a bent check',
      'String.prototype.startsWith = () => true; require("http").get("http://h/").on("error", (e) => done(e.message))',
      { value: expect.stringContaining('make no HTTP calls') },
    ],
    [
      'HTTP by a bent name',
      'let n = 0; String.prototype.replace = () => n++ ? "axios" : "lodash"; require("lodash").get("http://h/").catch((e) => done(e.message))',
      { value: expect.stringContaining('make no HTTP calls') },
    ],
    [
      'globals of its runner',
      'done([typeof process, typeof fetch, typeof ivm, "left" in globalThis])',
      { value: ['undefined', 'undefined', 'undefined', false] },
    ],
    [
      'its caller',
      'done(String((function f() { try { return f.caller } catch (e) { return e.name } })()))',
      { value: 'TypeError' },
    ],
    [
      'code outside of the function',
      '}); globalThis.left = 1; (function () { done(1)',
      { error: "Unexpected token '}'" },
    ],
    [
      'work left behind',
      'setInterval(() => { config.x = 1 }, 1); setTimeout(() => { for (;;); }, 5); done(1)',
      { value: 1, ...fine },
    ],
  ])('%s', async (_name, body, end, timeoutMs = LONG_LIMIT_MS) => {
    expect(await runStep(sandbox, { ...step, body, timeoutMs })).toMatchObject(end)
    expect(await runStep(sandbox, next)).toMatchObject({
      value: [[{ id: 1 }], { b: 2 }, 'undefined'],
      changes: { config: { set: { seen: 1 }, gone: [] } },
      mails: [{ to: 'a@x.test', subject: 'Hi', body: '' }],
    })
    expect(({} as { left?: unknown }).left).toBeUndefined()
  })

  test('none of them reaches the network', () => expect(asked).toEqual(askedByHooks))
})

test('there are many of them', () => {
  expect(Object.values(suites).flat().length).toBeGreaterThan(100)
})

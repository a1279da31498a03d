import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failureOf, runScript, startTestSandbox } from '../../test/support/sandbox.ts'
import type { Sandbox } from './sandbox.ts'

/** What scripts find besides the language (spec 11 §6.6, 20 §10.2). */
let sandbox: Sandbox
beforeAll(() => {
  sandbox = startTestSandbox()
})
afterAll(() => sandbox.close())

/** The value of an expression; `$` is `require`. */
async function resultOf(expression: string, isLegacy = false): Promise<unknown> {
  const body = `const $ = require; done({ x: ${expression} })`
  return (await runScript(sandbox, { body, isLegacy })).value?.['x']
}

const hmac = (algorithm: string, encoding: 'hex' | 'base64') =>
  createHmac(algorithm, 'key').update('tëxt').digest(encoding)

describe.each<[string, [expression: string, value: unknown][]]>([
  [
    'CE',
    [
      ['CE.b64("tëxt")', 'dMOreHQ='],
      ['CE.decode64("dMOreHQ=")', 'tëxt'],
      ['CE.md5("tëxt")', createHash('md5').update('tëxt').digest('hex')],
      ['CE.hmacSha1Hex("key", "tëxt")', hmac('sha1', 'hex')],
      ['CE.hmacSha1Base64("key", "tëxt")', hmac('sha1', 'base64')],
      ['CE.hmacSha256Hex("key", "tëxt")', hmac('sha256', 'hex')],
      ['CE.hmacSha256Base64("key", "tëxt")', hmac('sha256', 'base64')],
      ['CE.hmacSha256base64("key", "tëxt")', hmac('sha256', 'base64')],
      ['CE.hmacMd5Hex("key", "tëxt")', hmac('md5', 'hex')],
      ['CE.hmacMd5Base64("key", "tëxt")', hmac('md5', 'base64')],
      ['CE.hmac("sha512")("hex")("key", "tëxt")', hmac('sha512', 'hex')],
      ['CE.hmac("sha256")("base64")("key", "tëxt")', hmac('sha256', 'base64')],
      ['CE.currencyCode("United States")', 'USD'],
      ['CE.currencySymbol("EUR")', '€'],
      ['CE.iso2CountryCode("france")', 'FR'],
      ['CE.iso3CountryCode("MEXICO")', 'MEX'],
      ['CE.iso3CountryCode("Czech Republic")', 'CZE'],
      ['typeof CE.iso2CountryCode("Atlantis")', 'undefined'],
      ['/^[a-z0-9]{10}$/.test(CE.randomString())', true],
      ['/^[a-z0-9]+@example.com$/.test(CE.randomEmail())', true],
    ],
  ],
  [
    'lodash',
    [
      ['$("lodash").isEmpty({})', true],
      ['$("lodash").differenceWith([1, 2], [2], (a, b) => a === b)', [1]],
      ['$("lodash").floor($("lodash").now() / 1000) > 1700000000', true],
      ['$("lodash/fp").map((x) => x + 1)([1])', [2]],
      ['$("lodash/fp").flow($("lodash/fp").get("a.b"), String)({ a: { b: 1 } })', '1'],
      ['$("lodash/get")({ a: 1 }, "a")', 1],
      ['$("lodash") === $("lodash")', true],
    ],
  ],
  [
    'moment',
    [
      ['$("moment")(0).utc().format("YYYY-MM-DD HH:mm")', '1970-01-01 00:00'],
      ['$("moment").utc("2024-02-28").add(2, "days").toISOString()', '2024-03-01T00:00:00.000Z'],
      ['$("moment")("01/02/2024", "DD/MM/YYYY").month()', 1],
    ],
  ],
  [
    'xml2js',
    [
      [
        '(() => { let r; $("xml2js").parseString("<a b=\'1\'><c>2</c></a>", (_, v) => { r = v }); return r })()',
        { a: { $: { b: '1' }, c: ['2'] } },
      ],
      [
        'new ($("xml2js").Builder)({ headless: true, renderOpts: { pretty: false } }).buildObject({ a: { b: 1 } })',
        '<a><b>1</b></a>',
      ],
    ],
  ],
  [
    'bytes and texts',
    [
      ['btoa("a\\xff")', 'Yf8='],
      ['atob("Yf8=")', 'aÿ'],
      ['Buffer.from("tëxt €😀").toString("hex")', '74c3ab787420e282acf09f9880'],
      ['Buffer.from("74c3ab787420e282acf09f9880", "hex").toString()', 'tëxt €😀'],
      ['Buffer.from([0xff, 0x41, 0xe2, 0x82]).toString()', '�A�'],
      ['Buffer.from("_-8", "base64url").toString("base64")', '/+8='],
      ['Buffer.from("++8=", "base64").toString("base64url")', '--8'],
      ['Buffer.concat([Buffer.from("a"), Buffer.from("b")]).toString()', 'ab'],
      ['"" + Buffer.from("ab")', 'ab'],
      ['new Buffer("ab").length + Buffer("ab").length', 4],
      ['Buffer.from("abc").slice(1).toString("latin1")', 'bc'],
      ['Buffer.byteLength("€")', 3],
      ['Buffer.isBuffer(Buffer.from("a")) && !Buffer.isBuffer(new Uint8Array(1))', true],
      ['(() => { const b = Buffer.alloc(4); b.writeUInt32BE(258); return [b[2], b.readUInt16LE(2)] })()', [1, 513]],
      ['JSON.stringify(Buffer.from("a"))', '{"type":"Buffer","data":[97]}'],
      ['Buffer.from(JSON.parse(JSON.stringify(Buffer.from("a")))).toString()', 'a'],
      ['Buffer.from("abcabc").indexOf("ca")', 2],
      ['$("buffer").Buffer === Buffer', true],
      ['Array.from(new TextEncoder().encode("ë"))', [0xc3, 0xab]],
      ['new TextDecoder().decode(new Uint8Array([0xc3, 0xab]))', 'ë'],
      ['encodeURIComponent("a b&ü")', 'a%20b%26%C3%BC'],
    ],
  ],
  [
    'crypto',
    [
      [
        '$("crypto").createHash("sha256").update("te").update("xt").digest("hex")',
        '982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1',
      ],
      ['$("crypto").createHmac("sha256", "key").update("tëxt", "utf8").digest("base64")', hmac('sha256', 'base64')],
      [
        '$("crypto").createHmac("sha256", Buffer.from("key")).update(Buffer.from("tëxt")).digest().toString("hex")',
        hmac('sha256', 'hex'),
      ],
      ['$("crypto").randomBytes(8).length', 8],
      ['/^[0-9a-f-]{36}$/.test($("crypto").randomUUID())', true],
      ['$("crypto").timingSafeEqual(Buffer.from("a"), Buffer.from("a"))', true],
      ['$("crypto").randomInt(5, 6)', 5],
    ],
  ],
  [
    'addresses',
    [
      ['new URL("../c?d=1#e", "https://u:p@host:8443/a/b").href', 'https://u:p@host:8443/c?d=1#e'],
      [
        '(({ protocol, host, port, pathname, search, hash, origin }) => [protocol, host, port, pathname, search, hash, origin])(new URL("https://h:8443/a?b=c#d"))',
        ['https:', 'h:8443', '8443', '/a', '?b=c', '#d', 'https://h:8443'],
      ],
      [
        '(() => { const u = new URL("https://h/?a=1"); u.searchParams.append("b", "ü y"); u.pathname = "/z"; return String(u) })()',
        'https://h/z?a=1&b=%C3%BC+y',
      ],
      ['JSON.stringify({ u: new URL("https://h") })', '{"u":"https://h/"}'],
      ['new URLSearchParams({ a: 1, b: "x&y" }).toString()', 'a=1&b=x%26y'],
      [
        '[...new URLSearchParams("?a=1&a=2&b=%zz+c")]',
        [
          ['a', '1'],
          ['a', '2'],
          ['b', '%zz c'],
        ],
      ],
      ['$("querystring").stringify({ a: [1, 2], b: "ü" })', 'a=1&a=2&b=%C3%BC'],
      ['$("querystring").parse("a=1&a=2&b=x+y")', { a: ['1', '2'], b: 'x y' }],
      ['$("url").parse("https://h:1/a?b=c").pathname', '/a'],
      ['$("url").parse("https://h/a?b=c", true).query', { b: 'c' }],
      ['$("url").resolve("https://h/a/b", "../c")', 'https://h/c'],
      ['$("url").format({ protocol: "https", host: "h", pathname: "/a" })', 'https://h/a'],
    ],
  ],
  [
    'util, events, timers',
    [
      ['$("util").format("%s has %d: %j", "a", 2, { b: 1 }, "more")', 'a has 2: {"b":1} more'],
      ['$("util").inspect({ a: [1, "b"] })', "{ a: [ 1, 'b' ] }"],
      ['$("util").isDeepStrictEqual({ a: [1] }, { a: [1] })', true],
      ['$("node:util").isArray([])', true],
      [
        '(() => { const E = $("events"); const e = new E(); const seen = []; e.once("a", (x) => seen.push(x)); e.emit("a", 1); e.emit("a", 2); return seen })()',
        [1],
      ],
      [
        '(() => { const E = $("events"); function T() { E.call(this) } $("util").inherits(T, E); return new T() instanceof E.EventEmitter })()',
        true,
      ],
      ['typeof $("timers").setImmediate', 'function'],
      ['global === globalThis', true],
    ],
  ],
])('%s', (_name, table) => {
  test.each(table)('%s', async (expression, expected) => {
    expect(await resultOf(expression)).toEqual(expected)
  })
})

describe('legacy scripts', () => {
  test.each<[string, unknown]>([
    [
      '(() => { const l = getArray(); l.add("a"); l.add({ b: 1 }); return [l, l.size(), l.get(0)] })()',
      [['a', { b: 1 }], 2, 'a'],
    ],
    ['Java.from(getArray([1, 2]))', [1, 2]],
    ['Java.type("org.joda.time.format.ISODateTimeFormat").dateTime().print(0)', '1970-01-01T00:00:00.000Z'],
    [
      'Java.type("org.joda.time.format.ISODateTimeFormat").dateTimeParser().parseDateTime("2024-05-01T10:00:00Z").getMillis()',
      1714557600000,
    ],
    [
      'Java.type("org.joda.time.format.ISODateTimeFormat").dateTimeNoMillis().withZoneUTC().print(new Date(0))',
      '1970-01-01T00:00:00Z',
    ],
    ['new (Java.type("java.util.ArrayList"))()', []],
    [
      '(() => { const m = new (Java.type("java.util.HashMap"))(); m.put("a", 1); return [m, m.get("b")] })()',
      [{ a: 1 }, null],
    ],
  ])('%s', async (expression, expected) => {
    expect(await resultOf(expression, true)).toEqual(expected)
  })

  test('Java is not there for others', async () => {
    expect(await resultOf('[typeof Java, typeof getArray]')).toEqual(['undefined', 'undefined'])
  })
})

test.each(['fs', 'child_process', 'isolated-vm', '../secret', 'lodash/nothing', 'constructor', '__proto__'])(
  'require("%s") says what there is',
  async (name) => {
    const { message } = await failureOf(runScript(sandbox, { body: `require(${JSON.stringify(name)})` }))
    expect(message).toBe(
      `hook: Error: Cannot find module '${name}'; a script may require axios, buffer, crypto, events, http, https, lodash, ` +
        'lodash/fp, moment, querystring, request, timers, url, util, xml2js',
    )
  },
)

test('a changed library is whole again in the next script', async () => {
  await runScript(sandbox, {
    body: 'require("lodash").map = null; require("util").format = null; CE.b64 = null; done()',
  })
  expect(await resultOf('[typeof $("lodash").map, typeof $("util").format, typeof CE.b64]')).toEqual([
    'function',
    'function',
    'function',
  ])
})

test('notify.email is a line of the console', async () => {
  const { console } = await runScript(sandbox, { body: 'notify.email("a@example.com", "Hello", "text"); done()' })
  expect(console).toEqual(['notify.email is not sent: to a@example.com, "Hello"'])
})

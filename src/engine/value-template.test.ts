// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates of the element format
import { expect, test } from 'vitest'
import { compileValueTemplate } from './value-template.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const configuration = {
  username: 'ada',
  password: 'p)a{s}$s',
  token: 't-1',
  'oauth.api.key': 'key',
  'x-applicationkey': 'app',
  tricky: 'CE.b64(${configuration.token}) ${token}',
  empty: null,
}

for (const [name, template, expected] of [
  ['literal text', 'application/json', 'application/json'],
  ['nothing', '', ''],
  ['a configuration value', '${configuration.token}', 't-1'],
  ['in the middle of text', 'Token ${configuration.token}!', 'Token t-1!'],
  ['a dotted key', '${configuration.oauth.api.key}', 'key'],
  ['a key with dashes', '${configuration.x-applicationkey}', 'app'],
  ['without the prefix', '${token}', 't-1'],
  ['a missing key is empty', 'a${configuration.nothing}b', 'ab'],
  ['a key without value is empty', 'a${configuration.empty}b', 'ab'],
  ['base64', 'CE.b64(abc)', base64('abc')],
  [
    'base64 after the inner substitution, in the middle of text',
    'Basic CE.b64(${configuration.username}:${configuration.token})',
    `Basic ${base64('ada:t-1')}`,
  ],
  ['a value with a parenthesis does not end it', 'CE.b64(${configuration.password}:x)!', `${base64('p)a{s}$s:x')}!`],
  ['a value is not a template', '${configuration.tricky}', 'CE.b64(${configuration.token}) ${token}'],
  ['nor within base64', 'CE.b64(${configuration.tricky})', base64('CE.b64(${configuration.token}) ${token}')],
  ['balanced parentheses belong to the text', 'CE.b64(f(x))g', `${base64('f(x)')}g`],
  ['base64 of base64', 'CE.b64(CE.b64(${configuration.token}))', base64(base64('t-1'))],
  ['two of them', 'CE.b64(a)-CE.b64(b)', `${base64('a')}-${base64('b')}`],
  ['text after a nested one is read', 'CE.b64(${configuration.token})${configuration.username}', `${base64('t-1')}ada`],
  ['beyond ASCII', 'CE.b64(Zoë)', base64('Zoë')],
  ['decoding', 'CE.decode64(YWJj)', 'abc'],
  ['an unknown helper stays as it is', 'CE.rot13(abc)', 'CE.rot13(abc)'],
  ['an unclosed one stays as it is', 'CE.b64(abc', 'CE.b64(abc'],
  ['a closed one in an unclosed one', 'CE.b64(CE.b64(abc)', `CE.b64(${base64('abc')}`],
  ['MD5', 'CE.md5(${configuration.username})', '8c8d357b5e872bbacd45197626bd5759'],
  ['MD5 of base64', 'CE.md5(CE.b64(ada))', 'e9e995e0d75a4cec470094f338fbba91'],
  ['a helper with two arguments stays as it is', 'CE.hmacSha1Hex(a, b)', 'CE.hmacSha1Hex(a, b)'],
  ['a helper with chance in it stays as it is', 'CE.randomString(8)', 'CE.randomString(8)'],
  ['a token is left for others', '{"id": "{id}"}', '{"id": "{id}"}'],
  ['a name of every object is no helper', 'CE.constructor(abc)', 'CE.constructor(abc)'],
] as const) {
  test(name, () => {
    const compiled = compileValueTemplate(template)
    expect(compiled(configuration)).toBe(expected)
    expect(compiled(configuration)).toBe(expected)
  })
}

for (const [name, template] of [
  ['nested', `${'CE.b64('.repeat(100_000)}x${')'.repeat(100_000)}`],
  ['unclosed', 'CE.b64('.repeat(100_000)],
  ['side by side', 'CE.b64(x)${configuration.token}'.repeat(50_000)],
] as const)
  test(`a hundred thousand helpers, ${name}, are read at once`, () => {
    const start = performance.now()
    compileValueTemplate(template)(configuration)
    expect(performance.now() - start).toBeLessThan(5000)
  })

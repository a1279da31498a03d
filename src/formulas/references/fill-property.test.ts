import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runningStep, testStepCall } from '../../../test/support/formula-steps.ts'
import { startTestSandbox } from '../../../test/support/sandbox.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { FormulaLimits } from '../context.ts'
import { fillProperty } from './fill-property.ts'

let sandbox: Sandbox
beforeAll(() => {
  sandbox = startTestSandbox()
})
afterAll(() => sandbox.close())

const scope = {
  config: {
    crm: '48902',
    'crm.source': '7',
    blank: ' ',
    flag: 'false',
    list: '[1,2]',
    headers: '{"a":"1"}',
    object: 'leads',
  },
  steps: {
    get: { response: { code: 200, body: [{ id: 1 }] } },
    text: 'say "hi"\n',
    build: { query: { where: 'x' }, nothing: null, ids: [1, 2], byOwner: { a: 1, b: 2 } },
    'delete-path': { id: 3 },
  },
  trigger: { event: { objectId: '003A' }, args: {} },
  info: { formulaId: 4711 },
  types: { get: 'elementRequest', build: 'script', looper: 'loop', 'delete-path': 'script', text: 'script' },
}

type Row = [property: string, written: unknown, value: unknown]
const filled = (name: string, written: unknown, engine: 'v1' | 'v3' = 'v3') =>
  fillProperty(runningStep(sandbox), testStepCall({ scope, properties: { [name]: written }, engine }), name)

describe('one reference keeps its type, anything else is text (spec 31 §2.4)', () => {
  test.each<Row>([
    ['body', '${steps.get.response.body}', [{ id: 1 }]],
    ['body', '  ${ steps.get.response.code } ', 200],
    ['body', '${steps.text}', 'say "hi"\n'],
    ['body', '${steps.build.nothing}', null],
    ['body', 'plain', 'plain'],
    ['body', '  ', undefined],
    ['body', '', undefined],
    ['body', undefined, undefined],
    ['body', '${steps.none.at.all}', undefined],
    ['api', '/x/${config.crm.source}/${trigger.event.objectId}', '/x/7/003A'],
    ['api', '/x/${steps.none.id}/y', '/x//y'],
    ['api', '/x/${steps.build.nothing}', '/x/'],
    ['api', 'q=${steps.build.query}', 'q={"where":"x"}'],
    ['api', '$config.crm and {id}', '$config.crm and {id}'],
    ['api', '${never closed', '${never closed'],
    ['retryAttempts', 3, 3],
    ['retry', true, true],
    [
      'body',
      { a: '${steps.build.ids}', b: ['x-${config.crm}'], c: 1, d: '${steps.none}' },
      { a: [1, 2], b: ['x-48902'], c: 1 },
    ],
    ['constructor', undefined, undefined],
  ])('%s: %j', async (name, written, value) => expect(await filled(name, written)).toEqual(value))

  test('a property that only every object has is not set', async () => {
    const call = testStepCall({ scope, properties: {} })
    expect(await fillProperty(runningStep(sandbox), call, 'constructor')).toBeUndefined()
  })

  test('an object is the very object of the context', async () => {
    expect(await filled('list', '${steps.build.ids}')).toBe(scope.steps.build.ids)
  })
})

describe('a text that holds JSON is an object where one is expected', () => {
  test.each<Row>([
    ['list', '${config.list}', [1, 2]],
    ['headers', '${config.headers}', { a: '1' }],
    ['query', '{"where": "x"}', { where: 'x' }],
    ['query', '${config.blank}', undefined],
    ['query', '{"where": "${steps.text}", "n": ${steps.get.response.code}}', '{"where": "say "hi"\n", "n": 200}'],
    [
      'query',
      '{"where": "name=${steps.text}", "id": "${steps.get.response.code}"}',
      { where: 'name=say "hi"\n', id: '200' },
    ],
    ['query', '{"ids": ${steps.build.ids}}', { ids: [1, 2] }],
    ['query', 'no json', 'no json'],
    ['path', '{entry}', '{entry}'],
    ['body', '${config.list}', '[1,2]'],
    [
      'body',
      '{"a": "${steps.text}", "big": 12345678901234567890}',
      '{"a": "say \\"hi\\"\\n", "big": 12345678901234567890}',
    ],
    ['api', '{"a":1}', '{"a":1}'],
  ])('%s: %s', async (name, written, value) => expect(await filled(name, written)).toEqual(value))
})

describe('what is no path is JavaScript', () => {
  test.each<Row>([
    ['list', '${ Object.values(steps.build.byOwner) }', [1, 2]],
    ['body', '${ steps.build.ids.map((id) => ({ id })) }', [{ id: 1 }, { id: 2 }]],
    ['api', '/x/${ steps.get.response.code + 1 }', '/x/201'],
    ['body', "${ config['object'].toUpperCase() }", 'LEADS'],
    ['body', '${ steps.none.length + 1 }', undefined],
    ['body', '${ 1 + }', undefined],
    ['body', '${ steps.build.ids.push(3) }', 3],
    ['body', '${ (() => { throw 1 })() }', undefined],
  ])('%s: %s', async (name, written, value) => expect(await filled(name, written)).toEqual(value))

  test('it changes nothing', () => expect(scope.steps.build.ids).toEqual([1, 2]))
})

describe('older formulas write references without braces (spec 31 §2.5)', () => {
  test.each<[...Row, engine: 'v1' | 'v3']>([
    ['list', 'steps.build.ids', [1, 2], 'v3'],
    ['elementInstanceId', 'config.crm', '48902', 'v3'],
    ['body', 'trigger.event', { objectId: '003A' }, 'v3'],
    ['list', 'build.ids', [1, 2], 'v1'],
    ['elementInstanceId', 'crm.source', '7', 'v1'],
    ['path', 'trigger.event', { objectId: '003A' }, 'v1'],
    ['path', 'looper', undefined, 'v1'],
    ['list', 'steps.looper.entry.ids', undefined, 'v3'],
    ['list', 'delete-path.id', 3, 'v1'],
    ['body', '${build.ids}', [1, 2], 'v1'],
    // texts
    ['list', 'build.ids', 'build.ids', 'v3'],
    ['body', 'steps.unknown.x', 'steps.unknown.x', 'v3'],
    ['body', 'build something', 'build something', 'v1'],
    ['body', 'building', 'building', 'v1'],
    ['body', 'config', 'config', 'v1'],
    ['api', 'steps.build.ids', 'steps.build.ids', 'v1'],
    ['method', 'get', 'get', 'v1'],
  ])('%s: %s is %j in %s', async (name, written, value, engine) => {
    expect(await filled(name, written, engine)).toEqual(value)
  })
})

test('who fills may write what is put into a text', async () => {
  const call = testStepCall({
    scope,
    properties: { api: "/x?where=a='${config.object}'&b=${config.flag}", body: '${config.crm}' },
  })
  const seen: string[] = []
  const write = (value: string, before: string) => {
    seen.push(before)
    return `<${value}>`
  }
  expect(await fillProperty(runningStep(sandbox), call, 'api', write)).toBe("/x?where=a='<leads>'&b=<false>")
  expect(seen).toEqual(["/x?where=a='", "/x?where=a='<leads>'&b="])
  expect(await fillProperty(runningStep(sandbox), call, 'body', write)).toBe('48902')
})

test('text without a reference is itself, and any value comes back as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.jsonValue(), async (text, value) => {
      const plain = text.replaceAll('${', '')
      const call = testStepCall({
        scope: { ...scope, steps: { x: { value } }, types: { x: 'script' } },
        properties: { url: plain, body: '${steps.x.value}', method: `a${'${steps.x.value}'}b` },
      })
      const fill = (name: string) => fillProperty(runningStep(sandbox), call, name)
      expect(await fill('url')).toBe(plain.trim() === '' ? undefined : plain)
      expect(await fill('body')).toBe(value)
      const inText = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
      expect(await fill('method')).toBe(`a${inText}b`)
    }),
  )
})

describe('a property that is filled from large values', () => {
  const big = { text: JSON.stringify({ a: 'x', rest: 'y'.repeat(2_000_000) }) }
  const filling = (body: unknown) => {
    const call = testStepCall({ scope: { ...scope, steps: { big }, types: { big: 'script' } }, properties: { body } })
    const context = { ...runningStep(sandbox), limits: { contextBytes: 20_000_000 } as FormulaLimits }
    return fillProperty(context, call, 'body')
  }

  test('reads a text that many references look into once', async () => {
    const began = performance.now()
    expect(await filling('${steps.big.text.a}'.repeat(5_000))).toBe('x'.repeat(5_000))
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  test.each([
    ['text', '-${steps.big.text}'.repeat(100)],
    ['a list of one object', Array.from({ length: 100 }, () => '${steps.big}')],
    ['a list of texts', Array.from({ length: 100 }, () => '-${steps.big}')],
    ['JSON text', JSON.stringify(Array.from({ length: 100 }, () => '${steps.big}'))],
  ])('is no larger than an execution: %s', async (_what, body) => {
    await expect(filling(body)).rejects.toThrow(
      'body: with the values of its references it has more than 20000000 characters',
    )
  })

  test('has no more references than anybody writes', async () => {
    await expect(filling('${steps.none}'.repeat(10_001))).rejects.toThrow('body: it has more than 10000 references')
  })
})

test('the signal of the step ends an expression', async () => {
  const reason = new Error('cancelled')
  const call = testStepCall({
    scope,
    properties: { body: '${ (() => { for (;;); })() }' },
    signal: AbortSignal.abort(reason),
  })
  await expect(fillProperty(runningStep(sandbox), call, 'body')).rejects.toBe(reason)
})

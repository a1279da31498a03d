import { expect, test } from 'vitest'
import { callOf, elementOf, resource, runCall } from '../../test/support/engine.ts'
import type { ScriptResult } from '../sandbox/sandbox.ts'
import { parseJson } from './parse-json.ts'

const deep = '['.repeat(20_000) + ']'.repeat(20_000)

for (const [name, text, expected] of [
  ['a value', '{"a":[1]}', { a: [1] }],
  ['null is a value', 'null', null],
  ['what is no JSON', '<a/>', undefined],
  ['what would end the stack of every walk', deep, undefined],
] as const)
  test(name, () => {
    expect(parseJson(text)).toEqual(expected)
  })

test('text of a hook that nests too deep stays text, and no call ends in an internal error', async () => {
  const element = elementOf({
    hooks: [{ type: 'preRequest', body: 'done()' }],
    resources: [resource('POST', '/x', { hooks: [{ type: 'preRequest', body: 'done({}, request_vendor_body_map)' }] })],
  })
  const seen: unknown[] = []
  const runScript = async ({ variables }: { variables: Readonly<Record<string, unknown>> }): Promise<ScriptResult> => {
    seen.push(variables['request_vendor_body_map'])
    const value = { continue: false, request_vendor_body: deep, response_body: deep }
    return { value, returnedAsGiven: [], console: [] }
  }
  const { reply } = await runCall(element, callOf('POST /x'), [], { ports: { runScript } })
  expect(reply.body).toBe(deep)
  expect(seen).toEqual([undefined, deep])
})

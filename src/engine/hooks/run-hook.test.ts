import { expect, test } from 'vitest'
import { callOf, elementOf, failureOf, resource, row, runCall } from '../../../test/support/engine.ts'
import { ValenceError } from '../../errors.ts'
import { ScriptFailure } from '../../sandbox/sandbox.ts'

const element = elementOf({
  configuration: [row('base.url', 'https://v.test'), row('key', undefined, { type: 'PASSWORD' })],
  resources: [resource('GET', '/x', { hooks: [{ type: 'preRequest', body: 'done()' }] })],
})
const configuration = { key: 'key-of-the-customer' }

test('what a script printed before it failed is kept, without secrets, and its exception too', async () => {
  const cause = new ScriptFailure('no', ['about to use key-of-the-customer'])
  const runScript = () =>
    Promise.reject(new ValenceError('SCRIPT_FAILED', 'hook: key-of-the-customer is bad', { cause }))
  const { error, run } = await failureOf(
    runCall(element, callOf('GET /x'), [], { configuration, ports: { runScript } }),
  )
  expect(error).toMatchObject({ code: 'SCRIPT_FAILED', status: 500, message: 'hook: ******** is bad' })
  expect(run.printed).toEqual(['about to use ********'])
  expect(run.requests).toEqual([])
})

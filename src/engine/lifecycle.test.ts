import { describe, expect, test } from 'vitest'
import { answer, elementOf, failureOf, resource, runType } from '../../test/support/engine.ts'
import type { Resource } from '../model/element.ts'

const element = (parts: Partial<Resource>) =>
  elementOf({ resources: [resource('GET', '/begin', { type: 'onProvision', ...parts })] })

describe('resources that run at provisioning and the like (spec 11 §4.3)', () => {
  test('an answer that no hook looked into is a value', async () => {
    const { body } = await runType(element({}), 'onProvision', [answer(200, { url: 'https://v.test/consent' })])
    expect(body).toEqual({ url: 'https://v.test/consent' })
  })

  test('a file is read by nobody: its connection is given back', async () => {
    const file = answer(200, 'gif', { 'content-type': 'image/gif' })
    const { body } = await runType(element({}), 'onProvision', [file])
    expect([body, file.body.destroyed]).toEqual([undefined, true])
  })

  test('a chain longer than five is refused before the first call (spec 11 §4.5)', async () => {
    const { error, run } = await failureOf(runType(element({ nextResource: 'GET:/begin' }), 'onProvision', []))
    expect([error.code, error.status, run.requests]).toEqual(['CHAIN_TOO_LONG', 400, []])
  })
})

import type { LookupFunction } from 'node:net'
import { expect, test } from 'vitest'
import { createEgressPolicy } from './egress-policy.ts'
import { guardedLookup } from './guarded-lookup.ts'

/** A name server that says of every name the same. */
const says =
  (...addresses: string[]): LookupFunction =>
  (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    )

function resolved(lookup: LookupFunction, all: boolean): Promise<unknown> {
  return new Promise((resolve, reject) =>
    lookup('broker.test', { all }, (error, address) => (error ? reject(error) : resolve(address))),
  )
}

const lookupFor =
  (addresses: string[], allow: string[] = []) =>
  (hostname: string, port: number) =>
    guardedLookup(createEgressPolicy(allow), says(...addresses), hostname, port)

test('a connection goes to the public addresses that were judged', async () => {
  const lookup = lookupFor(['93.184.216.34'])('broker.test', 5672)
  expect(await resolved(lookup, true)).toEqual([{ address: '93.184.216.34', family: 4 }])
  expect(await resolved(lookup, false)).toBe('93.184.216.34')
})

test('a name that leads to a private address is refused when it is resolved', async () => {
  const lookup = lookupFor(['93.184.216.34', '10.0.0.7'])('broker.test', 5672)
  await expect(resolved(lookup, true)).rejects.toMatchObject({ code: 'EGRESS_REFUSED' })
})

for (const host of ['127.0.0.1', '[::1]', '169.254.169.254', 'localhost', 'broker.internal'])
  test(`${host} is refused at once`, () => {
    expect(() => lookupFor([])(host, 5672)).toThrow(expect.objectContaining({ code: 'EGRESS_REFUSED' }))
  })

test('what is allowed is, on its port', () => {
  const open = lookupFor([], ['127.0.0.1:5672'])
  expect(open('127.0.0.1', 5672)).toBeTypeOf('function')
  expect(() => open('127.0.0.1', 5671)).toThrow('add 127.0.0.1:5671 to VALENCE_EGRESS_ALLOW')
})

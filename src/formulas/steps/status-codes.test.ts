import { expect, test } from 'vitest'
import { readStatusCodes } from './status-codes.ts'

test.each([
  ['200,201', [200, 201], [202, 199]],
  ['401-405,500', [401, 403, 405, 500], [400, 406, 501]],
  [' 200 - 205 , 208 ', [200, 205, 208], [206]],
])('%s', (text, inside, outside) => {
  const isListed = readStatusCodes(text, 'retryStatusCodes')
  expect(inside.map((status) => isListed?.(status))).toEqual(inside.map(() => true))
  expect(outside.map((status) => isListed?.(status))).toEqual(outside.map(() => false))
})

test.each(['', '  '])('"%s" sets nothing', (text) => expect(readStatusCodes(text, 'x')).toBeUndefined())

test.each(['401-,400', 'abc', '20', '2000', '405-401', '200;201', '200,,201'])('%s is refused by name', (text) => {
  expect(() => readStatusCodes(text, 'retryStatusCodes')).toThrow(
    expect.objectContaining({ code: 'PARAMETER_INVALID', message: expect.stringContaining('retryStatusCodes') }),
  )
})

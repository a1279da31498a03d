import { describe, expect, test } from 'vitest'
import { parseField } from './field-shorthand.ts'

const plain = { readonly: false, required: false, createOnly: false }

describe('a field in one line', () => {
  for (const [shorthand, expected] of [
    ['string', { ...plain, schema: { type: 'string' } }],
    [
      'integer key readonly',
      { ...plain, readonly: true, schema: { type: 'integer', format: 'int64', 'x-primary-key': true, readOnly: true } },
    ],
    [
      'date-time readonly',
      { ...plain, readonly: true, schema: { type: 'string', format: 'date-time', readOnly: true } },
    ],
    [
      'string(lead, contact) required',
      { ...plain, required: true, schema: { type: 'string', enum: ['lead', 'contact'] } },
    ],
    ['boolean create-only', { ...plain, createOnly: true, schema: { type: 'boolean' } }],
    ['[string]', { ...plain, schema: { type: 'array', items: { type: 'string' } } }],
    ['address', { ...plain, model: 'address', schema: { type: 'address' } }],
    [
      '[price] required',
      { ...plain, required: true, model: 'price', schema: { type: 'array', items: { type: 'price' } } },
    ],
  ] as const) {
    test(shorthand, () => expect(parseField(shorthand)).toEqual(expected))
  }

  for (const wrong of ['', '[string', 'string]', 'string optional', 'string()x', '12']) {
    test(`"${wrong}" is refused`, () => expect(parseField(wrong)).toHaveProperty('problem'))
  }
})

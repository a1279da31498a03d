import { expect, test } from 'vitest'
import { modelChoiceOf } from './model-choice.ts'

const call = (model?: string) => ({
  method: 'GET',
  path: '/contacts',
  query: {},
  body: undefined,
  headers: model === undefined ? {} : { 'elements-model': model },
})
const canonical = { isCanonical: true, isRaw: false }
const vendor = { isCanonical: false, isRaw: false }

test.each([
  [undefined, false, vendor],
  [undefined, true, canonical],
  ['canonical', false, canonical],
  [' Canonical ', false, canonical],
  ['canonical; raw', false, { isCanonical: true, isRaw: true }],
  ['vendor', true, vendor],
  ['', true, vendor],
])('%j of an account that prefers the model (%s)', (header, prefersHubModel, choice) => {
  expect(modelChoiceOf({ prefersHubModel }, call(header))).toEqual(choice)
})

test.each(['canon', 'canonical; row', 'vendor; raw', 'raw'])('%j is refused', (header) => {
  expect(() => modelChoiceOf({ prefersHubModel: false }, call(header))).toThrow(
    `Elements-Model: expected "canonical", "canonical; raw" or "vendor", got "${header}"`,
  )
})

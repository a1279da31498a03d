import { expect, test } from 'vitest'
import { requestUrlOf } from './request-url.ts'

test('parameters without a name are none', () => {
  const namesOf = (url: unknown) => requestUrlOf(url, new Map())?.query.map(({ name }) => name)
  expect(namesOf('https://api.garden.example/plants?=red&page=2&&')).toEqual(['page'])
  expect(namesOf({ raw: 'https://api.garden.example/plants', query: [{ key: '' }, { key: 'page' }] })).toEqual(['page'])
})

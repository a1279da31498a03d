import { expect, test } from 'vitest'
import { createDocuments } from './documents.ts'
import type { Api } from './swagger.ts'

const apiOf = (title: string, text = ''): Api => ({
  info: { title, text },
  tags: [],
  paths: {},
  definitions: {},
  repairs: [],
})

/** Counts what was made. */
function maker(text = '') {
  const made: string[] = []
  const make = (title: string) =>
    function* (): Generator<void, Api> {
      made.push(title)
      yield
      return apiOf(title, text)
    }
  return { made, make }
}

test('is made once under its key, also for those who ask meanwhile', async () => {
  const { made, make } = maker()
  const documents = createDocuments()
  const [first, second] = await Promise.all([documents.of('a', make('a')), documents.of('a', make('a'))])
  expect(await documents.of('a', make('a'))).toBe(first)
  expect(second).toBe(first)
  expect(await first.text('openapi31')).toBe(await first.text('openapi31'))
  expect((await first.text('swagger')).rest.toString()).toContain('"title":"a"')
  expect(made).toEqual(['a'])
})

test('the one that nobody asked for longest goes first when there are too many bytes', async () => {
  const { made, make } = maker('x'.repeat(1_000))
  const documents = createDocuments({ maxBytes: 28_000 })
  for (const key of ['a', 'b', 'a', 'c', 'd', 'a', 'b']) await documents.of(key, make(key))
  expect(made).toEqual(['a', 'b', 'c', 'd', 'b'])
})

test('a failure is not kept', async () => {
  const documents = createDocuments()
  const fail = () => Promise.reject(new Error('no element'))
  await expect(documents.of('a', fail)).rejects.toThrow('no element')
  expect((await documents.of('a', maker().make('a'))).api.info['title']).toBe('a')
})

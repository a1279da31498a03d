import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/**
 * Definitions and transformations of the original service, uploaded by the classic endpoints as its command line tool did (spec 20 §7): PUT, and
 * POST where there is nothing yet. Foreign data: `VALENCE_TEST_EXPORTS` names the folder.
 */
const folder = process.env['VALENCE_TEST_EXPORTS']
let hub: TestHub
beforeAll(async () => {
  hub = await startTestHub()
})
afterAll(() => hub.close())

const read = (name: string) => JSON.parse(readFileSync(join(folder ?? '', 'vdrs', name), 'utf8'))

async function upsert(path: string, body: unknown) {
  const put = await hub.call('PUT', path, { body })
  if (put.status === 200) return put.body
  expect(expectError(put, 404).body.message).toMatch(/^No (.*) found$/)
  return expectOk(await hub.call('POST', path, { body })).body
}

type Entry = Record<string, unknown>
const without = (entries: Entry[], ...names: string[]) =>
  entries.map((entry) => Object.fromEntries(Object.entries(entry).filter(([name]) => !names.includes(name))))

describe.skipIf(!folder)('given exports', () => {
  for (const file of ['my-contacts.json', 'myContacts.json']) {
    test(`${file}: what is uploaded is what is read, twice`, async () => {
      const { vdrName, definition, transformation } = read(file)
      const url = `/organizations/objects/${vdrName}/definitions`
      for (const _ of [1, 2]) {
        const stored = await upsert(url, definition)
        expect(without(stored.fields, 'id', 'associatedId')).toEqual(definition.fields)
        for (const [key, given] of Object.entries(transformation) as [string, Entry][]) {
          const path = `/organizations/elements/${key}/transformations/${vdrName}`
          await upsert(path, given)
          const { body } = expectOk(await hub.call('GET', path))
          expect(body).toMatchObject({ objectName: vdrName, elementKey: key, vendorName: given['vendorName'] })
          expect(without(body.fields, 'id', 'associatedId')).toEqual(given['fields'])
          expect(without(body.configuration, 'level', 'associatedId')).toEqual(
            without(given['configuration'] as Entry[], 'level', 'associatedId'),
          )
          const scripts = [given['script'], ...((given['scripts'] as Entry[]) ?? [])] as Entry[]
          expect(body.script?.body).toBe(scripts.find((script) => script?.['body'])?.['body'])
        }
      }
    })
  }

  test('the older layout, whose transformation is a file of its own', async () => {
    const definition = read('my-contacts.objectDefinition.json')
    const transformation = read('my-contacts.sfdc.transformation.json')
    await upsert(`/accounts/objects/${definition.objectName}/definitions`, definition)
    const path = `/accounts/elements/${transformation.elementKey}/transformations/${definition.objectName}`
    const stored = await upsert(path, transformation)
    expect(stored.level).toBe('account')
    // the level inherits: of the organization's lines, those that it has itself are its own
    expect(new Set(stored.fields.map(({ level }: Entry) => level))).toEqual(new Set(['account']))
    expect(stored.fields).toHaveLength(transformation.fields.length)
  })
})

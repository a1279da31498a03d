import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { exportVdrFiles, importVdrFiles } from '../../../src/cli/vdrs.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People, type Person } from '../../support/people.ts'

/** `valence vdrs export` and `import`: common resources as files that people edit and keep (spec 20 §7). */
let hub: TestHub
let people: People
let from: Person
let to: Person
let folder: string
const said: string[] = []

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)))
  hub = await startTestHub()
  people = await meetPeople(hub)
  from = (await people.signUp('From')).admin
  to = (await people.signUp('To')).admin
  folder = await mkdtemp(join(tmpdir(), 'valence-vdrs-'))
})
afterAll(async () => {
  vi.restoreAllMocks()
  await hub.close()
  await rm(folder, { recursive: true, force: true })
})

const as = ({ authorization }: Person) => ({ url: hub.hub.url, authorization })
const exportOf = async (person: Person, name: string) => {
  const { definition, ...rest } = expectOk(await people.as(person)('GET', `/vdrs/${name}/export`)).body
  return { ...rest, definition: { ...definition, createdDate: undefined } }
}
const write = async (files: Record<string, unknown>) => {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

test('out of one organization, edited, into another', async () => {
  const script = { mimeType: 'application/javascript', filterEmptyResponse: false, level: 'organization' }
  expectOk(
    await people.as(from)('PUT', '/vdrs/import', {
      vdrName: 'my-partner',
      definition: {
        description: 'partners',
        fields: [
          { path: 'code', level: 'organization' },
          { path: 'nick', level: 'account' },
        ],
      },
      transformation: {
        base: {
          vendorName: 'contacts',
          fields: [{ path: 'code', vendorPath: 'first_name', level: 'organization' }],
          script: { ...script, body: 'done(1)' },
        },
      },
    }),
  )
  await exportVdrFiles('my-partner', folder, as(from))
  await importVdrFiles(folder, as(to))
  expect(await exportOf(to, 'my-partner')).toEqual(await exportOf(from, 'my-partner'))

  const file = join(folder, 'my-partner/transformation/base/organization-script.js')
  expect(await readFile(file, 'utf8')).toBe('done(1)')
  await writeFile(file, 'done(2)')
  await importVdrFiles(folder, as(to))
  expect((await exportOf(to, 'my-partner')).transformation.base.script).toEqual({ ...script, body: 'done(2)' })
})

test('the older layout, and what is not here is told', async () => {
  await write({
    'older/objectDefinitions/my-order/objectDefinition.json': { level: 'organization', fields: [{ path: 'number' }] },
    'older/transformations/base/my-order/transformation.json': {
      vendorName: 'opportunities',
      fields: [{ path: 'number', vendorPath: 'name' }],
    },
    'older/transformations/base/my-order/script.js': 'done(transformedObject)',
    'older/transformations/nothere/my-order/transformation.json': { vendorName: 'x', fields: [] },
  })
  await importVdrFiles(join(folder, 'older'), as(to))
  expect(await exportOf(to, 'my-order')).toMatchObject({
    definition: { fields: [{ path: 'number', type: 'string', level: 'organization' }] },
    transformation: { base: { vendorName: 'opportunities', script: { body: 'done(transformedObject)' } } },
  })
  expect(said.join('\n')).toMatch(/my-order: imported, mapped to base, nothere\n +ignored: .*nothere/)
})

test('one file as the classic endpoints answer it', async () => {
  await write({ 'oldest/my-note.json': { id: 7, level: 'organization', fields: [{ path: 'text', type: 'string' }] } })
  await importVdrFiles(join(folder, 'oldest/my-note.json'), as(to))
  expect(await exportOf(to, 'my-note')).toMatchObject({
    definition: { fields: [{ path: 'text' }] },
    transformation: {},
  })
})

test('what fails is one sentence', async () => {
  await expect(exportVdrFiles('nothing', folder, as(from))).rejects.toThrow(/answered 404: No common resource/)
  await expect(importVdrFiles(join(folder, 'nothere'), as(to))).rejects.toThrow(/cannot be read/)
  await expect(
    importVdrFiles(join(folder, 'older/transformations'), { url: hub.hub.url, authorization: undefined }),
  ).rejects.toThrow(/VALENCE_AUTHORIZATION/)
  await expect(exportVdrFiles('x', folder, { ...as(from), url: 'http://127.0.0.1:1' })).rejects.toThrow(
    /cannot be reached/,
  )
  await write({ 'empty/readme.json': { name: 'x' } })
  await expect(importVdrFiles(join(folder, 'empty'), as(to))).rejects.toThrow(/holds no common resource/)
})

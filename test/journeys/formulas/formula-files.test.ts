import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { exportFormulas, importFormulas, listFormulaNames } from '../../../src/cli/formulas.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { meetPeople, type People, type Person } from '../../support/people.ts'

/** `valence formulas list`, `export` and `import`: formulas as files that people edit and keep (spec 30 §8). */
let hub: TestHub
let people: People
let from: Person
let to: Person
let folder: string
const said: string[] = []

beforeAll(async () => {
  for (const how of ['error', 'log'] as const)
    vi.spyOn(console, how).mockImplementation((text) => void said.push(String(text)))
  hub = await startTestHub()
  people = await meetPeople(hub)
  from = (await people.signUp('From')).admin
  to = (await people.signUp('To')).admin
  folder = await mkdtemp(join(tmpdir(), 'valence-formulas-'))
})
afterAll(async () => {
  vi.restoreAllMocks()
  await hub.close()
  await rm(folder, { recursive: true, force: true })
})

const as = ({ authorization }: Person) => ({ url: hub.hub.url, authorization })
const make = async (person: Person, body: object) => expectOk(await people.as(person)('POST', '/formulas', body)).body
const named = async (person: Person, name: string) => {
  const { body } = await people.as(person)(
    'GET',
    `/formulas?where=${encodeURIComponent(`name='${name.replaceAll("'", "''")}'`)}`,
  )
  return body[0]
}
const calling = (formulaId: unknown) => [{ name: 'call', type: 'formula', properties: { formulaId } }]

test.each(['folder', 'all.json'])('out of one organization, edited, into another: %s', async (form) => {
  const [outerName, innerName] = [`Mirror's leads / ${form}`, `inner ${form}`]
  const body = 'done({ said: 1 })'
  // other formulas between them, so that ids differ
  const inner = await make(from, {
    name: innerName,
    engine: 'v3',
    steps: [{ name: 'run', type: 'script', properties: { body } }],
  })
  await make(from, {
    name: outerName,
    method: 'POST',
    uri: `/${form}`,
    triggers: [{ type: 'manual' }],
    steps: calling(String(inner.id)),
  })
  const path = join(folder, form)
  await exportFormulas(path, [outerName], as(from))
  if (form === 'folder') await writeFile(join(path, innerName, 'run.js'), 'done({ said: 2 })')
  else expect(JSON.parse(await readFile(path, 'utf8')).formulas).toHaveLength(2)

  await importFormulas(path, as(to))
  const [outerHere, innerHere] = [await named(to, outerName), await named(to, innerName)]
  expect(outerHere).toMatchObject({ api: `POST /${form}`, steps: [{ properties: { formulaId: innerHere.id } }] })
  expect(innerHere.steps[0].properties.body).toBe(form === 'folder' ? 'done({ said: 2 })' : body)
  expect(outerHere.subFormulas).toEqual([innerHere])

  said.length = 0
  await importFormulas(path, as(to))
  expect(said).toEqual([`${outerName}: replaced, id ${outerHere.id}`, `${innerName}: replaced, id ${innerHere.id}`])
  expect(await named(to, outerName)).toMatchObject({ id: outerHere.id, steps: outerHere.steps })
})

test('a sub-formula that is not among the files is nobody’s, unless they go back where they came from', async () => {
  const inner = await make(from, { name: 'apart' })
  await make(from, { name: 'lone', steps: calling(inner.id) })
  await exportFormulas(join(folder, 'lone'), ['lone'], as(from))
  await rm(join(folder, 'lone', 'apart'), { recursive: true })
  said.length = 0
  await importFormulas(join(folder, 'lone'), as(to))
  expect((await named(to, 'lone')).steps[0].properties.formulaId).toBe(-1)
  expect(said.at(-1)).toContain('"call"')
  await importFormulas(join(folder, 'lone'), as(from))
  expect((await named(from, 'lone')).steps[0].properties.formulaId).toBe(inner.id)
})

test('all of them are listed', async () => {
  said.length = 0
  const { id } = await make(from, { name: 'switched off', active: false })
  await listFormulaNames(as(from))
  expect(said).toContain(`${id}\tswitched off\t(inactive)`)
})

test('an import that fails half way says what it made', async () => {
  const wrong = [{ name: 'good of two' }, { name: 'bad of two', engine: 'v7' }]
  await writeFile(join(folder, 'two.json'), JSON.stringify({ formulas: wrong }))
  said.length = 0
  await expect(importFormulas(join(folder, 'two.json'), as(to))).rejects.toThrow(/"bad of two": .*engine/)
  const { id } = await named(to, 'good of two')
  expect(said).toEqual([`made before: "good of two" (id ${id}); import all of them again to complete them`])
})

test('what goes wrong names the formula and the reason', async () => {
  await expect(exportFormulas(folder, ['nobody'], as(from))).rejects.toThrow('"nobody"')
  await writeFile(join(folder, 'wrong.json'), JSON.stringify({ name: 'wrong', engine: 'v7' }))
  await expect(importFormulas(join(folder, 'wrong.json'), as(to))).rejects.toThrow(/"wrong": .*engine/)
  await expect(importFormulas(join(folder, 'none.json'), as(to))).rejects.toThrow('none.json')
  await expect(listFormulaNames({ url: hub.hub.url, authorization: undefined })).rejects.toThrow(
    'VALENCE_AUTHORIZATION',
  )
})

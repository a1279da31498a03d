import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testElement } from '../../test/support/simulator-listener.ts'
import { loadSimulations } from './load-simulations.ts'
import { createSimulator } from './simulator.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'simulations-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(file: string, text: string): Promise<void> {
  const target = path.join(folder, file)
  await mkdir(path.dirname(target), { recursive: true })
  await writeFile(target, text)
}

test('fixtures belong to the resource they are named after', async () => {
  await write('acme/simulation.yaml', 'resources: { people: { operations: [list] } }')
  await write('acme/fixtures/people.yaml', '- { id: 7, name: Ada }')
  await write('other/element.yaml', 'key: other')
  const simulations = await loadSimulations([folder])
  expect([...simulations.keys()]).toEqual(['acme'])
  expect(createSimulator({ elements: [testElement({})], simulations }).rows('acme', 'people')).toEqual([
    { id: 7, name: 'Ada' },
  ])
})

for (const [name, file, text, message] of [
  [
    'a member that does not exist',
    'acme/simulation.yaml',
    'resources: { people: { opertions: [list] } }',
    /acme\/simulation\.yaml: \/resources\/people\/opertions is not a member/,
  ],
  ['a wrong type', 'acme/simulation.yaml', 'status: { created: yes }', /\/status\/created must be integer/],
  ['broken YAML', 'acme/simulation.yaml', 'a: [', /acme\/simulation\.yaml: /],
  ['a fixture of no resource', 'acme/fixtures/cats.yaml', '[]', /cats\.yaml: simulation\.yaml has no resource "cats"/],
  ['a fixture that is no list', 'acme/fixtures/people.yaml', 'id: 1', /expected a list of rows/],
] as const) {
  test(`${name} is an error that names the file`, async () => {
    await write('acme/simulation.yaml', 'resources: { people: {} }')
    await write(file, text)
    await expect(loadSimulations([folder])).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringMatching(message),
    })
  })
}

for (const [name, sample, message] of [
  ['an unknown faker method', 'nothing.here', /faker has no method "nothing.here"/],
  ['an unknown rule', { nonsense: 1 }, /is no sample rule; expected a faker method or one of faker, pick/],
] as const) {
  test(`${name} in a sample is an error that names the field`, () => {
    const simulations = new Map([['acme', { resources: { people: { fields: { color: { sample } } } } }]])
    const simulator = createSimulator({ elements: [testElement({})], simulations })
    expect(() => simulator.rows('acme', 'people')).toThrow(message)
  })
}

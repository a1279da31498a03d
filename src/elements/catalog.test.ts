import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ValenceError } from '../errors.ts'
import { loadCatalog } from './catalog.ts'

const HUBS = '- { key: crm, id: 11, name: CRM, description: Customers, resources: [contacts] }'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valence-catalog-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(path: string, content: string): Promise<void> {
  const file = join(folder, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, content)
}

function element(key: string, id: number, more = ''): string {
  return `{ key: ${key}, id: ${id}, name: ${key}, description: x, hub: crm, authentication: { type: custom }, baseUrl: 'https://x.example', resources: { /contacts: { operations: [list] } } ${more} }`
}

async function problems(...folders: string[]): Promise<string> {
  try {
    await loadCatalog(folders)
  } catch (error) {
    expect(error).toBeInstanceOf(ValenceError)
    return (error as ValenceError).message
  }
  return ''
}

describe('a catalog', () => {
  test('finds an element by key, alias, id and id as text', async () => {
    await write('hubs.yaml', HUBS)
    await write('acme/element.yaml', element('acme', 7, ', aliases: [acmecrm]'))
    const catalog = await loadCatalog([folder])
    const acme = catalog.elements[0]
    expect(acme?.key).toBe('acme')
    for (const name of ['acme', 'acmecrm', 7, '7']) expect(catalog.find(name)).toBe(acme)
    for (const name of ['ACME', 'nope', 8, 'constructor', '__proto__']) expect(catalog.find(name)).toBeUndefined()
  })

  test('lists elements by id, from several folders, and shares their hubs', async () => {
    await write('one/hubs.yaml', HUBS)
    await write('one/zeta/element.yaml', element('zeta', 9))
    await write('two/alpha/element.yaml', element('alpha', 30))
    await write('two/notes.txt', 'not an element')
    await write('two/fixtures/rows.json', '[]')
    const catalog = await loadCatalog([join(folder, 'two'), join(folder, 'one')])
    expect(catalog.elements.map((entry) => entry.key)).toEqual(['zeta', 'alpha'])
    expect(catalog.findHub('crm')).toMatchObject({ id: 11, active: true, resources: ['contacts', 'objects', 'ping'] })
    expect(catalog.findHub('__proto__')).toBeUndefined()
  })

  test('a version follows the content', async () => {
    await write('hubs.yaml', HUBS)
    await write('acme/element.yaml', element('acme', 7))
    const load = async () => {
      const catalog = await loadCatalog([folder])
      const found = catalog.elements[0]
      return found && catalog.versionOf(found)
    }
    const [first, again] = [await load(), await load()]
    await write('acme/element.yaml', element('acme', 7, ', logo: other'))
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(again).toBe(first)
    expect(await load()).not.toBe(first)
  })

  test('models share fields by merge keys', async () => {
    await write('hubs.yaml', HUBS)
    const models = ', models: { contact: &contact { id: integer }, account: { <<: *contact, name: string } }'
    await write('acme/element.yaml', element('acme', 7, models).replace('[list]', '[list], model: account'))
    const model = (await loadCatalog([folder])).elements[0]?.resources[0]?.model
    expect(Object.keys(model?.swagger?.account?.properties ?? {})).toEqual(['id', 'name'])
  })
})

describe('a catalog refuses', () => {
  beforeEach(() => write('hubs.yaml', HUBS))

  const file = (name: string) => join(folder, name, 'element.yaml')

  test('an unknown hub', async () => {
    await write('acme/element.yaml', element('acme', 7).replace('hub: crm', 'hub: crn'))
    expect(await problems(folder)).toBe(`${file('acme')}: hub: expected one of the hubs crm, got "crn"`)
  })

  test('an id, a key or an alias used twice', async () => {
    await write('acme/element.yaml', element('acme', 7))
    await write('beta/element.yaml', element('beta', 7, ', aliases: [acme]'))
    expect((await problems(folder)).split('\n')).toEqual([
      `${file('beta')}: id: expected a value that ${file('acme')} does not use, got "7"`,
      `${file('beta')}: aliases: expected a value that ${file('acme')} does not use, got "acme"`,
    ])
  })

  test('a folder that is not named after its element', async () => {
    await write('acme/element.yaml', element('beta', 7))
    expect(await problems(folder)).toBe(`${file('acme')}: key: expected the name of its folder, "acme", got "beta"`)
  })

  test('several broken files, telling all of them', async () => {
    await write('acme/element.yaml', 'key: [')
    await write('beta/element.yaml', element('beta', 8, ', nmae: x'))
    const message = await problems(folder)
    expect(message).toContain(`${file('acme')}: Flow sequence`)
    expect(message).toContain(`${file('beta')}: nmae: expected one of the members`)
  })

  test('a member written twice', async () => {
    await write('acme/element.yaml', 'key: acme\nkey: beta\n')
    expect(await problems(folder)).toContain('Map keys must be unique')
  })

  test('a wrong or repeated hub', async () => {
    await write('hubs.yaml', '- { key: CRM, id: 11, name: CRM, description: x }')
    expect(await problems(folder)).toContain(
      'hubs.yaml: [0].key: expected lower-case letters, digits and dashes, got "CRM"',
    )
    await write('hubs.yaml', `${HUBS}\n${HUBS}`)
    expect(await problems(folder)).toBe('hubs.yaml: expected each hub key and id once, got "crm" with id 11 again')
    await write('hubs.yaml', '- { key: keys, id: 1, name: x, description: x }')
    expect(await problems(folder)).toContain('a key other than the path word "keys"')
  })

  test('a folder that is not there', async () => {
    expect(await problems(join(folder, 'nope'))).toBe(`${join(folder, 'nope')}: expected a readable folder of elements`)
  })
})

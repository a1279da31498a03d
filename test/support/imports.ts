import { readFileSync } from 'node:fs'
import { convertDocument, type Imported, type ImportOptions } from '../../src/elements/import/convert-document.ts'
import type { Resource } from '../../src/model/element.ts'

/** A document of `test/fixtures/imports/`. */
export function importFixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/imports/${name}`, import.meta.url))
}

export function convertFixture(name: string, options: ImportOptions = {}): Promise<Imported> {
  return convertDocument(importFixture(name), options)
}

/** The resource of `GET /hubs/general/books`, given as `GET /books`. */
export function resourceOf({ element }: Imported, name: string): Resource {
  const [method, path] = name.split(' ')
  const found = element.resources.find((one) => one.method === method && one.path === `/hubs/${element.hub}${path}`)
  if (!found)
    throw new Error(`no ${name} among ${element.resources.map((one) => `${one.method} ${one.path}`).join(', ')}`)
  return found
}

/** Parameter rows in short: `query author → query author`. */
export function pairsOf({ parameters = [] }: Resource): string[] {
  return parameters.map(
    ({ type, name, vendorType, vendorName, required }) =>
      `${type} ${name} → ${vendorType} ${vendorName}${required ? ' !' : ''}`,
  )
}

/** Defaults of configuration rows by key. */
export function defaultsOf({ element }: Imported): Record<string, string | null | undefined> {
  return Object.fromEntries(element.configuration.map(({ key, defaultValue }) => [key, defaultValue]))
}

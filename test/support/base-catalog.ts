import { cp, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCatalog } from '../../src/elements/catalog.ts'
import { CATALOG_FOLDER } from '../../src/main.ts'

/** A catalog that holds Base alone, whatever ships: tests that count elements keep their numbers. */
export async function baseCatalogFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'valence-base-catalog-'))
  for (const name of ['hubs.yaml', 'crm.model.yaml', 'base'])
    await cp(join(CATALOG_FOLDER, name), join(folder, name), { recursive: true })
  return folder
}

/** Keys of the shipped elements, as lists have them. */
export async function shippedKeys(): Promise<string[]> {
  return (await loadCatalog([CATALOG_FOLDER])).elements.map(({ key }) => key)
}

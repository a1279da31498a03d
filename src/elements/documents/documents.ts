import { createMemory } from '../element-memory.ts'
import { type DocumentText, type Format, writeDocument } from './document-text.ts'
import { inSlices } from './in-slices.ts'
import type { Api } from './swagger.ts'

/** Documents that were made, kept up to a total size; the least recently used goes first. */
export interface Documents {
  /**
   * @param key names the content: what is made under the same key must always be the same. An element's version is in it,
   *   so nothing ever has to be forgotten because it changed
   * @param make called when nothing is kept; its work is done in slices
   */
  of(key: string, make: () => Work | Promise<Work>): Promise<Kept>
}

type Work = Generator<void, Api>

export interface Kept {
  key: string
  api: Api
  text(format: Format): Promise<DocumentText>
}

/** about what `api` takes in memory for each byte of its text */
const OBJECT_FACTOR = 4
const MAX_BYTES = 64 * 1024 * 1024

export function createDocuments({ maxBytes = MAX_BYTES }: { maxBytes?: number } = {}): Documents {
  const forget = () => undefined
  const kept = createMemory<Kept>({ maxBytes: maxBytes / 2, onForgotten: forget })
  const texts = createMemory<DocumentText>({ maxBytes: maxBytes / 2, onForgotten: forget })

  return {
    async of(key, make) {
      const found = await kept.get(key, () => load(key, make))
      if (!found) throw new Error(`nothing was made for ${key}`)
      return found
    },
  }

  async function load(key: string, make: () => Work | Promise<Work>) {
    const api = await inSlices(await make())
    const swagger = await inSlices(writeDocument(api, 'swagger'))
    const value: Kept = {
      key,
      api,
      text: async (format) => (format === 'swagger' ? swagger : ((await openApi(key, api)) ?? swagger)),
    }
    return { value, sizeBytes: swagger.rest.length * OBJECT_FACTOR }
  }

  function openApi(key: string, api: Api) {
    return texts.get(key, async () => {
      const value = await inSlices(writeDocument(api, 'openapi31'))
      return { value, sizeBytes: value.rest.length }
    })
  }
}

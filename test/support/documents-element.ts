import { expect } from 'vitest'
import type { CatalogInstance } from './catalog-element.ts'
import type { TestHub } from './hub.ts'

/** Uploads, downloads and trees, for elements of the documents hub. */
export function documentsClient(hub: TestHub, instance: CatalogInstance) {
  const headers = { authorization: `${hub.authorization}, Element ${instance.token}` }
  return {
    /** sends a form with the part `file`; @returns what the element answered */
    // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
    async upload(method: string, path: string, content: string, name = 'hello.txt'): Promise<any> {
      const body = new FormData()
      body.append('file', new Blob([content], { type: 'text/plain' }), name)
      const response = await fetch(hub.api + path, { method, headers, body })
      const text = await response.text()
      expect(response.status, `${method} ${path}: ${text}`).toBe(200)
      return JSON.parse(text)
    },
    async download(path: string): Promise<{ text: string; type: string | null; disposition: string | null }> {
      const response = await fetch(hub.api + path, { headers })
      const text = await response.text()
      expect(response.status, `${path}: ${text}`).toBe(200)
      return {
        text,
        type: response.headers.get('content-type'),
        disposition: response.headers.get('content-disposition'),
      }
    },
    async namesIn(path: string): Promise<string[]> {
      const rows: { name: string }[] = await instance.ok('GET', path)
      return rows.map(({ name }) => name).toSorted()
    },
  }
}

import { readFileSync } from 'node:fs'
import type { DeclaredRoute } from '../collect-routes.ts'
import { toDocument } from './document.ts'

/** What `GET /openapi.json` and `valence openapi` answer. @param url public address of the hub, without a trailing slash */
export function documentText(routes: readonly DeclaredRoute[], url: string): string {
  return JSON.stringify(toDocument(routes, { url, version }), null, 2)
}

/** The same without an address, for documents that are made of it. */
export function toPlatformDocument(routes: readonly DeclaredRoute[]) {
  return toDocument(routes, { url: '', version })
}

const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

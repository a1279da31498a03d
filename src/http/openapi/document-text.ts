import { readFileSync } from 'node:fs'
import type { DeclaredRoute } from '../collect-routes.ts'
import { toDocument } from './document.ts'

/** What `GET /openapi.json` and `valence openapi` answer. @param url public address of the hub, without a trailing slash */
export function documentText(routes: readonly DeclaredRoute[], url: string): string {
  return JSON.stringify(toDocument(routes, { url, version }), null, 2)
}

const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

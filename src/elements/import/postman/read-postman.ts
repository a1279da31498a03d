import { ValenceError } from '../../../errors.ts'
import type { ManifestConfigurationRow } from '../../manifest.ts'
import type { Doubtful } from '../doubts.ts'
import { isObject, type JsonObject, listOf, objectOf, textOf } from '../json-value.ts'
import type { Credential, Server, VendorApi } from '../vendor-api.ts'
import { credentialOf, typeOfAuth } from './authentication.ts'
import { type Entry, entriesOf, hasScript, type Read, readEntry } from './entries.ts'
import { mergeOperations } from './merge-operations.ts'
import { operationOf } from './operation.ts'
import { descriptionOf } from './request-url.ts'
import { type Variables, variablesOf } from './variables.ts'

/**
 * Postman collections, version 2.0 and 2.1. Requests become operations; those with the same method and path become one.
 * Models are inferred from example bodies.
 *
 * @throws ValenceError IMPORT_INVALID for a collection without requests
 */
export function readPostman(document: JsonObject, doubt: Doubtful): VendorApi {
  const collection = isObject(document['collection']) ? document['collection'] : document
  const variables = variablesOf(collection['variable'])
  const entries = entriesOf(listOf(collection['item']), collection['auth'])
  const read = entries.flatMap((entry) => readEntry(entry, variables, doubt))
  if (read.length === 0) throw new ValenceError('IMPORT_INVALID', 'The collection has no request with an address')
  const servers = serversByUse(read)
  const info = objectOf(collection['info'])
  const configuration = new Map<string, ManifestConfigurationRow>()
  const operations = mergeOperations(
    read.map((one) => operationOf(one, servers[0], variables, configuration, doubt)),
    doubt,
  )
  if (entries.some(({ item }) => hasScript(item)) || hasScript(collection)) {
    doubt('event', 'scripts of the collection are not imported: what they set, configuration or hooks must do')
  }
  return {
    name: textOf(info['name']) ?? 'Imported collection',
    ...(descriptionOf(info['description']) === undefined ? {} : { description: descriptionOf(info['description']) }),
    protocolType: 'http',
    servers,
    credentials: credentialsOf(collection['auth'], entries, variables, doubt),
    operations,
    definitions: new Map(),
    configuration: [...configuration.values()],
  }
}

/** The address of most requests first. */
function serversByUse(read: readonly Read[]): Server[] {
  const uses = new Map<string, { server: Server; count: number }>()
  for (const { url } of read) {
    const known = uses.get(url.server.url)
    if (known) known.count++
    else uses.set(url.server.url, { server: url.server, count: 1 })
  }
  return [...uses.values()].toSorted((a, b) => b.count - a.count).map(({ server }) => server)
}

function credentialsOf(auth: unknown, entries: readonly Entry[], variables: Variables, doubt: Doubtful): Credential[] {
  const counts = new Map<string, { auth: unknown; count: number }>()
  for (const one of [auth, ...entries.map((entry) => entry.auth)]) {
    const type = typeOfAuth(one)
    if (type === undefined || type === 'noauth') continue
    const known = counts.get(type)
    if (known) known.count++
    else counts.set(type, { auth: one, count: 1 })
  }
  const [best, ...others] = [...counts].toSorted(([, a], [, b]) => b.count - a.count)
  if (!best) return []
  if (others.length > 0)
    doubt('auth', `"${best[0]}" is used; requests also have ${others.map(([type]) => type).join(', ')}`)
  const credential = credentialOf(best[1].auth, variables, doubt)
  return credential ? [credential] : []
}

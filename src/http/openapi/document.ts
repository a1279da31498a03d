import type { DeclaredRoute } from '../collect-routes.ts'
import { API_PREFIX } from '../dispatch.ts'
import { createComponents, type JsonSchema } from './components.ts'
import { type ApiRoute, toOperation } from './operation.ts'
import { ERROR_RESPONSES, ERROR_SCHEMAS, HEADERS } from './replies.ts'
import { SECURITY_SCHEMES } from './security.ts'
import { TAGS } from './subjects.ts'

const DESCRIPTION = `Provision instances of vendors' APIs and call them all the same way.

Every call but the sign-in carries an \`Authorization\` header. A resource call names the instance by its token:
\`User …, Organization …, Element …\`. Errors have one body, \`{requestId, message}\`. Lists have pages: give the
\`Elements-Next-Page-Token\` of an answer back as \`nextPage\` until it is absent.

\`x-valence-operation\` is what a route does in the words of \`valence routes\`; \`x-valence-roles\` and
\`x-valence-privileges\` are what the caller needs, one of each list.`

/**
 * The description of the platform, OpenAPI 3.1: every route below the API prefix as it was declared.
 * @param url public address of the hub, without a trailing slash
 * @throws Error when two routes would have one operation id, or two schemas one title
 */
export function toDocument(routes: readonly DeclaredRoute[], { url, version }: { url: string; version: string }) {
  const components = createComponents()
  const paths: Record<string, Record<string, JsonSchema>> = {}
  const ids = new Set<unknown>()
  for (const route of routes.flatMap(ofApi)) {
    const operation = toOperation(route, components)
    const { operationId: id } = operation
    if (ids.has(id)) throw new Error(`two operations are called ${id}`)
    ids.add(id)
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Valence',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: url + API_PREFIX }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: sorted({ ...components.schemas, ...ERROR_SCHEMAS }),
      headers: HEADERS,
      responses: ERROR_RESPONSES,
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

/** `/elements/api-v2/hubs/:hub/*` → `/hubs/{hub}/{resource}`, the nearest that a document can say. */
function ofApi(route: DeclaredRoute): ApiRoute[] {
  const { operation, url } = route
  if (operation === undefined || !url.startsWith(`${API_PREFIX}/`)) return []
  const path = url
    .slice(API_PREFIX.length)
    .replace(/:(\w+)/g, '{$1}')
    .replace('*', '{resource}')
  return [{ ...route, operation, path }]
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

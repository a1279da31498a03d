/** One operation of a description of an API. */
export interface Described {
  document: string
  /** upper case */
  method: string
  /** undefined where the description leaves it open, as in `https://{domain}.acme.test` */
  host: string | undefined
  /** with the path of its server, as it is written there */
  path: string
  /** what `path` is compared by */
  segments: string[]
}

/** The parts of OpenAPI 2 and 3 documents that say what exists. */
export interface ApiDocument {
  info?: { title?: string; version?: string }
  servers?: Server[]
  host?: string
  basePath?: string
  paths?: Record<string, PathItem>
}

interface Server {
  url: string
}

type PathItem = { servers?: Server[] } & Record<string, { servers?: Server[] } | Server[] | undefined>

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

/**
 * What a description says exists.
 *
 * @param alsoAt beginnings of described paths → further beginnings at which the same paths are served
 */
export function describedPaths(
  name: string,
  document: ApiDocument,
  alsoAt: Readonly<Record<string, string>> = {},
): Described[] {
  const everywhere = document.servers ?? [{ url: `https://${document.host ?? '{host}'}${document.basePath ?? ''}` }]
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined || Array.isArray(operation)) return []
      const servers = operation.servers ?? item.servers ?? everywhere
      return servers.flatMap((server) =>
        spellings(path, alsoAt).map((spelling) => described(name, method, server, spelling)),
      )
    }),
  )
}

function described(document: string, method: string, server: Server, path: string): Described {
  const { host, path: above } = splitAddress(server.url)
  // one path may be described several times, told apart by what follows a #
  const whole = `${above}${path.split('#', 1)[0] ?? path}`
  return { document, method: method.toUpperCase(), host, path: whole, segments: segmentsOf(whole) }
}

function spellings(path: string, alsoAt: Readonly<Record<string, string>>): string[] {
  const further = Object.entries(alsoAt).flatMap(([from, to]) =>
    path.startsWith(from) ? [to + path.slice(from.length)] : [],
  )
  return [path, ...further]
}

/** @returns the host in lower case, undefined when a variable stands in it; the path without query and end slash */
export function splitAddress(address: string): { host: string | undefined; path: string } {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/?#]*)([^?#]*)/.exec(address) ?? []
  return { host: host.includes('{') || host === '' ? undefined : host.toLowerCase(), path: path.replace(/\/+$/, '') }
}

/** Names of variables do not count; the namespace of an OData operation may be left out: `microsoft.graph.copy`. */
export function segmentsOf(path: string): string[] {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/\{[^{}]*\}/g, '{}').replace(/^(?:[a-z]+\.){2,}(?=\w+(?:\(.*\))?$)/i, ''))
}

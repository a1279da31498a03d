import { withoutTrailingSlashes } from '../../model/trim-slashes.ts'
import { parameter } from '../expand-resources.ts'
import type { ManifestConfigurationRow } from '../manifest.ts'
import { STANDARD_ROWS } from '../standard-configuration.ts'
import type { Doubtful } from './doubts.ts'
import type { Addition, Server } from './vendor-api.ts'

interface BaseUrl extends Addition {
  url: string
}

const RESERVED = new Set(STANDARD_ROWS.map(({ key }) => key))
const WHOLE_HOST = '{host}'

/**
 * `base.url` of the element and what fills its placeholders: a configuration row and an element-wide
 * configuration→path parameter each (spec 11 §4.2). A document without an absolute address gets `https://{host}`.
 *
 * @param servers in the order of the document; the first is taken, https before http
 */
export function baseUrlOf(servers: readonly Server[], doubt: Doubtful): BaseUrl {
  const usable = servers.map(normalized)
  const [first] = usable
  const chosen = secureTwin(usable, first) ?? first ?? { url: '' }
  const others = usable.filter(({ url }) => withoutScheme(url) !== withoutScheme(chosen.url)).map(({ url }) => url)
  if (others.length > 0) {
    doubt('servers', `"${chosen.url}" is used; the document also names ${others.slice(0, 5).join(', ')}`)
  }
  const server = absolute(chosen, doubt)
  if (/^http:/i.test(server.url)) doubt('servers', 'calls are not encrypted: the address begins with http')
  if (/^https?:\/\/(localhost|127\.|10\.|192\.168\.|\[::1\])/i.test(server.url)) {
    doubt(
      'servers',
      `"${server.url}" is a private address, which calls do not reach unless VALENCE_EGRESS_ALLOW names it`,
    )
  }
  return withVariables(server)
}

function normalized({ url, variables }: Server): Server {
  const plain = withoutTrailingSlashes(url.trim().replace(/[?#].*$/s, ''))
  const address = plain.startsWith('//') ? `https:${plain}` : plain
  // twice: what a scheme's variable hid is a host after the first time
  return { url: inlined(inlined(address, variables ?? {}), variables ?? {}), variables }
}

/** A variable that leaves no choice, is the whole host, or what an address cannot begin with, is replaced by its default. */
function inlined(url: string, variables: NonNullable<Server['variables']>): string {
  return url.replace(/\{([^{}]+)\}/g, (whole, name: string, at: number) => {
    const { default: value, choices = [] } = Object.hasOwn(variables, name) ? (variables[name] ?? {}) : {}
    if (value === undefined) return whole
    const begins = at === 0 && (/^https?:\/\//i.test(value) || url.slice(whole.length).startsWith('://'))
    const [before, after] = [url.slice(0, at), url.slice(at + whole.length)]
    // a host must end in what nobody chooses, or credentials would go where its last label leads
    const endsHost = /^https?:\/\/([^/]*\.)?$/i.test(before) && /^(\/|:|$)/.test(after)
    const isHost = endsHost && (choices.length === 0 || !before.endsWith('/'))
    // `https://api.example.com{basePath}` would read as a host
    const isPath = value.startsWith('/')
    return value === '' || choices.length === 1 || begins || isHost || isPath ? value : whole
  })
}

function secureTwin(servers: readonly Server[], first: Server | undefined): Server | undefined {
  if (!first || !/^http:/i.test(first.url)) return undefined
  return servers.find(({ url }) => /^https:/i.test(url) && withoutScheme(url) === withoutScheme(first.url))
}

const withoutScheme = (url: string) => url.replace(/^https?:/i, '')

function absolute(server: Server, doubt: Doubtful): Server {
  const filled = server.url.replace(/\{[^{}]+\}/g, 'x')
  if (/^https?:\/\/[^/]/i.test(server.url) && URL.canParse(filled) && !/[\s"<>\\^`|]/.test(server.url)) return server
  if (/^\{[^{}/]+\}/.test(server.url) && URL.canParse(`https://${filled}`)) return server
  doubt('servers', `"${server.url}" is no complete address: each instance gives the vendor's host`)
  const path = /^[/\w.{}~-]+$/.test(server.url) ? `/${server.url.replace(/^\/+/, '')}` : ''
  return {
    url: `https://${WHOLE_HOST}${path === '/' ? '' : path}`,
    variables: { ...server.variables, host: { description: 'Host of the vendor, such as api.example.com' } },
  }
}

function withVariables({ url, variables = {} }: Server): BaseUrl {
  const configuration: ManifestConfigurationRow[] = []
  const parameters: BaseUrl['parameters'] = []
  const address = url.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const placeholder = name.replace(/\W/g, '_')
    if (parameters.some(({ vendorName }) => vendorName === placeholder)) return `{${placeholder}}`
    const key = RESERVED.has(placeholder) ? `server.${placeholder}` : placeholder
    configuration.push(rowOf(key, name, Object.hasOwn(variables, name) ? (variables[name] ?? {}) : {}))
    parameters.push(parameter('configuration', key, 'path', placeholder))
    return `{${placeholder}}`
  })
  return { url: address, configuration, parameters, resources: [] }
}

function rowOf(
  key: string,
  name: string,
  { default: value, choices = [], description }: NonNullable<Server['variables']>[string],
): ManifestConfigurationRow {
  return {
    key,
    name: labelOf(name),
    description: description ?? 'Part of the vendor’s address.',
    type: choices.length > 1 ? 'COMBO' : 'TEXTFIELD_128',
    required: true,
    ...(value === undefined ? {} : { default: value }),
    ...(choices.length > 1 ? { options: choices.map((choice) => ({ value: choice, description: choice })) } : {}),
  }
}

/** `apiVersion`, `api_version` → `Api version` */
export function labelOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[\W_]+/g, ' ')
    .trim()
    .toLowerCase()
  return words === '' ? name : words[0]?.toUpperCase() + words.slice(1)
}

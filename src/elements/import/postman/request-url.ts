import { withoutTrailingSlashes } from '../../../model/trim-slashes.ts'
import { isObject, listOf, memberOf, scalarText, textOf } from '../json-value.ts'
import type { Server } from '../vendor-api.ts'
import { filled, namesIn, type Variables } from './variables.ts'

export interface RequestUrl {
  server: Server
  /** with `{variables}`, without query */
  path: string
  query: { name: string; value: string; description: string | undefined }[]
  /** descriptions and values of path variables */
  variables: Map<string, { value: string | undefined; description: string | undefined }>
}

/** A request's address, as text or taken apart; `:id` and `{{id}}` in its path are variables. */
export function requestUrlOf(url: unknown, variables: Variables): RequestUrl | undefined {
  const raw = textOf(url) ?? textOf(memberOf(url, 'raw')) ?? joined(url)
  if (raw === undefined) return undefined
  const [, base = '', rest = ''] = /^((?:(?:https?|\{\{[^{}]+\}\}):\/\/)?[^/?#]*)([^?#]*)/i.exec(raw.trim()) ?? []
  const server = serverOf(base, variables)
  return {
    server,
    path: pathOf(rest),
    // what has no name cannot be asked for
    query: queryOf(url, raw).filter(({ name }) => name !== ''),
    variables: new Map(
      listOf(memberOf(url, 'variable'))
        .filter(isObject)
        .map((entry) => [
          textOf(entry['key']) ?? textOf(entry['id']) ?? '',
          { value: scalarText(entry['value']), description: descriptionOf(entry['description']) },
        ]),
    ),
  }
}

/** Descriptions are text or `{ content, type }`. */
export function descriptionOf(value: unknown): string | undefined {
  return textOf(value) ?? textOf(memberOf(value, 'content'))
}

function joined(url: unknown): string | undefined {
  const list = (value: unknown, separator: string) =>
    Array.isArray(value)
      ? value.map((part) => textOf(part) ?? textOf(memberOf(part, 'value')) ?? '').join(separator)
      : (textOf(value) ?? '')
  const host = list(memberOf(url, 'host'), '.')
  if (host === '') return undefined
  const protocol = textOf(memberOf(url, 'protocol'))
  const port = scalarText(memberOf(url, 'port'))
  return `${protocol ? `${protocol}://` : ''}${host}${port ? `:${port}` : ''}/${list(memberOf(url, 'path'), '/')}`
}

/** A variable that is the whole address is replaced by its value; one inside keeps its place and has a default. */
function serverOf(base: string, variables: Variables): Server {
  const whole = /^\{\{\s*[^{}]+?\s*\}\}$/.test(base)
    ? filled(base, new Map([...variables].filter(([, value]) => value !== '')))
    : base
  const address = withoutTrailingSlashes(whole)
  const names = namesIn(address)
  const isNamed = address.startsWith('{{') || /^https?:\/\//i.test(address)
  return {
    url: (isNamed || address === '' ? address : `https://${address}`).replace(/\{\{\s*([^{}]+?)\s*\}\}/g, '{$1}'),
    variables: Object.fromEntries(
      names.map((name) => [
        name,
        { description: `Value of {{${name}}} in the collection.`, ...defaultOf(variables.get(name)) },
      ]),
    ),
  }
}

const defaultOf = (value: string | undefined) => (value === undefined ? {} : { default: value })

function pathOf(text: string): string {
  const path = text
    .split('/')
    .map((segment) =>
      segment
        .replace(/^:([\w.-]+)/, '{$1}')
        .replace(/\{\{\s*\$?([^{}]+?)\s*\}\}/g, (_, name: string) => `{${name.replace(/\W+/g, '_')}}`),
    )
    .join('/')
  return path.startsWith('/') ? path : `/${path}`
}

function queryOf(url: unknown, raw: string): RequestUrl['query'] {
  const declared = memberOf(url, 'query')
  if (Array.isArray(declared)) {
    return declared.filter(isObject).flatMap((entry) => {
      const name = textOf(entry['key'])
      return name === undefined
        ? []
        : [{ name, value: scalarText(entry['value']) ?? '', description: descriptionOf(entry['description']) }]
    })
  }
  const [, text = ''] = /\?([^#]*)/.exec(raw) ?? []
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2)
      return { name: decoded(name), value: decoded(value), description: undefined }
    })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text // a percent sign that stands for itself
  }
}

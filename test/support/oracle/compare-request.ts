import { isDeepStrictEqual } from 'node:util'
import type { ExpectedBody } from './body.ts'
import type { ExpectedRequest } from './expected-request.ts'
import { UNKNOWN } from './values.ts'
import { plainXml } from './xml.ts'

/** A request as it arrived, with the vendor's true address. */
export interface ArrivedRequest {
  method: string
  /** `https://api.vendor.com/v1/x?a=1` */
  url: string
  headers: Record<string, string>
  body: Buffer
}

export type Part = 'method' | 'address' | 'query' | 'headers' | 'body'

export interface Difference {
  part: Part
  expected: string
  got: string
}

/** Belong to the connection, or say who we are. */
const TRANSPORT = [
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'user-agent',
]

export function differences(expected: ExpectedRequest, arrived: ArrivedRequest): Difference[] {
  const [address = '', query = ''] = arrived.url.split('?', 2)
  const headers = Object.entries(arrived.headers).filter(([name]) => !TRANSPORT.includes(name))
  const found: (Difference | undefined)[] = [
    differ('method', expected.method, arrived.method),
    differ('address', plainAddress(expected.address), plainAddress(address)),
    differ('query', sorted(expected.query), sorted(readQuery(query))),
    differ(
      'headers',
      sorted(Object.entries(expected.headers)),
      sorted(headers.map(([name, value]) => [name, plainHeader(name, value).trim()])),
    ),
    bodyDifference(expected.body, arrived.body),
  ]
  return found.filter((difference) => difference !== undefined)
}

function plainAddress(address: string): string {
  const withPath = /^[a-z]+:\/\/[^/]*$/i.test(address) ? `${address}/` : address
  return decodeURIComponent(withPath.replaceAll('%2F', '%252F'))
}

/** The boundary is the encoder's own. */
function plainHeader(name: string, value: string): string {
  return name === 'content-type' ? value.replace(/^(multipart\/form-data; *boundary=).*$/, `$1${UNKNOWN}`) : value
}

function readQuery(text: string): [string, string][] {
  return text
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const at = pair.indexOf('=')
      return at < 0
        ? [decodeURIComponent(pair), '']
        : [decodeURIComponent(pair.slice(0, at)), decodeURIComponent(pair.slice(at + 1))]
    })
}

function sorted(pairs: readonly (readonly string[])[]): string[][] {
  return pairs.map((pair) => [...pair]).toSorted(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0))
}

function differ(part: Part, expected: unknown, got: unknown): Difference | undefined {
  if (matches(expected, got)) return undefined
  return { part, expected: show(expected), got: show(got) }
}

function show(value: unknown): string {
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'))
    .replaceAll(UNKNOWN, '*')
    .slice(0, 600)
}

/** Equal, where `UNKNOWN` inside a text stands for any run of characters. */
export function matches(expected: unknown, got: unknown): boolean {
  if (typeof expected === 'string' && expected.includes(UNKNOWN)) {
    const pattern = expected
      .split(UNKNOWN)
      .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[^]*')
    return typeof got === 'string' && new RegExp(`^${pattern}$`).test(got)
  }
  if (typeof expected !== 'object' || expected === null) return Object.is(expected, got)
  if (typeof got !== 'object' || got === null || Array.isArray(expected) !== Array.isArray(got)) return false
  const names = Object.keys(expected)
  return (
    isDeepStrictEqual(names.toSorted(), Object.keys(got).toSorted()) &&
    names.every((name) => matches((expected as Record<string, unknown>)[name], (got as Record<string, unknown>)[name]))
  )
}

function bodyDifference(expected: ExpectedBody, arrived: Buffer): Difference | undefined {
  const text = arrived.toString('utf8')
  switch (expected.kind) {
    case 'none':
      return differ('body', '', text)
    case 'json':
      return differ('body', expected.value, jsonOf(text))
    case 'xml':
      return differ('body', plainXml(expected.text), plainXml(text))
    case 'text':
      return differ('body', expected.text, text)
    case 'file': {
      const spellings = [expected.content, Buffer.from(expected.content).toString('base64')]
      return differ(
        'body',
        true,
        spellings.some((spelling) => text.includes(spelling)),
      )
    }
    case 'form':
      return differ('body', sorted(expected.fields), sorted([...new URLSearchParams(text)]))
    case 'multipart':
      return differ(
        'body',
        expected.names,
        [...text.matchAll(/; name="([^"]*)"/g)].map(([, name = '']) => name).toSorted(),
      )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // the difference shows the text
  }
}

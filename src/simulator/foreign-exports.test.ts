import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ListeningSimulator, listenSimulator } from '../../test/support/simulator-listener.ts'
import type { Element, Parameter, Resource } from '../model/element.ts'

/**
 * Real exports, `elements/*.json` in the folder that VALENCE_TEST_EXPORTS names: each one's vendor is asked once for every resource, with the
 * plainest request that the definition allows, written here and not by the engine.
 */
const folder = process.env.VALENCE_TEST_EXPORTS && join(process.env.VALENCE_TEST_EXPORTS, 'elements')
const elements: [string, Element][] = folder
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as Element])
  : []

let listener: ListeningSimulator
beforeAll(async () => {
  listener = await listenSimulator({ elements: [], consent: 'auto' })
  for (const [name, element] of elements) listener.simulator.put(element, name.replace(/\.json$/, ''))
})
afterAll(() => listener.close())

interface Plain {
  path: string
  method: string
  headers: Record<string, string>
  body: string | FormData | undefined
}

function isCalled({ kind, type, vendorPath, parameters = [], hooks = [] }: Resource): boolean {
  const isStub =
    !vendorPath &&
    hooks.length === 0 &&
    parameters.length > 0 &&
    parameters.every((row) => row.type === 'multipart' && row.vendorType === 'form')
  return kind !== 'java' && type !== 'formulaAsResource' && !isStub
}

const isDelete = ({ method, vendorMethod }: Resource) => /DELETE/i.test(`${method} ${vendorMethod}`)

const defaultOf = (element: Element, key: string) =>
  element.configuration.find((row) => row.key === key)?.defaultValue ?? ''
const fill = (text: string, id: string) => text.replace(/\{[^{}]*\}/g, id)
const literal = (text: string) => text.replace(/CE\.\w+\([^()]*\)/g, 'dummy').replace(/\$\{[^}]*\}/g, 'dummy')
const pathOf = (url: string) => url.replace(/^https?:\/\/[^/?#&]*/i, '').replace(/^\{[^{}]*\}/, '')

function plainRequest(element: Element, resource: Resource, token: string, id: string): Plain {
  const vendorPath = resource.vendorPath ?? ''
  const base = /^https?:/i.test(vendorPath) ? '' : pathOf(defaultOf(element, 'base.url'))
  const below = /^https?:/i.test(vendorPath) ? pathOf(vendorPath) : vendorPath
  const seam = base === '' || below === '' || /^[/&?]/.test(below) ? '' : '/'
  const parameters = [...element.parameters, ...(resource.parameters ?? [])].filter(
    ({ source }) => source !== 'response',
  )
  const to = (...kinds: string[]) => parameters.filter(({ vendorType }) => kinds.includes(vendorType))
  const method = (resource.vendorMethod ?? resource.method).toUpperCase()
  const headers: Record<string, string> = { ...authorization(element, token) }
  for (const row of to('header', 'value')) {
    const [name, value] = row.vendorType === 'value' ? [row.name, row.vendorName] : [row.vendorName, textOf(row)]
    if (row.type === 'value' || row.type === 'configuration' || row.vendorType === 'value')
      headers[name.trim()] = literal(value)
  }
  let path = fill(`${base.replace(/\/+$/, '')}${seam}${below}`, id)
  for (const row of to('query')) {
    if (row.type === 'query' || row.type === 'body' || row.converter) continue
    const value = row.name === 'oauth.user.token' ? token : literal(textOf(row))
    path += `${path.includes('?') ? '&' : '?'}${encodeURIComponent(row.vendorName)}=${encodeURIComponent(value)}`
  }
  const body = method === 'GET' ? undefined : bodyOf(to, headers)
  return { path: path.startsWith('/') ? path : `/${path.replace(/^&/, '?')}`, method, headers, body }
}

const textOf = ({ type, name }: Parameter) => (type === 'value' ? name : '1')

function authorization(element: Element, token: string): Record<string, string> {
  const { type } = element.authentication
  if (type === 'basic') return { Authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` }
  if (type !== 'oauth1') return type.startsWith('oauth2') ? { Authorization: `Bearer ${token}` } : {}
  const names = ['consumer_key', 'signature_method', 'signature', 'timestamp', 'nonce']
  const signed = names.map((name) => `oauth_${name}="x"`).join(', ')
  return { Authorization: `OAuth ${signed}, oauth_token="${token}"` }
}

function bodyOf(to: (...kinds: string[]) => Parameter[], headers: Record<string, string>): string | FormData {
  const template = to('body').find(({ type }) => type === 'value')
  if (template) return literal(template.name).replace(/\{[\w.]+\}/g, '1')
  const files = to('multipart', 'body').filter(({ type }) => type === 'multipart')
  if (files.length > 0) {
    const form = new FormData()
    for (const { vendorName } of files) form.append(vendorName, new Blob(['content']), 'file.txt')
    for (const name of Object.keys(headers)) if (/^content-type$/i.test(name)) delete headers[name]
    return form
  }
  const form = to('form')
  if (form.length > 0) {
    for (const name of Object.keys(headers)) if (/^content-type$/i.test(name)) delete headers[name]
    headers['Content-Type'] = 'application/x-www-form-urlencoded'
    return new URLSearchParams(Object.fromEntries(form.map((row) => [row.vendorName, literal(textOf(row))]))).toString()
  }
  const fields = to('bodyField').map((row) => [row.vendorName, textOf(row)])
  return JSON.stringify(Object.fromEntries([['name', 'Ada'], ...fields]))
}

/** The root of spec 11 §4.4, as a client would follow it. */
function resolveRoot(body: unknown, rootKey: string): unknown {
  const root = rootKey.slice(rootKey.indexOf('|') + 1)
  let current = body
  for (const step of root
    .replace(/\[(\d+|\*)\]/g, '.$1')
    .split('.')
    .filter(Boolean)) {
    if (step === '*') continue
    current = (current as Record<string, unknown> | undefined)?.[step]
  }
  return current
}

async function decode(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? ''
  const text = await response.text()
  if (/xml/.test(type)) return new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@' }).parse(text)
  return /json/.test(type) && text !== '' ? JSON.parse(text) : text
}

async function tokenFor(name: string, element: Element): Promise<string> {
  const url = defaultOf(element, 'oauth.token.url').trim()
  const path = pathOf(url === 'None' ? '' : url) || '/oauth2/token'
  if (element.authentication.type === 'oauth1') return oauth1Token(name, element)
  if (!element.authentication.type.startsWith('oauth2')) return ''
  const basic = Buffer.from('client-1:secret-1').toString('base64')
  const response = await listener.call(`/${name}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

async function oauth1Token(name: string, element: Element): Promise<string> {
  const names = ['consumer_key', 'signature_method', 'signature', 'timestamp', 'nonce']
  const signed = (more: Record<string, string>) =>
    `OAuth ${[...names.map((one) => [`oauth_${one}`, 'x']), ...Object.entries(more)].map(([key, value]) => `${key}="${value}"`).join(', ')}`
  const post = async (key: string, more: Record<string, string>) => {
    const path = pathOf(defaultOf(element, key))
    const response = await listener.call(`/${name}${path}`, {
      method: 'POST',
      headers: { authorization: signed(more) },
    })
    return new URLSearchParams(await response.text())
  }
  const request = (await post('oauth.request.url', { oauth_callback: 'oob' })).get('oauth_token') ?? ''
  const authorize = pathOf(defaultOf(element, 'oauth.authorization.url').split('?')[0] ?? '')
  const consent = await listener.call(
    `/${name}${authorize}?oauth_token=${request}&oauth_callback=${encodeURIComponent('http://127.0.0.1:1/')}`,
  )
  const oauth_verifier = new URL(consent.headers.get('location') ?? '').searchParams.get('oauth_verifier') ?? ''
  return (await post('oauth.token.url', { oauth_token: request, oauth_verifier })).get('oauth_token') ?? ''
}

describe.skipIf(!folder)('vendors of real exports', () => {
  for (const [file, element] of elements) {
    test(`${file}: every resource is answered`, async () => {
      const name = file
        .replace(/\.json$/, '')
        .replace(/[^\w.-]+/g, '-')
        .replace(/[-.]+$/, '')
      const token = await tokenFor(name, element)
      const failures: string[] = []
      for (const [at, resource] of element.resources.filter(isCalled).entries()) {
        // what is deleted is gone for those who come later
        const id = isDelete(resource) ? String(1000 + at) : '1'
        const { path, method, headers, body } = plainRequest(element, resource, token, id)
        const response = await listener.call(`/${name}${path}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body }),
        })
        const what = `${resource.type ?? 'api'} ${resource.method} ${resource.path} → ${method} ${path}`
        if (response.status >= 400) {
          failures.push(`${response.status} ${what}: ${(await response.text()).slice(0, 200)}`)
          continue
        }
        const decoded = await decode(response)
        const isRooted =
          resource.rootKey && response.status !== 204 && resolveRoot(decoded, resource.rootKey) === undefined
        if (isRooted) failures.push(`root ${resource.rootKey} ${what}: ${JSON.stringify(decoded).slice(0, 200)}`)
      }
      if (failures.length > 0)
        console.log([`${file}: ${failures.length} of ${element.resources.length}`, ...failures].join('\n  '))
      expect(failures).toEqual([])
    })
  }
})

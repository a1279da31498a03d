import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, FormData, request } from 'undici'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Element, Resource } from '../../src/model/element.ts'
import { createCertificates, hasOpenssl, javaKeyStore } from '../support/certificates.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { type Arrival, type Arrivals, recordSimulator, startElsewhere } from '../support/oracle/arrivals.ts'
import { craftedAnswer } from '../support/oracle/crafted-answer.ts'
import type { ExpectedRequest } from '../support/oracle/expected-request.ts'
import { judge, type Verdict } from '../support/oracle/judge.ts'
import { plausibleCall } from '../support/oracle/plausible-call.ts'
import { plausibleConfiguration } from '../support/oracle/plausible-configuration.ts'
import { type Provisioned, provision } from '../support/oracle/provisioning.ts'
import { type OracleCall, UNKNOWN } from '../support/oracle/values.ts'
import { withoutIdentity } from '../support/oracle/without-identity.ts'

/**
 * Exports of the original service, which are not part of the project: `VALENCE_TEST_EXPORTS` names a folder that holds
 * `elements/*.json`. Each is imported, exported, provisioned on the simulator, and every `api` resource is called, once
 * with what it needs and once with everything it declares. An oracle of its own (`test/support/oracle`), which knows the
 * format but not the engine, says what the vendor must get and the caller must see.
 *
 * The report is printed and kept as `valence-foreign-exports.txt` in the folder for temporary files.
 */
const folder = process.env['VALENCE_TEST_EXPORTS']
const files = folder
  ? readdirSync(join(folder, 'elements'))
      .filter((name) => name.endsWith('.json'))
      .toSorted()
  : []

/** Failures that are understood and not ours, by cause: what a reason must say. */
const EXPLAINED: readonly (readonly [cause: string, reason: RegExp])[] = []

interface Line extends Verdict {
  file: string
  label: string
}

const PROVISIONING = ['provisionAuthValidation', 'onProvision', 'oauth2Password', 'oauthOnTokenExchange']

const lines: Line[] = []
const unprovisioned: string[] = []
const notes: string[] = []

describe.skipIf(!folder)('foreign exports', () => {
  const arrivals: Arrival[] = []
  let hub: TestHub
  let recorder: Arrivals
  let elsewhere: Awaited<ReturnType<typeof startElsewhere>>
  const texts = new Map(files.map((file) => [file, readFileSync(join(folder ?? '', 'elements', file), 'utf8')]))

  const keyStore = folder && hasOpenssl ? makeKeyStore() : undefined

  beforeAll(async () => {
    elsewhere = await startElsewhere(literalOrigins([...texts.values()]), arrivals)
    hub = await startTestHub({ VALENCE_ORIGIN_MAP: elsewhere.originMap, VALENCE_EGRESS_ALLOW: '127.0.0.1' })
    if (!hub.hub.simulator) throw new Error('the hub runs without its simulator')
    recorder = recordSimulator(hub.hub.simulator, arrivals)
  })
  // its own: the global one may be Node's, of another version, which sends other forms
  const agent = new Agent()
  afterAll(async () => {
    await agent.close()
    await hub.close()
    await elsewhere.close()
    report()
  })

  for (const [file, text] of texts) {
    test(file, { timeout: 60_000 }, async () => {
      const given = JSON.parse(text) as Element
      const element = await importTwice(given)
      const name = vendorName(element)
      const instance = await obtainInstance(file, element, name)
      const failed: string[] = []
      for (const resource of element.resources.filter(({ type }) => (type || 'api') === 'api')) {
        for (const call of callsOf(resource)) {
          const label = `${resource.method} ${resource.path}`
          for (const verdict of await verdictsOf(element, resource, call, instance, name)) {
            lines.push({ file, label, ...verdict })
            if (isFailure(verdict)) failed.push(`${label}: ${verdict.reason}`)
          }
        }
      }
      expect(failed).toEqual([])
    })
  }

  /**
   * An instance; when the vendor's answers do not please a validation of the element, one without it, so that the
   * resources can be called all the same. The report tells them apart.
   */
  async function obtainInstance(file: string, element: Element, name: string): Promise<Provisioned> {
    const configuration = plausibleConfiguration(element, name, keyStore)
    const instance = await provision(hub, element, configuration)
    if ('token' in instance) {
      notes.push(`${file}: provisioned by ${instance.by}`)
      return instance
    }
    expect(String(instance.body?.message)).not.toMatch(/^Internal error/)
    notes.push(`${file}: NOT provisioned with its lifecycle: ${instance.status} ${instance.text.slice(0, 300)}`)
    unprovisioned.push(file)
    const resources = element.resources.filter(({ type }) => !PROVISIONING.includes(type ?? 'api'))
    const bare = await hub.call('PUT', `/elements/${element.key}`, { body: { ...element, resources } })
    expect(bare.status, bare.text.slice(0, 500)).toBe(200)
    const without = await provision(hub, { ...element, resources }, configuration, { withTokens: true })
    if (!('token' in without)) throw new Error(`no instance: ${without.status} ${without.text}`)
    return without
  }

  /** Imported, exported, and the export imported anew: nothing but identity may change. */
  async function importTwice(given: Element): Promise<Element> {
    const { key } = given
    const imported = await hub.call('POST', '/elements', { body: given })
    expect(imported.status, imported.text.slice(0, 500)).toBe(200)
    const first = await exportOf(key)
    expect(withoutIdentity(first)).toEqual(withoutIdentity(given))
    expect((await hub.call('DELETE', `/elements/${key}`)).status).toBe(200)
    const again = await hub.call('POST', '/elements', { body: first })
    expect(again.status, again.text.slice(0, 500)).toBe(200)
    expect(withoutIdentity(await exportOf(key))).toEqual(withoutIdentity(first))
    return (await hub.call('GET', `/elements/${key}`)).body
  }

  async function exportOf(key: string): Promise<Element> {
    const answer = await hub.call('GET', `/elements/${key}/export`)
    expect(answer.status, answer.text.slice(0, 500)).toBe(200)
    return answer.body
  }

  /** A simulated vendor that refuses says little about answers: the same call again, with an answer that fits. */
  async function verdictsOf(...given: Parameters<typeof callOnce>): Promise<Verdict[]> {
    const first = await callOnce(...given)
    if (first.reply !== 'vendor error') return [first]
    const [, resource] = given
    recorder.answerWith(craftedAnswer(resource, first.wantsXml === true))
    try {
      return [first, await callOnce(...given)]
    } finally {
      recorder.answerWith(undefined)
    }
  }

  async function callOnce(
    element: Element,
    resource: Resource,
    call: OracleCall,
    instance: Provisioned,
    name: string,
  ): Promise<Verdict> {
    recorder.take()
    // what an earlier resource deleted is there again
    hub.hub.simulator?.resetRows()
    const answer = await send(call, instance.token)
    const tokenPaths = ['oauth.token.url', 'oauth.token.refresh_url'].map((key) => pathOf(instance.configuration[key]))
    const taken = recorder.take().filter(({ target }) => !tokenPaths.includes(target.split('?', 1).join('')))
    const addressOf = (arrival: Arrival, expected: ExpectedRequest) => trueAddress(arrival, expected, name)
    return judge({ element, resource, call, configuration: instance.configuration, answer, arrivals: taken, addressOf })
  }

  async function send({ method, path, query, headers, body, parts }: OracleCall, token: string): Promise<Answer> {
    const search = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='))
    const target = `/hubs/any${path}${search.length > 0 ? `?${search.join('&')}` : ''}`
    const form = Object.keys(parts).length === 0 ? undefined : formOf(parts, body)
    const json = body === undefined ? null : JSON.stringify(body)
    const answer = await request(hub.api + target, {
      dispatcher: agent,
      method: method as 'GET',
      headers: {
        ...headers,
        authorization: `${hub.authorization}, Element ${token}`,
        ...(form || json === null ? {} : { 'content-type': 'application/json' }),
      },
      body: form ?? json,
    })
    const text = await answer.body.text()
    const isJson = String(answer.headers['content-type']).includes('json') && text !== ''
    const headersOf = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]))
    return { status: answer.statusCode, headers: headersOf, body: isJson ? JSON.parse(text) : undefined, text }
  }

  /** The simulator's doors are named after vendors; which origin is meant is what its own map says. */
  function trueAddress(arrival: Arrival, expected: ExpectedRequest, name: string): string | undefined {
    if (!arrival.door.startsWith('simulator:')) return arrival.door + arrival.target
    const origin = URL.parse(expected.address)?.origin ?? ''
    const doors = hub.hub.simulator?.origins('http://sim.test') ?? {}
    const door = doors[origin] ?? Object.entries(doors).find(([pattern]) => fits(pattern, origin))?.[1]
    // vendors on one origin share the door of the first
    if (door !== `http://sim.test/${arrival.door.slice('simulator:'.length)}` && arrival.door !== `simulator:${name}`) {
      return undefined
    }
    return origin + arrival.target
  }

  /** The name under which the simulator serves an element: its key, perhaps with its id. */
  function vendorName({ key, id }: Element): string {
    const doors = Object.values(hub.hub.simulator?.origins('http://sim.test') ?? {}).map((door) => door.slice(16))
    const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    return doors.find((door) => [plain(key), plain(`${key}${id}`)].includes(plain(door))) ?? key
  }
})

function makeKeyStore(): { store: string; password: string } {
  const certificates = createCertificates()
  const { cert, key } = certificates.client('exports')
  certificates.remove()
  const password = 'key-store-1'
  return { store: javaKeyStore({ client: { key, certs: [cert] } }, password).toString('base64'), password }
}

function formOf(parts: Record<string, string>, fields: unknown): FormData {
  const form = new FormData()
  for (const [name, text] of Object.entries(parts))
    form.set(name, new File([text], 'small.txt', { type: 'text/plain' }))
  for (const [name, value] of Object.entries((fields ?? {}) as Record<string, string>)) form.set(name, value)
  return form
}

function callsOf(resource: Resource): OracleCall[] {
  const [least, all] = [plausibleCall(resource, 'least'), plausibleCall(resource, 'all')]
  return JSON.stringify(least) === JSON.stringify(all) ? [least] : [least, all]
}

/** Hosts written out anywhere in the files: in hooks, too. Real ones must not be called by a test. */
function literalOrigins(all: readonly string[]): string[] {
  const found = all.flatMap((text) => [
    ...text.matchAll(/https?:\/\/([a-z0-9][a-z0-9.-]*\.[a-z]{2,})(?=[/"'\\?\s:])/gi),
  ])
  const origins = found.map(([origin]) => URL.parse(origin)?.origin).filter((origin) => origin !== undefined)
  return [...new Set(origins)]
}

function pathOf(url: string | null | undefined): string {
  return URL.parse(url ?? '')?.pathname ?? 'none'
}

function fits(pattern: string, origin: string): boolean {
  const [before = '', after] = pattern.split('*')
  return after === undefined ? pattern === origin : origin.startsWith(before) && origin.endsWith(after)
}

function isFailure({ request, reply, reason = '' }: Verdict): boolean {
  return (request === 'failed' || reply === 'failed') && !EXPLAINED.some(([, known]) => known.test(reason))
}

function report(): void {
  const count = (list: readonly string[]) => {
    const counts = Map.groupBy(list, (name) => name)
    return [...counts]
      .map(([name, { length }]) => `${String(length).padStart(6)}  ${name}`)
      .toSorted((a, b) => (a < b ? 1 : -1))
  }
  const bad = lines.filter(({ request, reply }) => request === 'failed' || reply === 'failed')
  const refused = lines.filter(({ request }) => request === 'refused as prescribed' || request === 'not executable')
  const summary = [
    `${files.length} exports, ${new Set(lines.map(({ file, label }) => `${file} ${label}`)).size} resources, ${lines.length} calls`,
    'vendor requests:',
    ...count(lines.map(({ request }) => request)),
    'answers to the caller:',
    ...count(lines.map(({ reply }) => reply)),
    'errors of the simulated vendors:',
    ...count(lines.filter(({ reply }) => reply === 'vendor error').map(({ reason = '' }) => reason)),
    `provisioned on the simulator: ${files.length - unprovisioned.length}`,
    'not called:',
    ...count(refused.map(({ reason }) => reason ?? '')),
  ]
  const byFile = Map.groupBy(
    lines.filter(({ reply }) => reply === 'vendor error'),
    ({ file, reason }) => `${file} ${reason}`,
  )
  notes.push(
    '',
    'errors of the simulated vendors by export:',
    ...[...byFile].map(([name, { length }]) => `${length} ${name}`),
  )
  const threw = lines.filter(({ scriptFailure }) => scriptFailure !== undefined)
  summary.push(`hooks that ended in an exception on made-up data: ${threw.length}`)
  notes.push('', 'exceptions of hooks:', ...new Set(threw.map(({ file, scriptFailure }) => `${file} ${scriptFailure}`)))
  const details = bad.map(({ file, label, reason = '' }) => `${file} ${label}: ${reason.replaceAll(UNKNOWN, '*')}`)
  console.log(summary.join('\n'))
  writeFileSync(
    join(tmpdir(), 'valence-foreign-exports.txt'),
    [...summary, '', 'failed:', ...details, '', ...notes, ''].join('\n'),
  )
}

import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client as Database } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest'
import { SEALED_COLUMNS as ACCOUNT_COLUMNS } from '../../src/accounts/secrets.ts'
import { SEALED_COLUMNS as APPLICATION_COLUMNS } from '../../src/instances/applications.ts'
import { SEALED_COLUMNS as INSTANCE_COLUMNS } from '../../src/instances/instance-table.ts'
import { SEALED_COLUMNS as PROXY_COLUMNS } from '../../src/instances/oauth-proxies.ts'
import { SEALED_COLUMNS as MAIL_COLUMNS } from '../../src/notifications/mail-table.ts'
import { SEALED_COLUMNS as SUBSCRIPTION_COLUMNS } from '../../src/notifications/notification-table.ts'
import { type Answer, type Client, createClient } from '../support/client.ts'
import { createTestDatabase } from '../support/database.ts'
import { embeddedFolder } from '../support/embedded-server.ts'
import { ADMIN, clientOf, type HubProcess, signIn, startHubProcess, startValence } from '../support/hub-process.ts'
import { endAll, type TestProcess } from '../support/processes.ts'
import { CALLBACK, CLIENT, provision, provisionBody, startVendor, type Vendor } from '../support/vendor.ts'

/** `valence serve` and `valence keys rotate` as an operator meets them: what they print, how they end, what they leave unsaid. */
let vendor: Vendor
let database: Awaited<ReturnType<typeof createTestDatabase>>
let dataDir: string
let env: Record<string, string>
const started: TestProcess[] = []

beforeAll(async () => {
  vendor = await startVendor()
})
afterAll(() => vendor.close())
beforeEach(async () => {
  vendor.simulator.reset()
  ;[database, dataDir] = await Promise.all([createTestDatabase(), mkdtemp(join(tmpdir(), 'valence-serve-'))])
  env = { DATABASE_URL: database.url, VALENCE_DATA_DIR: dataDir, VALENCE_ORIGIN_MAP: vendor.originMap }
})
afterEach(async () => {
  await endAll(started.splice(0))
  await database.drop()
  await rm(dataDir, { recursive: true, force: true })
})

async function serve(more: Record<string, string> = {}): Promise<HubProcess> {
  const hub = await startHubProcess({ ...env, ...more })
  started.push(hub)
  return hub
}

function run(parameters: string[], settings: Record<string, string>): TestProcess {
  const process = startValence(parameters, settings)
  started.push(process)
  return process
}

const linesOf = (process: TestProcess) => process.output().trim().split('\n')
const callContacts = (client: Client, token: string) => client.call('GET', '/hubs/crm/contacts?pageSize=1', { token })

describe('a start that cannot succeed says why and ends with 1', () => {
  test('one line for each wrong setting, and no secret in it', async () => {
    const hub = run(['serve'], {
      VALENCE_PORT: '99999',
      VALENCE_LOG_LEVEL: 'loud',
      VALENCE_PUBLIC_URL: 'hub.example.com',
      VALENCE_ADMIN_PASSWORD: 'short-1',
      DATABASE_URL: 'mysql://root:pw-of-mysql@db/valence',
    })
    expect(await hub.ended).toEqual({ code: 1, signal: null })
    const lines = linesOf(hub)
    expect(lines).toHaveLength(5)
    for (const [name, got] of [
      ['VALENCE_PORT', '"99999"'],
      ['VALENCE_LOG_LEVEL', '"loud"'],
      ['VALENCE_PUBLIC_URL', '"hub.example.com"'],
      ['VALENCE_ADMIN_PASSWORD', 'something else'],
      ['DATABASE_URL', 'something else'],
    ] as const) {
      const line = lines.find((one) => one.includes(`${name}: expected `))
      expect(line, name).toContain(`got ${got}`)
    }
    expect(hub.output()).not.toContain('pw-of-mysql')
    expect(hub.output()).not.toContain('short-1')
  })

  const nowhere = 'postgres://valence:pw-of-database@127.0.0.1:1/valence'
  const cases = [
    ['a key that is none', { VALENCE_KEYS: 'one:c2hvcnQ=' }, ['VALENCE_KEYS', 'entry 1', '32 bytes']],
    ['an origin map that is none', { VALENCE_ORIGIN_MAP: 'api.vendor.com' }, ['VALENCE_ORIGIN_MAP']],
    ['an allow-list that is none', { VALENCE_EGRESS_ALLOW: '10.0.0.0/99' }, ['VALENCE_EGRESS_ALLOW']],
    ['a settings file that is not there', { VALENCE_CONFIG: '/nowhere/valence.env' }, ['VALENCE_CONFIG']],
    ['a database that does not answer', {}, ['127.0.0.1:1']],
  ] as const
  test('one sentence for everything else', async () => {
    const hubs = cases.map(([, settings]) =>
      run(['serve'], { VALENCE_DATA_DIR: dataDir, VALENCE_PORT: '0', DATABASE_URL: nowhere, ...settings }),
    )
    for (const [at, [name, , words]] of cases.entries()) {
      const hub = hubs[at] as TestProcess
      expect(await hub.ended, name).toEqual({ code: 1, signal: null })
      const lines = linesOf(hub)
      expect(lines, name).toHaveLength(1)
      for (const word of words) expect(lines[0], name).toContain(word)
      expect(hub.output()).not.toMatch(/pw-of-database|c2hvcnQ=/)
    }
  })

  test('a port that is in use', async () => {
    const occupant = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => occupant.once('listening', resolve))
    const { port } = occupant.address() as { port: number }
    try {
      const hub = run(['serve'], { ...env, VALENCE_PORT: String(port) })
      expect(await hub.ended).toEqual({ code: 1, signal: null })
      const explained = linesOf(hub).filter((line) => line.startsWith('valence: '))
      expect(explained, hub.output()).toEqual([expect.stringContaining(`127.0.0.1:${port}`)])
      expect(explained[0]).toContain('VALENCE_PORT')
      expect(hub.output()).not.toContain('    at ')
    } finally {
      occupant.close()
    }
  })
})

test('a first start that fails for its port does not take the password with it', async () => {
  const occupant = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => occupant.once('listening', resolve))
  const { port } = occupant.address() as { port: number }
  const settings = { ...env, VALENCE_ADMIN_EMAIL: '', VALENCE_ADMIN_PASSWORD: '' }
  const first = run(['serve'], { ...settings, VALENCE_PORT: String(port) })
  await first.ended
  occupant.close()
  const second = await serve(settings)
  const [, password = ''] = /Password \(shown once\): (\S+)/.exec(first.output() + second.output()) ?? []
  const { userSecret } = await signIn(second, { email: 'admin@valence.local', password })
  expect(userSecret).toBeTruthy()
})

test('the first start prints its address and a password that works, later starts only the address', async () => {
  const first = run(['serve'], { ...env, VALENCE_PORT: '0' })
  const [, url] = await first.printed(/Valence listens on (\S+)/)
  const [, email = ''] = await first.printed(/administrator (\S+)/)
  const [, password = ''] = await first.printed(/Password \(shown once\): (\S+)/)
  expect(first.output().split(password)).toHaveLength(2)
  const hub = { ...first, url: url ?? '', api: `${url}/elements/api-v2` } as HubProcess
  const { userSecret, organizationSecret } = await signIn(hub, { email, password })
  expect(userSecret).toBeTruthy()
  first.signal('SIGTERM')
  expect(await first.ended).toEqual({ code: 0, signal: null })

  const second = await serve({ VALENCE_ADMIN_EMAIL: '', VALENCE_ADMIN_PASSWORD: '' })
  const began = performance.now()
  await (await fetch(`${second.url}/healthz`)).text() // leaves a connection open for reuse; an idle one delays nothing
  expect(await second.stop()).toEqual({ code: 0, signal: null })
  expect(performance.now() - began).toBeLessThan(2_000)
  expect(second.output()).not.toMatch(/first start|password|administrator/i)
  for (const output of [first.output(), second.output()]) {
    expect(output).not.toContain(userSecret)
    expect(output).not.toContain(organizationSecret)
  }
})

describe('SIGTERM', () => {
  test('the call under way is answered, new connections are refused, exit code 0', async () => {
    const hub = await serve()
    const client = await clientOf(hub)
    const instance = await provision(client, vendor)
    vendor.simulator.addFault({ match: { path: '/v2/contacts' }, fault: 'slow:800' })
    const arrived = vendor.nextRequest('/v2/contacts')
    const call = callContacts(client, instance.token)
    await arrived
    hub.signal('SIGTERM')
    await vi.waitFor(() => expect(fetch(`${hub.url}/healthz`)).rejects.toThrow(), { timeout: 500, interval: 10 })
    const answer = await call
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toHaveLength(1)
    expect(await hub.ended).toEqual({ code: 0, signal: null })
  })

  test('during the start of the embedded database it is heard as well: no server stays behind', async () => {
    const folder = await embeddedFolder()
    try {
      const hub = run(['serve'], { VALENCE_PORT: '0', VALENCE_DATA_DIR: folder.dataDir })
      await vi.waitFor(async () => expect(await folder.serverPid()).toBeDefined(), { timeout: 15_000, interval: 5 })
      hub.signal('SIGTERM')
      expect((await hub.ended).signal, 'not by default, which would leave the server behind').toBeNull()
      await vi.waitFor(async () => expect(await folder.serverPid()).toBeUndefined(), { timeout: 5_000 })
    } finally {
      await endAll(started)
      await folder.remove()
    }
  }, 30_000)

  test('a second signal ends at once with 1', async () => {
    const hub = await serve()
    const client = await clientOf(hub)
    const instance = await provision(client, vendor)
    vendor.simulator.addFault({ match: { path: '/v2/contacts' }, fault: 'slow:10000' })
    const arrived = vendor.nextRequest('/v2/contacts')
    const call = callContacts(client, instance.token).catch((error: Error) => error)
    await arrived
    hub.signal('SIGTERM')
    await hub.printed(/"stopping"/)
    hub.signal('SIGTERM')
    expect(await hub.ended).toEqual({ code: 1, signal: null })
    expect(await call).toBeInstanceOf(Error)
  })
})

test('a hub without its database is not ready, says so, and recovers by itself', async () => {
  const hub = await serve()
  const client = await clientOf(hub)
  const instance = await provision(client, vendor)
  const status = async (path: string) => (await fetch(hub.url + path)).status
  expect(await status('/readyz')).toBe(200)

  const name = new URL(database.url).pathname.slice(1)
  const admin = new Database(inject('adminUrl'))
  await admin.connect()
  try {
    await admin.query(`alter database ${name} allow_connections false`)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
    await vi.waitFor(async () => expect(await status('/readyz')).toBe(503), { timeout: 3_000 })
    expect(await status('/healthz')).toBe(200)
    const refused = await client.call('GET', '/instances')
    expect(refused.status, hub.output()).toBe(503)
    expect(refused.body).toEqual({ requestId: expect.any(String), message: expect.stringContaining('try again') })
    await admin.query(`alter database ${name} allow_connections true`)
    await vi.waitFor(async () => expect(await status('/readyz')).toBe(200), { timeout: 3_000 })
    expect((await callContacts(client, instance.token)).status).toBe(200)
    expect((await client.call('GET', '/instances')).body).toHaveLength(1)
  } finally {
    await admin.end()
  }
  expect(await hub.stop()).toEqual({ code: 0, signal: null })
})

test('connections that break under calls cost 503 at worst, and nothing once they are back', async () => {
  const hub = await serve()
  const client = await clientOf(hub)
  const instance = await provision(client, vendor)
  const calls: Record<string, (turn: number) => Promise<Answer>> = {
    patch: (turn) => client.call('PATCH', `/instances/${instance.id}`, { body: { name: `turn ${turn}` } }),
    list: () => client.call('GET', '/instances'),
    call: () => callContacts(client, instance.token),
  }
  const seen = new Set<string>()
  let isOver = false
  const loops = Object.entries(calls).flatMap(([name, call]) =>
    Array.from({ length: 4 }, async () => {
      for (let turn = 0; !isOver; turn++) {
        const { status, body } = await call(turn)
        seen.add(status === 200 ? 'fine' : `${name}: ${status} ${body?.message}`)
      }
    }),
  )
  const admin = new Database(inject('adminUrl'))
  await admin.connect()
  for (let times = 0; times < 5; times++) {
    await wait(150)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      new URL(database.url).pathname.slice(1),
    ])
  }
  await admin.end()
  isOver = true
  await Promise.all(loops)
  expect([...seen].filter((one) => one !== 'fine' && !/: 503 .*try again later$/.test(one))).toEqual([])
  for (const call of Object.values(calls)) await vi.waitFor(async () => expect((await call(0)).status).toBe(200))
})

test('no secret is in the log, at any level, of calls that succeed and of calls that fail', async () => {
  const url = new URL(database.url)
  url.password ||= 'pw-of-database-1' // a server that trusts everybody takes any
  const keys = `ring-one:${randomBytes(32).toString('base64')}`
  const hub = await serve({ DATABASE_URL: url.href, VALENCE_LOG_LEVEL: 'trace', VALENCE_KEYS: keys })
  const admin = await signIn(hub)
  const client = createClient(hub, admin.authorization)
  const tokens: string[] = []
  const strike = (path: string, fault: string, times = 1) =>
    vendor.simulator.addFault({ match: { path }, fault, times })

  const instance = await provision(client, vendor)
  tokens.push(instance.token)
  await callContacts(client, instance.token)
  // the vendor fails in every way it can, while it is called and while it is asked for tokens
  for (const fault of ['status:500', 'malformed-json', 'reset', 'reset-before', 'rate-limit:60', 'expired-token']) {
    strike('/v2/contacts', fault, 3)
    await client.call('POST', '/hubs/crm/contacts', { token: instance.token, body: { last_name: 'Hopper' } })
    await callContacts(client, instance.token)
    await callContacts(client, instance.token)
  }
  for (const fault of ['status:400', 'status:503', 'malformed-json', 'reset', 'reset-before']) {
    strike('/oauth2/token', fault)
    await client.call('POST', '/instances', { body: await provisionBody(vendor) })
    const fresh = await provision(client, vendor)
    tokens.push(fresh.token)
    vendor.simulator.expireTokens()
    strike('/oauth2/token', fault)
    await callContacts(client, fresh.token)
  }
  strike('/oauth2/revoke', 'status:500')
  await client.call('DELETE', `/instances/${instance.id}`)
  // callers that are wrong
  await client.call('POST', '/instances', { body: { ...(await provisionBody(vendor)), providerData: {} } })
  await createClient(hub, undefined).call('POST', '/authentication', {
    body: { ...ADMIN, password: 'not-the-password' },
  })
  await createClient(hub, `${admin.authorization}x`).call('GET', '/instances')
  await createClient(hub, `Bearer ${admin.token}`).call('GET', '/nowhere')
  await client.call(
    'GET',
    `/elements/base/oauth/url?apiKey=${CLIENT.key}&apiSecret=${CLIENT.secret}&callbackUrl=${CALLBACK}`,
  )
  // the database breaks in the middle
  const superuser = new Database(inject('adminUrl'))
  await superuser.connect()
  await superuser.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    url.pathname.slice(1),
  ])
  await superuser.end()
  await client.call('GET', '/instances')
  expect((await hub.stop()).code).toBe(0)

  const output = hub.output()
  expect(output.split('\n').length).toBeGreaterThan(5)
  const secrets = {
    'the password of the administrator': [ADMIN.password],
    'a password that was tried': ['not-the-password'],
    'the password of the database': [url.password, decodeURIComponent(url.password)],
    'a key of the ring': [keys.slice('ring-one:'.length)],
    'user secret': [admin.userSecret],
    'organization secret': [admin.organizationSecret],
    'token of a sign-in': [admin.token],
    'client secret': [CLIENT.secret],
    'token of an instance': tokens,
    'code or token of the vendor': [...vendor.issued],
  }
  expect(vendor.issued.size).toBeGreaterThan(15)
  for (const [what, values] of Object.entries(secrets)) {
    const leaked = values.filter((value) => output.includes(value))
    const lines = output.split('\n').filter((line) => leaked.some((value) => line.includes(value)))
    expect(lines, what).toEqual([])
  }
})

describe('valence keys rotate', { timeout: 60_000 }, () => {
  /** Calls without a pause until stopped. */
  function callAllTheTime(client: Client, tokens: string[]) {
    const statuses: Record<number, number> = {}
    let isOver = false
    const loops = tokens.map(async (token) => {
      while (!isOver) {
        for (const answer of [await callContacts(client, token), await client.call('GET', '/instances')]) {
          statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        }
      }
    })
    return async () => {
      isOver = true
      await Promise.all(loops)
      return statuses
    }
  }

  async function keyIdsInUse(): Promise<string[]> {
    const columns = [
      { table: 'data_keys', column: 'ciphertext' },
      ...ACCOUNT_COLUMNS,
      ...SUBSCRIPTION_COLUMNS,
      ...MAIL_COLUMNS,
      ...INSTANCE_COLUMNS,
      ...PROXY_COLUMNS,
      ...APPLICATION_COLUMNS,
    ]
    const reader = new Database(database.url)
    await reader.connect()
    const ids = new Set<string>()
    for (const { table, column } of columns) {
      const { rows } = await reader.query(
        `select distinct split_part(${column}, '.', 2) as id from ${table} where ${column} is not null`,
      )
      for (const { id } of rows) ids.add(id)
    }
    await reader.end()
    return [...ids]
  }

  async function makeInstances(client: Client) {
    return Promise.all(Array.from({ length: 12 }, (_, n) => provision(client, vendor, `instance ${n}`)))
  }

  async function expectAllWork(client: Client, instances: { token: string }[]) {
    for (const { token } of instances) expect((await callContacts(client, token)).status).toBe(200)
  }

  test('with a key file: nothing fails meanwhile, and the old key is needed no more', async () => {
    const hub = await serve()
    const client = await clientOf(hub)
    const instances = await makeInstances(client)
    const [oldId] = await keyIdsInUse()
    vendor.simulator.expireTokens() // refreshes are under way as well
    const stop = callAllTheTime(
      client,
      instances.slice(0, 4).map(({ token }) => token),
    )
    const rotation = run(['keys', 'rotate'], env)
    expect(await rotation.ended, rotation.output()).toEqual({ code: 0, signal: null })
    const during = await provision(client, vendor, 'made after')
    const statuses = await stop()
    expect(Object.keys(statuses)).toEqual(['200'])

    const [newId] = await keyIdsInUse()
    expect(await keyIdsInUse()).toEqual([newId])
    expect(newId).not.toBe(oldId)
    expect(rotation.output()).toContain(`New key: ${newId}`)
    expect(rotation.output()).toContain(
      'files of bulk jobs: 0 parts, 0 rows of errors under an older key\nDone: older keys may',
    )
    await expectAllWork(client, [...instances, during])
    expect((await hub.stop()).code).toBe(0)

    const file = join(dataDir, 'keys')
    const entries = (await readFile(file, 'utf8')).trim().split(',')
    expect(entries.map((entry) => entry.split(':')[0])).toEqual([newId, oldId])
    expect(rotation.output()).not.toContain(entries[0]?.split(':')[1])
    await writeFile(file, `${entries[0]}\n`)
    const restarted = await serve()
    await expectAllWork(await clientOf(restarted), [...instances, during])
  })

  test('with VALENCE_KEYS: the operator brings the new key, and cannot take the old one away too early', async () => {
    const [one, two] = ['one', 'two'].map((id) => `${id}:${randomBytes(32).toString('base64')}`)
    const first = await serve({ VALENCE_KEYS: `${one}` })
    const instances = await makeInstances(await clientOf(first))
    expect(await keyIdsInUse()).toEqual(['one'])
    expect((await first.stop()).code).toBe(0)

    const hasty = run(['serve'], { ...env, VALENCE_PORT: '0', VALENCE_KEYS: `${two}` })
    expect(await hasty.ended).toEqual({ code: 1, signal: null })
    expect(linesOf(hasty)).toEqual([expect.stringContaining('key "one"')])

    const second = await serve({ VALENCE_KEYS: `${two},${one}` })
    const client = await clientOf(second)
    const stop = callAllTheTime(client, [instances[0]?.token ?? ''])
    const rotation = run(['keys', 'rotate'], { ...env, VALENCE_KEYS: `${two},${one}` })
    expect(await rotation.ended, rotation.output()).toEqual({ code: 0, signal: null })
    expect(Object.keys(await stop())).toEqual(['200'])
    expect(await keyIdsInUse()).toEqual(['two'])
    expect((await second.stop()).code).toBe(0)

    const third = await serve({ VALENCE_KEYS: `${two}` })
    await expectAllWork(await clientOf(third), instances)
  })
})

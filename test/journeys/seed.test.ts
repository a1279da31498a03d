import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../support/hub.ts'
import { organizationSecretOf, userSecretOf } from './people.ts'

/**
 * The seed's page, run as it is printed: its two curl commands joined to one line, the blanks in the query
 * percent-encoded, host and placeholders replaced; in its own spelling and in the platform's (issue 2 §4, spec 01 §6).
 */
const run = promisify(execFile)
const CLIENT_ID = 'fake_Base CRM_api_key'
const CLIENT_SECRET = 'fake_Base CRM_api_secret'
const CALLBACK = 'https://www.mycoolapp.com/auth'

let hub: TestHub
/** no simulator: what a customer of the real vendor sees */
let plainHub: TestHub
let folder: string

beforeAll(async () => {
  hub = await startTestHub()
  plainHub = await startTestHub({ VALENCE_SIMULATE: 'off' })
  folder = await mkdtemp(join(tmpdir(), 'valence-seed-'))
  await writeFile(join(folder, '.curlrc'), 'silent\nshow-error\nwrite-out = "\\n%{http_code} %{content_type}"\n')
})

afterAll(async () => {
  await hub.close()
  await plainHub.close()
  await rm(folder, { recursive: true, force: true })
})

const seedFile = (name: string) => readFile(new URL(`seed/${name}`, import.meta.url), 'utf8')

/** The seed's text in the platform's spelling. */
const inPlatformSpelling = (text: string) => text.replaceAll('your_mom', 'element')

interface Spelling {
  name: string
  noun: 'your_mom' | 'element'
  respell(text: string): string
}
const SPELLINGS: Spelling[] = [
  { name: 'the seed’s spelling', noun: 'your_mom', respell: (text) => text },
  { name: 'the platform’s spelling', noun: 'element', respell: inPlatformSpelling },
]

async function runSeedCommand(
  command: string,
  { target = hub, respell }: { target?: TestHub } & Pick<Spelling, 'respell'>,
) {
  const line = respell(command)
    .trim()
    .split('\n')
    .join(' ')
    .replace(/https:\/\/api\.cloud-(your_mom|element)s\.com/, target.hub.url)
    .replace(/\?[^']*/, (query) => query.replaceAll(' ', '%20'))
    .replace('<INSERT_USER_SECRET>', userSecretOf(target.authorization))
    .replace('<INSERT_ORGANIZATION_SECRET>', organizationSecretOf(target.authorization))
  const { stdout } = await run('sh', ['-c', line], {
    cwd: folder,
    env: { PATH: process.env['PATH'], CURL_HOME: folder },
  })
  const end = stdout.lastIndexOf('\n')
  const [status, ...type] = stdout.slice(end + 1).split(' ')
  return { status: Number(status), contentType: type.join(' '), body: JSON.parse(stdout.slice(0, end)) }
}

async function runStepOne(spelling: Spelling, target = hub) {
  return runSeedCommand(await seedFile('oauth-url.sh'), { target, respell: spelling.respell })
}

/** The user's consent at the vendor, as a browser would follow it. */
async function codeBehind(oauthUrl: string): Promise<{ code: string; state: string; address: string }> {
  const consent = await fetch(oauthUrl, { redirect: 'manual' })
  const location = new URL(consent.headers.get('location') ?? '')
  const { code, state } = Object.fromEntries(location.searchParams)
  return { code: code ?? '', state: state ?? '', address: location.origin + location.pathname }
}

async function runStepTwo(spelling: Spelling, code: string, name: string) {
  const instance = spelling
    .respell(await seedFile('instance.json'))
    .replace('Code on Return the URL', code)
    .replace('<INSERT_BASECRM_CLIENT_ID>', CLIENT_ID)
    .replace('<INSERT_BASECRM_CLIENT_SECRET>', CLIENT_SECRET)
    .replace('<INSERT_TAGS>', 'seed tag')
    .replace('<INSERT_INSTANCE_NAME>', name)
  await writeFile(join(folder, 'instance.json'), instance)
  return runSeedCommand(await seedFile('create-instance.sh'), { respell: spelling.respell })
}

async function provisionAsTheSeedSays(spelling: Spelling, name: string) {
  const { code } = await codeBehind((await runStepOne(spelling)).body.oauthUrl)
  return runStepTwo(spelling, code, name)
}

for (const spelling of SPELLINGS) {
  const { noun } = spelling
  describe(spelling.name, () => {
    test('step 1 answers the vendor’s consent page and the key, and nothing else', async () => {
      const { status, contentType, body } = await runStepOne(spelling, plainHub)
      expect(status).toBe(200)
      expect(contentType).toBe('application/json;charset=UTF-8')
      expect(Object.keys(body).sort()).toEqual(['oauthUrl', noun].sort())
      expect(body[noun]).toBe('base')
      const url = new URL(body.oauthUrl)
      expect(url.origin + url.pathname).toBe('https://api.getbase.com/oauth2/authorize')
      expect(Object.fromEntries(url.searchParams)).toEqual({
        response_type: 'code',
        client_id: CLIENT_ID,
        redirect_uri: CALLBACK,
        state: 'base',
        scope: 'read write profile',
      })
      expect(body.oauthUrl, 'the redirect address is encoded, spec 10 §5.2').toContain(encodeURIComponent(CALLBACK))
      expect(body.oauthUrl).not.toContain('api_secret')
    })

    test('the vendor comes back to the callback with code and state', async () => {
      const { code, state, address } = await codeBehind((await runStepOne(spelling)).body.oauthUrl)
      expect({ state, address }).toEqual({ state: 'base', address: CALLBACK })
      expect(code).not.toBe('')
    })

    test('step 2 answers an instance with every member of the sample in its wire type', async () => {
      const { status, contentType, body } = await provisionAsTheSeedSays(spelling, 'Seed')
      expect(status, JSON.stringify(body)).toBe(200)
      expect(contentType).toBe('application/json;charset=UTF-8')
      expect(body).toMatchObject({
        id: expect.any(Number),
        name: 'Seed',
        token: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
        [noun]: {
          id: 201,
          name: 'Base CRM',
          key: 'base',
          description: expect.any(String),
          image: expect.stringMatching(new RegExp(`^${noun}s/[^/]+\\.png$`)),
          active: true,
          deleted: false,
          typeOauth: true,
          trialAccount: false,
          configDescription: expect.any(String),
          signupURL: expect.stringMatching(/^https:/),
          transformationsEnabled: expect.any(Boolean),
          authentication: { type: 'oauth2' },
          hub: 'crm',
          parameters: [],
        },
        [`${noun}Id`]: 201,
        tags: ['seed tag'],
        provisionInteractions: [],
        valid: true,
        disabled: false,
        maxCacheSize: 0,
        cacheTimeToLive: 0,
        configuration: {
          'oauth.api.secret': '********',
          'event.notification.subscription.id': null,
          'event.notification.callback.url': null,
          'oauth.callback.url': CALLBACK,
          'oauth.scope': 'read write profile',
          'oauth.api.key': '********',
          'oauth.user.token': '********',
          'event.notification.enabled': 'false',
        },
        eventsEnabled: false,
        cachingEnabled: false,
        traceLoggingEnabled: false,
      })
      expect(Number.isInteger(body.id)).toBe(true)
      const other = noun === 'element' ? /your_mom/i : /element/i
      const { configuration: _configuration, ...ours } = body
      expect(memberNames(ours).filter((name) => other.test(name))).toEqual([])
    })

    test('a required entry that is not given is named', async () => {
      await writeFile(
        join(folder, 'instance.json'),
        JSON.stringify({ [noun]: { key: 'base' }, name: 'x', configuration: {}, providerData: { code: 'c' } }),
      )
      const { status, body } = await runSeedCommand(await seedFile('create-instance.sh'), spelling)
      expect(status).toBe(400)
      for (const key of ['oauth.api.key', 'oauth.api.secret', 'oauth.callback.url']) expect(body.message).toContain(key)
    })
  })
}

describe('the dialect beyond the seed’s two calls', () => {
  const dialect = '/your_moms/api-v2'
  let instance: { id: number; token: string }

  beforeAll(async () => {
    const answer = await hub.call('POST', `${dialect}/instances`, {
      body: {
        your_mom: { key: 'base' },
        name: 'Dialect',
        providerData: { code: await hub.obtainCode() },
        configuration: {
          'oauth.api.key': 'test-key',
          'oauth.api.secret': 'test-secret',
          'oauth.callback.url': CALLBACK,
        },
      },
    })
    expect(answer.status, answer.text).toBe(200)
    instance = answer.body
  })

  test('a list reads your_mom in every row', async () => {
    const { status, body } = await hub.call('GET', `${dialect}/instances?searchText=Dialect`)
    expect(status).toBe(200)
    expect(body).toHaveLength(1)
    expect(body[0]).toMatchObject({
      your_mom: { key: 'base', image: expect.stringMatching(/^your_moms\//) },
      your_momId: 201,
    })
    expect(body[0]).not.toHaveProperty('element')
  })

  test('query names are read in the dialect', async () => {
    expect((await hub.call('GET', `${dialect}/instances?your_momKeys[]=base`)).status).toBe(200)
    expect((await hub.call('GET', `${dialect}/instances?your_momKeys[]=nothere`)).status).toBe(404)
  })

  test('slim rows of a list too', async () => {
    const { body } = await hub.call('GET', `${dialect}/instances?hydrate=false&searchText=Dialect`)
    expect(body[0]).toMatchObject({ id: instance.id, name: 'Dialect', your_mom: { id: 201, key: 'base' } })
  })

  test('counts of instances read your_momInstances', async () => {
    const { body } = await hub.call('GET', `${dialect}/instances/count`)
    expect(body).toMatchObject({ totalInstances: expect.any(Number), your_momInstances: expect.any(Array) })
  })

  for (const path of [
    '/your_moms',
    '/your_moms/base',
    '/your_moms/201',
    '/your_moms/base/configuration',
    '/your_moms/base/instances',
    '/hubs/crm/your_moms',
  ]) {
    test(`GET ${path} is the platform’s route`, async () => {
      const plain = path.replaceAll('your_mom', 'element')
      const [said, expected] = [await hub.call('GET', dialect + path), await hub.call('GET', plain)]
      expect([said.status, expected.status]).toEqual([200, 200])
      expect(Array.isArray(said.body)).toBe(Array.isArray(expected.body))
      expect(said.text.length).toBeGreaterThan(2)
    })
  }

  test('PATCH takes and answers the dialect', async () => {
    const { status, body } = await hub.call('PATCH', `${dialect}/instances/${instance.id}`, {
      body: { your_mom: { id: 201 }, your_momId: 201, tags: ['patched'] },
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id: instance.id, tags: ['patched'], your_mom: { key: 'base' }, your_momId: 201 })
  })

  test('the instance of the dialect is the instance of the platform', async () => {
    const { body } = await hub.call('GET', `/instances/${instance.id}`)
    expect(body).toMatchObject({
      id: instance.id,
      element: { key: 'base', image: expect.stringMatching(/^elements\//) },
    })
    expect(body).not.toHaveProperty('your_mom')
  })

  test('configuration keys are never translated', async () => {
    const { status, body } = await hub.call('PATCH', `${dialect}/instances/${instance.id}`, {
      body: { configuration: { 'element.note': 'a', 'your_mom.note': 'b' } },
    })
    expect(status).toBe(200)
    expect(body.configuration).toMatchObject({ 'element.note': 'a', 'your_mom.note': 'b' })
    const plain = await hub.call('GET', `/instances/${instance.id}`)
    expect(plain.body.configuration).toMatchObject({ 'element.note': 'a', 'your_mom.note': 'b' })
  })

  for (const [where, path] of [
    ['under the dialect', `${dialect}/hubs/crm/users/me`],
    ['and under the platform’s prefix', '/hubs/crm/users/me'],
  ] as const) {
    for (const pair of ['Your_mom', 'your_mom', 'Element']) {
      test(`the header pair "${pair} <token>" is accepted ${where}`, async () => {
        const authorization = `${hub.authorization}, ${pair} ${instance.token}`
        expect((await hub.call('GET', path, { authorization })).status).toBe(200)
      })
    }
  }

  describe('bodies of vendors are not ours', () => {
    const record = {
      last_name: 'Vendorson',
      description: 'element and your_mom',
      custom_fields: { element: 'iron', elementId: '26', your_mom: 'kept', image: 'elements/x.png' },
    }

    for (const path of ['/hubs/crm/contacts', '/contacts']) {
      test(`a record written and read at ${path} stays as it is`, async () => {
        const created = await hub.call('POST', dialect + path, { token: instance.token, body: record })
        expect(created.status).toBe(200)
        expect(created.body).toMatchObject(record)
        const atVendor = hub.hub.simulator?.rows('base', 'contacts').find((row) => row['id'] === created.body.id)
        expect(atVendor).toMatchObject(record)
        const read = await hub.call('GET', `${dialect}${path}/${created.body.id}`, { token: instance.token })
        expect(read.body.custom_fields).toEqual(record.custom_fields)
      })
    }

    test('the vendor’s own query names reach it unchanged', async () => {
      await hub.call('GET', `${dialect}/hubs/crm/contacts?where=your_mom='1' and element='2'`, {
        token: instance.token,
      })
      expect(hub.hub.simulator?.requests(1)[0]?.query).toMatchObject({ your_mom: '1', element: '2' })
    })
  })

  test('DELETE removes the instance', async () => {
    expect((await hub.call('DELETE', `${dialect}/instances/${instance.id}`)).status).toBe(200)
    expect((await hub.call('GET', `${dialect}/instances/${instance.id}`)).status).toBe(404)
  })

  test('an error of the dialect has the usual body', async () => {
    const { status, body, headers } = await hub.call('GET', `${dialect}/your_moms/nothere`)
    expect(status).toBe(404)
    expect(body).toEqual({ requestId: headers.get('elements-request-id'), message: expect.any(String) })
  })

  test('a path that only begins like the dialect is not the dialect', async () => {
    expect((await hub.call('GET', '/your_moms/api-v3/your_moms/base')).status).toBe(404)
  })
})

/** Names of members at every depth. */
function memberNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(memberNames)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [name, ...memberNames(member)])
}

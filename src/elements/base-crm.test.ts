import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Element, Resource } from '../model/element.ts'
import { loadCatalog } from './catalog.ts'

const CATALOG = fileURLToPath(new URL('../../catalog', import.meta.url))
const CRUDS = ['GET', 'POST', 'GET/{id}', 'PATCH/{id}', 'PUT/{id}', 'DELETE/{id}']

let base: Element
beforeAll(async () => {
  const found = (await loadCatalog([CATALOG])).find('base')
  if (!found) throw new Error('the catalog has no element "base"')
  base = found
})

function resource(method: string, path: string): Resource {
  const found = base.resources.find((entry) => entry.method === method && entry.path === `/hubs/crm${path}`)
  if (!found) throw new Error(`no ${method} ${path}`)
  return found
}

describe('identity of Base CRM (spec 12 §2.1)', () => {
  test('is what clients read', () => {
    expect(base).toMatchObject({
      id: 201,
      key: 'base',
      name: 'Base CRM',
      hub: 'crm',
      authentication: { type: 'oauth2' },
      typeOauth: true,
      active: true,
      deleted: false,
      private: false,
      extended: false,
      protocolType: 'http',
    })
  })

  test('has every member of spec 10 §2.1 that is not optional', () => {
    const members = [
      'id',
      'key',
      'name',
      'description',
      'image',
      'logo',
      'hub',
      'active',
      'deleted',
      'typeOauth',
      'trialAccount',
      'configuration',
      'resources',
      'parameters',
      'hooks',
      'objects',
      'models',
      'authentication',
      'protocolType',
      'transformationsEnabled',
      'childTransformationsEnabled',
      'useModelsForMetadata',
      'bulkDownloadEnabled',
      'bulkUploadEnabled',
      'cloneable',
      'extendable',
      'extended',
      'beta',
      'private',
      'paginatorVersion',
      'modelType',
      'configDescription',
      'signupURL',
      'defaultTransformations',
      'objectMetadata',
    ]
    expect(members.filter((name) => base[name] === undefined)).toEqual([])
  })
})

describe('configuration rows of Base CRM (spec 12 §2.3)', () => {
  const asked = { required: true, hideFromConsole: false, internal: false }
  const hidden = { required: false, hideFromConsole: true, internal: false }
  const internal = { required: false, hideFromConsole: true, internal: true }
  const offered = { required: false, hideFromConsole: false, internal: false }
  const cases: [string, string, string | undefined, object][] = [
    ['base.url', 'TEXTFIELD_1000', 'https://api.getbase.com/v2', hidden],
    ['oauth.api.key', 'TEXTFIELD_128', undefined, asked],
    ['oauth.api.secret', 'PASSWORD', undefined, asked],
    ['oauth.callback.url', 'TEXTFIELD_1000', undefined, asked],
    ['oauth.authorization.url', 'TEXTFIELD_1000', 'https://api.getbase.com/oauth2/authorize', hidden],
    ['oauth.token.url', 'TEXTFIELD_1000', 'https://api.getbase.com/oauth2/token', hidden],
    ['oauth.token.refresh_url', 'TEXTFIELD_1000', 'https://api.getbase.com/oauth2/token', hidden],
    ['oauth.token.revoke_url', 'TEXTFIELD_1000', 'https://api.getbase.com/oauth2/revoke', hidden],
    ['oauth.scope', 'TEXTFIELD_1000', 'read write profile', hidden],
    ['oauth.basic.header', 'BOOLEAN', 'true', hidden],
    ['oauth.user.token', 'TEXTFIELD_1000', undefined, internal],
    ['oauth.user.refresh_token', 'TEXTFIELD_1000', undefined, internal],
    ['oauth.user.refresh_time', 'TEXTFIELD_32', undefined, internal],
    ['oauth.user.refresh_interval', 'TEXTFIELD_32', '3600', internal],
    ['pagination.type', 'TEXTFIELD_32', 'page', hidden],
    ['pagination.max', 'TEXTFIELD_32', '100', hidden],
    ['filter.response.nulls', 'BOOLEAN', 'true', offered],
    ['event.vendor.type', 'TEXTFIELD_32', 'polling', hidden],
    ['event.notification.enabled', 'BOOLEAN', 'false', offered],
    ['event.notification.callback.url', 'TEXTFIELD_1000', undefined, offered],
    ['event.notification.subscription.id', 'TEXTFIELD_128', undefined, internal],
  ]
  for (const [key, type, defaultValue, flags] of cases) {
    test(key, () => {
      const rows = base.configuration.filter((row) => row.key === key)
      expect(rows).toEqual([expect.objectContaining({ key, type, active: true, ...flags })])
      expect(rows[0]?.defaultValue).toBe(defaultValue)
    })
  }

  test('what is missing is named in the order of the form', () => {
    const required = base.configuration
      .filter((row) => row.required)
      .toSorted((a, b) => (a.displayOrder ?? 0) - (b.displayOrder ?? 0))
    expect(required.map((row) => row.key)).toEqual(['oauth.api.key', 'oauth.api.secret', 'oauth.callback.url'])
  })
})

describe('resources of Base CRM (spec 12 §2.4)', () => {
  const verbs: [string, string, string[]][] = [
    ['/accounts', '/contacts', CRUDS],
    ['/contacts', '/contacts', CRUDS],
    ['/leads', '/leads', CRUDS],
    ['/opportunities', '/deals', CRUDS],
    ['/activities', '/tasks', CRUDS],
    ['/notes', '/notes', CRUDS],
    ['/stages', '/stages', ['GET']],
    ['/users', '/users', ['GET', 'GET/{id}']],
    ['/users/me', '/users/self', ['GET']],
    ['/account', '/accounts/self', ['GET']],
    ['/pipelines', '/pipelines', ['GET']],
    ['/sources', '/sources', CRUDS],
    ['/lead-sources', '/lead_sources', CRUDS],
    ['/deal-sources', '/deal_sources', CRUDS],
    ['/loss-reasons', '/loss_reasons', CRUDS],
    ['/lead-unqualified-reasons', '/lead_unqualified_reasons', ['GET']],
    ['/deal-unqualified-reasons', '/deal_unqualified_reasons', CRUDS],
    ['/tags', '/tags', CRUDS],
    ['/calls', '/calls', CRUDS],
    ['/call-outcomes', '/call_outcomes', ['GET']],
    ['/products', '/products', CRUDS],
    ['/opportunities/{id}/contacts', '/deals/{id}/associated_contacts', ['GET', 'POST', 'DELETE/{contactId}']],
  ]
  for (const [path, vendorPath, operations] of verbs) {
    test(`${path} is the vendor's ${vendorPath}: ${operations.join(', ')}`, () => {
      for (const operation of operations) {
        const [method = '', item] = operation.split(/(?=\/)/)
        const found = resource(method, path + (item ?? ''))
        expect(found.vendorPath).toBe(vendorPath + (item ?? ''))
        expect(found.vendorMethod).toBe(method === 'PATCH' ? 'PUT' : method)
      }
    })
  }

  test('there are no others', () => {
    const listed = base.resources.filter(({ type }) => type === 'api')
    expect(listed).toHaveLength(verbs.reduce((sum, [, , operations]) => sum + operations.length, 0))
  })

  test('PATCH /contacts/{id} is the sample of spec 12 §2.4', () => {
    const { id, description, model, parameters = [], ...rest } = resource('PATCH', '/contacts/{id}')
    expect(rest).toEqual({
      ownerAccountId: 1,
      method: 'PATCH',
      path: '/hubs/crm/contacts/{id}',
      vendorMethod: 'PUT',
      vendorPath: '/contacts/{id}',
      type: 'api',
      kind: 'eb',
      rootKey: 'data|data',
      hooks: [],
      response: { contentType: 'application/json' },
    })
    expect(parameters.map(({ id: _id, ...row }) => row)).toEqual([
      {
        name: 'id',
        vendorName: 'id',
        type: 'path',
        vendorType: 'path',
        dataType: 'string',
        vendorDataType: 'string',
        source: 'request',
        required: true,
      },
      {
        name: 'body',
        vendorName: 'body',
        type: 'body',
        vendorType: 'body',
        dataType: 'contactPatch',
        vendorDataType: 'contactPatch',
        source: 'request',
        required: true,
      },
    ])
    expect(id).toBeTypeOf('number')
    expect(description).toBeTypeOf('string')
    expect(Object.keys(model?.requestSwagger ?? {})).toEqual(['contactPatch', 'address'])
  })

  test('custom fields of contacts, leads and opportunities are found at the vendor', () => {
    const hidden = base.resources.filter(({ type }) => type !== 'api')
    expect(hidden.map(({ path, vendorPath, type, customFields }) => [path, vendorPath, type, customFields])).toEqual(
      [
        ['contacts', '/contact/custom_fields'],
        ['leads', '/lead/custom_fields'],
        ['opportunities', '/deal/custom_fields'],
      ].map(([object, vendorPath]) => [
        `/hubs/crm/objects/${object}/custom-fields`,
        vendorPath,
        'apiNoDocumentation',
        {
          object,
          path: 'custom_fields.{name}',
          displayName: 'name',
          type: 'type',
          choices: 'choices',
          choice: 'name',
        },
      ]),
    )
  })

  test('lists are unwrapped row by row and follow the vendor’s link', () => {
    for (const { method, path, rootKey, nextPageKey } of base.resources) {
      if (method !== 'GET' || path.endsWith('}') || /\/(me|account)$/.test(path)) continue
      expect([path, rootKey, nextPageKey]).toEqual([path, '|items[*].data', 'body.meta.links.next_page?page'])
    }
  })

  test('contacts page, filter and sort in the vendor’s words', () => {
    const rows = resource('GET', '/contacts').parameters?.map((row) => [
      row.name,
      row.vendorType,
      row.vendorName,
      row.converter,
    ])
    expect(rows).toEqual([
      ['page', 'query', 'page', undefined],
      ['pageSize', 'query', 'per_page', undefined],
      ['where', 'query', 'converter:toQueryParameters', 'toQueryParameters'],
      ['orderBy', 'query', 'sort_by', 'toColonOrder'],
    ])
  })

  test('stages are not sorted by the vendor', () => {
    expect(resource('GET', '/stages').parameters?.map((row) => row.name)).toEqual(['page', 'pageSize', 'where'])
  })

  test('accounts are companies: a fixed filter on the list, a fixed member on creation, nothing on a change', () => {
    const fixed = (method: string, path: string) =>
      resource(method, path)
        .parameters?.filter((row) => row.type === 'value')
        .map(({ id: _id, ...row }) => row)
    const value = {
      name: 'true',
      vendorName: 'is_organization',
      type: 'value',
      dataType: 'boolean',
      vendorDataType: 'boolean',
      source: 'request',
      required: false,
    }
    expect(fixed('GET', '/accounts')).toEqual([{ ...value, vendorType: 'query' }])
    expect(fixed('POST', '/accounts')).toEqual([{ ...value, vendorType: 'bodyField' }])
    expect(fixed('PATCH', '/accounts/{id}')).toEqual([])
    expect(resource('GET', '/accounts').vendorPath).toBe('/contacts')
  })
})

describe('models of Base CRM (spec 12 §3.5)', () => {
  const fields = (method: string, path: string, name: string) =>
    Object.keys(resource(method, path).model?.swagger?.[name]?.properties ?? {})

  test('a contact has the fields of the fixture and the later ones', () => {
    expect(fields('GET', '/contacts/{id}', 'contact')).toEqual(
      expect.arrayContaining([
        'address',
        'contact_id',
        'created_at',
        'creator_id',
        'custom_fields',
        'customer_status',
        'description',
        'email',
        'facebook',
        'fax',
        'first_name',
        'id',
        'industry',
        'is_organization',
        'last_name',
        'linkedin',
        'mobile',
        'name',
        'owner_id',
        'phone',
        'prospect_status',
        'skype',
        'title',
        'twitter',
        'updated_at',
        'website',
        'tags',
        'parent_organization_id',
        'billing_address',
        'shipping_address',
      ]),
    )
    expect(fields('GET', '/contacts/{id}', 'address').toSorted()).toEqual([
      'city',
      'country',
      'line1',
      'postal_code',
      'state',
    ])
  })

  test('read-only fields are not in requests, and is_organization only at creation', () => {
    const request = (method: string, path: string, name: string) => resource(method, path).model?.requestSwagger?.[name]
    const post = Object.keys(request('POST', '/contacts', 'contactPost')?.properties ?? {})
    const patch = Object.keys(request('PATCH', '/contacts/{id}', 'contactPatch')?.properties ?? {})
    expect(post).not.toContain('creator_id')
    expect(post).toContain('is_organization')
    expect(patch).not.toContain('is_organization')
    expect(request('POST', '/opportunities', 'opportunityPost')?.required).toEqual(['name', 'contact_id'])
    expect(request('PATCH', '/opportunities/{id}', 'opportunityPatch')?.required).toBeUndefined()
    expect(request('POST', '/accounts', 'accountPost')?.required).toEqual(['name'])
  })

  test('a list answers an array of the model', () => {
    const model = resource('GET', '/opportunities').model
    expect(model?.swagger?.[model.name ?? '']).toEqual({ type: 'array', items: { type: 'opportunity' } })
  })
})

describe('export of Base CRM', () => {
  test('is plain JSON: nothing is lost on the way', () => {
    expect(JSON.parse(JSON.stringify(base))).toEqual(base)
    expect(findUndefined(base)).toEqual([])
  })

  test('every nested row has an id of its own', () => {
    const rows = [
      ...base.configuration,
      ...base.resources,
      ...base.resources.flatMap((entry) => entry.parameters ?? []),
    ]
    const ids = rows.map((row) => row.id)
    expect(ids.every((id) => Number.isInteger(id) && Number(id) > 0 && Number(id) < 2 ** 31)).toBe(true)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('cannot be changed by a caller', () => {
    expect(() => Object.assign(base.resources[0] ?? {}, { path: '/x' })).toThrow(TypeError)
  })
})

function findUndefined(value: unknown, path = ''): string[] {
  if (value === undefined) return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => findUndefined(member, `${path}.${name}`))
}

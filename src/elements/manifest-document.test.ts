import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Element } from '../model/element.ts'
import { expandManifest } from './expand-manifest.ts'

describe('the example of docs/element-manifest.md', () => {
  let element: Element
  beforeAll(async () => {
    const document = await readFile(new URL('../../docs/element-manifest.md', import.meta.url), 'utf8')
    const example = /```yaml\n([\s\S]*?)```/.exec(document)?.[1] ?? ''
    element = expandManifest(parse(example, { merge: true }), 'docs/element-manifest.md')
  })

  const resource = (method: string, path: string) =>
    element.resources.find((entry) => entry.method === method && entry.path === `/hubs/crm${path}`)

  test('has exactly the resources it declares', () => {
    expect(
      element.resources.map((entry) => `${entry.method} ${entry.path} → ${entry.vendorMethod} ${entry.vendorPath}`),
    ).toEqual([
      'GET /hubs/crm/contacts → GET /people',
      'POST /hubs/crm/contacts → POST /people',
      'GET /hubs/crm/contacts/{id} → GET /people/{id}',
      'PATCH /hubs/crm/contacts/{id} → PUT /people/{id}',
      'DELETE /hubs/crm/contacts/{id} → DELETE /people/{id}',
      'GET /hubs/crm/contacts/{id}/notes → GET /contacts/{id}/notes',
      'POST /hubs/crm/contacts/{id}/notes → POST /contacts/{id}/notes',
      'DELETE /hubs/crm/contacts/{id}/notes/{noteId} → DELETE /contacts/{id}/notes/{noteId}',
      'GET /hubs/crm/me → GET /session/user',
      'GET /hubs/crm/check → GET /ping',
    ])
  })

  test('asks the user for site and token only', () => {
    expect(element.configuration.filter((row) => row.required).map((row) => row.key)).toEqual(['site', 'token'])
  })

  test('envelopes become root keys, and a resource can take a piece away', () => {
    expect(resource('GET', '/contacts')?.rootKey).toBe('|contacts.rows')
    expect(resource('POST', '/contacts')?.rootKey).toBe('contact|contact')
    expect(resource('POST', '/contacts/{id}/notes')?.rootKey).toBe('|note')
  })

  test('an override in element.json words gets the defaults of its kind', () => {
    expect(resource('GET', '/contacts')?.hooks).toEqual([
      expect.objectContaining({ type: 'postRequest', isLegacy: false, mimeType: 'application/javascript' }),
    ])
  })

  test('a raw resource gets hub, verb and kind', () => {
    expect(resource('GET', '/check')).toMatchObject({
      vendorMethod: 'GET',
      type: 'provisionAuthValidation',
      kind: 'eb',
      parameters: [],
      hooks: [],
    })
  })

  test('its header and the variable of its address are element-wide parameters', () => {
    expect(element.parameters).toMatchObject([
      { type: 'configuration', name: 'site', vendorType: 'path', vendorName: 'site' },
      {
        type: 'value',
        name: expect.stringContaining('{configuration.token}'),
        vendorType: 'header',
        vendorName: 'Authorization',
      },
    ])
  })
})

import { describe, expect, test } from 'vitest'
import { callOf, elementOf, NOW, resource } from '../../test/support/engine.ts'
import { compile } from '../engine/compile.ts'
import type { Element } from '../model/element.ts'
import { builtInResource } from './built-in-resources.ts'
import type { Instance } from './instance.ts'

/** Only what these resources read. */
const instanceOf = (element: Element) => ({ plan: compile(element), valid: true }) as Instance
const element = elementOf({
  objects: [{ name: 'deals' }, { name: 'contacts' }],
  models: [{ name: 'lead' }, {}],
  resources: [
    resource('GET', '/contacts'),
    resource('POST', '/tasks'),
    resource('GET', '/contacts/{id}'),
    resource('GET', '/notes'),
    resource('GET', '/hidden', { type: 'onProvision' }),
  ],
})

describe('resources every instance has (spec 10 §6.2)', () => {
  test('ping', () => {
    expect(builtInResource(instanceOf(element), callOf('GET /ping'), NOW)).toEqual({
      status: 200,
      headers: {},
      body: { dateTime: '2024-05-01T10:00:00Z', endpoint: 'acme', valid: true },
    })
  })

  test('objects: names of objects, models and collections, each once', () => {
    expect(builtInResource(instanceOf(element), callOf('GET /objects'), NOW)).toEqual({
      status: 200,
      headers: { 'elements-returned-count': '4' },
      body: ['contacts', 'deals', 'lead', 'notes'],
    })
  })

  test('objects of the version Helium are objects', () => {
    const call = callOf('GET /objects', { headers: { 'elements-version': 'Helium' } })
    expect(builtInResource(instanceOf(element), call, NOW)?.body).toContainEqual({
      name: 'deals',
      vendorName: 'deals',
      type: 'vendor',
    })
  })

  for (const line of ['POST /ping', 'GET /ping/1', 'GET /contacts', 'GET /']) {
    test(`${line} is none of them`, () => {
      expect(builtInResource(instanceOf(element), callOf(line), NOW)).toBeUndefined()
    })
  }

  test("an element's own resource wins", () => {
    const own = elementOf({ resources: [resource('GET', '/ping'), resource('GET', '/objects')] })
    expect(builtInResource(instanceOf(own), callOf('GET /ping'), NOW)).toBeUndefined()
    expect(builtInResource(instanceOf(own), callOf('GET /objects'), NOW)).toBeUndefined()
  })

  test('a resource for any object does not', () => {
    const generic = elementOf({ resources: [resource('GET', '/{objectName}')] })
    expect(builtInResource(instanceOf(generic), callOf('GET /ping'), NOW)).toBeDefined()
  })
})

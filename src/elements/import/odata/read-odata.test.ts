import { beforeAll, describe, expect, test } from 'vitest'
import { formatProblems } from '../../../../test/support/check-element-format.ts'
import { convertFixture, defaultsOf, pairsOf, resourceOf } from '../../../../test/support/imports.ts'
import { convertDocument, type Imported } from '../convert-document.ts'

const addresses = ({ element }: Imported) =>
  element.resources.map(({ method, path, vendorMethod, vendorPath, rootKey }) =>
    [method, path.replace('/hubs/general', ''), vendorMethod === method ? '' : vendorMethod, vendorPath, rootKey ?? '']
      .filter((part) => part !== '')
      .join(' '),
  )

describe('a bakery (OData 4)', () => {
  let bakery: Imported
  beforeAll(async () => {
    bakery = await convertFixture('bakery-odata4.xml')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(bakery.element)).toEqual([])
  })

  test('is named after its container; each instance says where the service is', () => {
    expect(bakery.element).toMatchObject({
      name: 'Bakery.Service',
      protocolType: 'odata',
      authentication: { type: 'basic' },
    })
    expect(defaultsOf(bakery)).toMatchObject({ 'base.url': '{serviceRoot}', 'pagination.type': 'offset' })
    expect(bakery.element.configuration).toContainEqual(expect.objectContaining({ key: 'serviceRoot', required: true }))
  })

  test('sets are listed, read, created, changed and deleted, as far as they allow it', () => {
    expect(addresses(bakery)).toEqual([
      'GET /Breads /Breads |value',
      'POST /Breads /Breads',
      'GET /Breads/{id} /Breads({id})',
      'PATCH /Breads/{id} /Breads({id})',
      'GET /Shops /Shops |value',
      'POST /Shops /Shops',
      "GET /Shops/{Town}/{Number} /Shops(Town='{Town}',Number={Number})",
      "PATCH /Shops/{Town}/{Number} /Shops(Town='{Town}',Number={Number})",
      "DELETE /Shops/{Town}/{Number} /Shops(Town='{Town}',Number={Number})",
      'GET /Owner /Owner',
      'PATCH /Owner /Owner',
      "GET /Cheapest /Cheapest(town='{town}')",
      'POST /Close /Close',
      "GET /Shops/{Town}/{Number}/Breads /Shops(Town='{Town}',Number={Number})/Breads |value",
    ])
  })

  test('lists page and filter in the words of OData', () => {
    expect(pairsOf(resourceOf(bakery, 'GET /Breads'))).toEqual([
      'query pageSize → query $top',
      'query page → query $skip',
      'query where → query converter:toODataFilter',
      'query orderBy → query $orderby',
      'query fields → query $select',
      'query expand → query $expand',
    ])
  })

  test('models carry inherited keys, choices, lists and complex types', () => {
    const { model } = resourceOf(bakery, 'GET /Breads')
    expect(model?.name).toBe('BreadList')
    expect(model?.swagger?.['Bread']).toEqual({
      title: 'Bread',
      type: 'object',
      required: ['Name'],
      properties: {
        Id: { type: 'string', format: 'uuid', 'x-primary-key': true },
        Name: { type: 'string' },
        Price: { type: 'number' },
        Flour: { type: 'string', enum: ['Rye', 'Wheat'] },
        Tags: { type: 'array', items: { type: 'string' } },
      },
    })
    expect(resourceOf(bakery, 'POST /Shops').model?.requestSwagger?.['Shop']?.properties).toMatchObject({
      Where: { type: 'Address' },
    })
  })

  test('arguments of a function are query parameters of the caller, those of an action its body', () => {
    expect(pairsOf(resourceOf(bakery, 'GET /Cheapest'))).toEqual(['query town → path town !'])
    expect(resourceOf(bakery, 'POST /Close').model?.requestSwagger).toMatchObject({
      ClosePost: { properties: { reason: { type: 'string' } } },
    })
  })

  test('what the metadata does not say is doubted', () => {
    expect(bakery.doubts.map(({ place }) => place)).toContain('security')
    expect(bakery.doubts).toContainEqual({
      place: 'Breads',
      message: 'navigates to single entities: read them with expand',
    })
  })
})

describe('a depot (OData 2)', () => {
  let depot: Imported
  beforeAll(async () => {
    depot = await convertFixture('depot-odata2.xml')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(depot.element)).toEqual([])
  })

  test('content stands below d, keys are literals, changes merge by POST', () => {
    expect(addresses(depot)).toEqual([
      'GET /Items /Items |d.results',
      'POST /Items /Items |d',
      "GET /Items/{id} /Items('{id}') |d",
      "PATCH /Items/{id} POST /Items('{id}') |d",
      "DELETE /Items/{id} /Items('{id}')",
      'GET /Moves /Moves |d.results',
      "GET /Moves/{id} /Moves(guid'{id}') |d",
      'GET /Shelves /Shelves |d.results',
      'POST /Shelves /Shelves |d',
      'GET /Shelves/{id} /Shelves({id}L) |d',
      'PATCH /Shelves/{id} POST /Shelves({id}L) |d',
      'DELETE /Shelves/{id} /Shelves({id}L)',
      "GET /Count /Count?since=datetime'{since}' |d.results",
      "GET /Items/{id}/Moves /Items('{id}')/Moves |d.results",
    ])
    expect(pairsOf(resourceOf(depot, 'PATCH /Items/{id}'))).toContain('value MERGE → header X-HTTP-Method')
  })

  test('filters are written in the older language', () => {
    expect(pairsOf(resourceOf(depot, 'GET /Items'))).toContain('query where → query converter:toODataV3Filter')
  })

  test('exact numbers travel as text, labels are descriptions', () => {
    expect(resourceOf(depot, 'GET /Items/{id}').model?.swagger?.['Item']?.properties).toMatchObject({
      Sku: { description: 'Stock number', 'x-primary-key': true },
      Weight: { type: 'string' },
      Arrived: { format: 'date-time' },
    })
  })
})

test('a document without a container is refused', async () => {
  const text = '<edmx:Edmx Version="4.0" xmlns:edmx="x"><edmx:DataServices/></edmx:Edmx>'
  await expect(convertDocument(Buffer.from(text), {})).rejects.toThrow('no EntityContainer')
})

import { describe, expect, test } from 'vitest'
import {
  answer,
  callOf,
  elementOf,
  failureOf,
  parameter,
  resource,
  row,
  runCall,
  transformationOf,
} from '../../../test/support/engine.ts'

const elementWith = (converter?: string) =>
  elementOf({
    configuration: [row('base.url', 'https://v.test')],
    resources: [
      resource('GET', '/query', { parameters: [parameter('query q', 'query q', converter ? { converter } : {})] }),
      resource('GET', '/contacts', { vendorObjectName: 'Contact' }),
      resource('GET', '/contacts/{id}'),
    ],
  })
const dropped = { type: 'passThrough', properties: { fromVendor: false, toVendor: false } }
const mappings = [
  transformationOf('people', 'contacts', { mail: 'Email', 'home.town': 'MailingCity' }, { configuration: [dropped] }),
  transformationOf('things', 'Thing__c', { no: 'Number__c' }),
]
const ask = (q: string, converter?: string) =>
  runCall(
    elementWith(converter),
    callOf(`GET /query?q=${encodeURIComponent(q)}`),
    [answer(200, [{ Email: 'a@x', MailingCity: 'Bonn' }])],
    { mappings },
  )
const sent = async (q: string, converter?: string) =>
  new URL((await ask(q, converter)).requests[0]?.url ?? '').searchParams.get('q')

describe('a statement', () => {
  test.each<[string, string, string]>([
    [
      'about a common resource is one about the object that it stands for',
      "select mail, home.town from people where home.town = 'O''Hara' and mail is not null order by mail desc limit 5",
      "SELECT Email, MailingCity FROM Contact WHERE MailingCity = 'O\\'Hara' AND Email != null ORDER BY Email DESC LIMIT 5",
    ],
    ['asks for what is mapped when it asks for all', 'select * from people', 'SELECT Email, MailingCity FROM Contact'],
    [
      'about a native object',
      "select no from things where no='7'",
      "SELECT Number__c FROM Thing__c WHERE Number__c = '7'",
    ],
    ['about a resource of the element', 'select Email from contacts', 'SELECT Email FROM Contact'],
    ['for all of an object', 'select * from Lead limit 500', 'SELECT FIELDS(ALL) FROM Lead LIMIT 200'],
    [
      'of the vendor goes as it was written',
      'select Id from  Contact where CreatedDate = TODAY',
      'select Id from  Contact where CreatedDate = TODAY',
    ],
    [
      'that only the vendor can read, too',
      'SELECT COUNT() FROM Contact WHERE Id IN (SELECT Id FROM Lead)',
      'SELECT COUNT() FROM Contact WHERE Id IN (SELECT Id FROM Lead)',
    ],
  ])('%s', async (_fact, q, expected) => expect(await sent(q, 'toSoqlStatement')).toBe(expected))

  test('is CEQL for a vendor without a language of its own', async () => {
    expect(await sent("select mail from people where mail='x'")).toBe("SELECT Email FROM Contact WHERE Email = 'x'")
    expect(await sent('select * from Other')).toBe('select * from Other')
    const { error } = await failureOf(ask('select * contacts'))
    expect(error).toMatchObject({
      code: 'QUERY_INVALID',
      message: expect.stringContaining('Error parsing query: position 10'),
    })
  })

  test('that nobody can read says where we stopped, beside what the vendor said', async () => {
    const call = callOf('GET /query?q=select%20*%20contacts')
    const refused = runCall(elementWith('toSoqlStatement'), call, [answer(400, 'MALFORMED_QUERY')])
    expect((await failureOf(refused)).error).toMatchObject({
      code: 'VENDOR_FAILED',
      message: expect.stringContaining('Error parsing query: position 10'),
      providerMessage: expect.stringContaining('MALFORMED_QUERY'),
    })
  })

  test('is answered in common names', async () => {
    const { reply } = await ask('select * from people', 'toSoqlStatement')
    expect(reply.body).toEqual([{ mail: 'a@x', home: { town: 'Bonn' } }])
    const own = await ask('select Email, MailingCity from Contact', 'toSoqlStatement')
    expect(own.reply.body).toEqual([{ Email: 'a@x', MailingCity: 'Bonn' }])
  })

  test('has no names that could end their place', async () => {
    const { error } = await failureOf(ask('select `Id FROM User` from people', 'toSoqlStatement'))
    expect(error).toMatchObject({ code: 'QUERY_INVALID' })
  })
})

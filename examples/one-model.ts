/**
 * One program, four CRMs, one model in our own words. Start the hub with `npm run demo` first, then
 * `npm exec -- node examples/one-model.ts`. docs/tutorial-one-model.md goes through it step by step.
 */
import { call, connect, signIn } from './client.ts'

// what a person is to us, whatever the CRM calls it
interface Person {
  id: string
  name: { first: string; last: string }
  email: string
  phone?: string
}
const definition = {
  fields: [
    { path: 'id', type: 'string' },
    { path: 'name.first', type: 'string' },
    { path: 'name.last', type: 'string' },
    { path: 'email', type: 'string' },
    { path: 'phone', type: 'string' },
  ],
}

// where each CRM keeps it
const mappings: Record<string, Record<string, string>> = {
  base: { id: 'id', 'name.first': 'first_name', 'name.last': 'last_name', email: 'email', phone: 'phone' },
  sfdc: { id: 'Id', 'name.first': 'FirstName', 'name.last': 'LastName', email: 'Email', phone: 'Phone' },
  hubspotcrm: {
    id: 'id',
    'name.first': 'properties.firstname',
    'name.last': 'properties.lastname',
    email: 'properties.email',
    phone: 'properties.phone',
  },
  pipedrive: {
    id: 'id',
    'name.first': 'first_name',
    'name.last': 'last_name',
    email: 'email[0].value',
    phone: 'phone[0].value',
  },
}

// what a mapping cannot say, a script does: Pipedrive wants the whole name of a new person as well
const scripts: Record<string, string> = {
  pipedrive: `
    if (!fromVendor && originalObject.name) {
      transformedObject.name = originalObject.name.first + ' ' + originalObject.name.last
    }
    done(transformedObject)`,
}

await signIn()

await call('POST', '/organizations/objects/people/definitions', definition)
for (const [element, fields] of Object.entries(mappings)) {
  await call('POST', `/organizations/elements/${element}/transformations/people`, {
    vendorName: 'contacts',
    fields: Object.entries(fields).map(([path, vendorPath]) => ({ path, vendorPath })),
    configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
    ...(scripts[element] ? { script: { body: scripts[element] } } : {}),
  })
}

const customers = [
  await connect('base'),
  await connect('sfdc'),
  await connect('hubspotcrm'),
  await connect('pipedrive', { username: 'ada@example.com', password: 'secret' }),
]

const ada = { name: { first: 'Ada', last: 'Lovelace' }, email: 'ada@engine.example' }
for (const { element, token } of customers) {
  const people = await call<Person[]>('GET', '/people?pageSize=2', undefined, token)
  console.log(`${element}: ${people.map(({ name }) => `${name.first} ${name.last}`).join(', ')}`)

  const made = await call<Person>('POST', '/people', ada, token)
  const where = encodeURIComponent(`email='${ada.email}'`)
  const [found] = await call<Person[]>('GET', `/people?where=${where}`, undefined, token)
  console.log(`  found by e-mail: ${found?.email}, the one just made: ${found?.id === made.id}`)

  await call('PATCH', `/people/${made.id}`, { phone: '+44 20 7946 0000' }, token)
  const { phone } = await call<Person>('GET', `/people/${made.id}`, undefined, token)
  console.log(`  written back: ${phone}`)
}

/**
 * A new contact in one CRM appears in another one: an event starts a formula, the formula reads the contact in our own words and writes it in
 * them. Start the hub with `npm run demo` first, then `npm exec -- node examples/mirror-contacts.ts`. docs/tutorial-mirror-contacts.md goes
 * through it step by step.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { call, connect, signIn } from './client.ts'

// what a person is to us, and where each CRM keeps it
const definition = {
  fields: [
    { path: 'id', type: 'string' },
    { path: 'firstName', type: 'string' },
    { path: 'lastName', type: 'string' },
    { path: 'email', type: 'string' },
  ],
}
const mappings: Record<string, Record<string, string>> = {
  pipedrive: { id: 'id', firstName: 'first_name', lastName: 'last_name', email: 'email[0].value' },
  base: { id: 'id', firstName: 'first_name', lastName: 'last_name', email: 'email' },
}

// what is to be done, for whichever two CRMs
const formula = {
  name: 'Mirror new contacts',
  engine: 'v3',
  configuration: [
    { key: 'source', name: 'Where contacts are made', type: 'elementInstance' },
    { key: 'target', name: 'Where they are to appear', type: 'elementInstance' },
  ],
  triggers: [{ type: 'event', properties: { elementInstanceId: '${config.source}' }, onSuccess: ['isNewContact'] }],
  steps: [
    {
      name: 'isNewContact',
      type: 'filter',
      properties: { body: "done(trigger.event.objectType === 'contacts' && trigger.event.eventType === 'CREATED')" },
      onSuccess: ['read'],
    },
    {
      name: 'read',
      type: 'elementRequest',
      properties: {
        elementInstanceId: '${config.source}',
        method: 'GET',
        api: '/person/${trigger.event.objectId}',
      },
      onSuccess: ['withoutId'],
    },
    {
      name: 'withoutId',
      type: 'script',
      properties: { body: 'const { id, ...person } = steps.read.response.body; done({ person })' },
      onSuccess: ['write'],
    },
    {
      name: 'write',
      type: 'elementRequest',
      properties: {
        elementInstanceId: '${config.target}',
        method: 'POST',
        api: '/person',
        body: '${steps.withoutId.person}',
      },
    },
  ],
}

interface Execution {
  id: number
  status: string
  stepExecutions: { stepName: string; status: string }[]
}

await signIn()

await call('POST', '/organizations/objects/person/definitions', definition)
for (const [element, fields] of Object.entries(mappings)) {
  await call('POST', `/organizations/elements/${element}/transformations/person`, {
    vendorName: 'contacts',
    fields: Object.entries(fields).map(([path, vendorPath]) => ({ path, vendorPath })),
    configuration: [{ type: 'passThrough', properties: { fromVendor: false, toVendor: false } }],
  })
}

// Pipedrive tells the hub what happens there; Base need not
const source = await connect('pipedrive', {
  username: 'ada@example.com',
  password: 'secret',
  'event.notification.enabled': 'true',
  'event.vendor.type': 'webhooks',
})
const target = await connect('base')

const { id: formulaId } = await call<{ id: number }>('POST', '/formulas', formula)
const instance = await call<{ id: number }>('POST', `/formulas/${formulaId}/instances`, {
  name: 'Mirror of a customer',
  configuration: { source: source.id, target: target.id },
})

// somebody makes a contact in Pipedrive
const made = {
  first_name: 'Grace',
  last_name: 'Hopper',
  name: 'Grace Hopper',
  email: [{ value: 'grace@navy.example' }],
}
await call('POST', '/contacts', made, source.token)

const { stepExecutions, status } = await ended(instance.id)
for (const step of stepExecutions) console.log(`${step.stepName}: ${step.status}`)
console.log(`the execution: ${status}`)

const where = encodeURIComponent("email='grace@navy.example'")
const [found] = await call<Record<string, string>[]>('GET', `/person?where=${where}`, undefined, target.token)
console.log(`in Base: ${found?.['firstName']} ${found?.['lastName']}`)

/** The first execution of an instance, once it has ended. */
async function ended(instanceId: number): Promise<Execution> {
  for (;;) {
    const executions = await call<Execution[]>('GET', `/formulas/instances/${instanceId}/executions`)
    const over = executions.find((one) => one.status !== 'pending')
    if (over) return call('GET', `/formulas/instances/executions/${over.id}`)
    await wait(100)
  }
}

import { type RawBuilder, sql } from 'kysely'
import { REQUIRED_FIELDS } from '../../../src/accounts/branding/branding-fields.ts'
import { eventIdAt } from '../../../src/events/event-id.ts'
import { eventDb } from '../../../src/events/event-table.ts'
import type { InstanceTables } from '../../../src/instances/instance-table.ts'
import type { Owner as FormulaOwner } from '../../../src/model/owner.ts'
import { insertFormula, partsOf } from '../formula-template.ts'
import { type Answer, CALLBACK, type TestHub } from '../hub.ts'
import { formulaParts } from './formula-parts.ts'
import { insertBulkJobs } from './insert-bulk-jobs.ts'
import { insertFormulaRun } from './insert-formula-run.ts'

/** Names of rows → what stands for them in a path: ids, keys, tokens. */
export type Rows = Readonly<Record<string, string>>

/** Of whom the rows are, and the word that each of their texts begins with. */
export interface Owner {
  authorization: string
  /** `ndl-a`: no answer to anybody else may hold it */
  needle: string
  /** letters: keys and names that stand in paths are told apart by it */
  label: string
  secondAccount: number
  email: string
  accountId: number
}

/** One that could not be processed, as if a vendor had sent it. */
async function insertEvent(
  { hub }: TestHub,
  { accountId, instanceId, text }: { accountId: number; instanceId: number; text: string },
): Promise<string> {
  const now = new Date()
  const id = eventIdAt(now)
  const { user_id, organization_id } = await hub.store.db
    .withTables<InstanceTables>()
    .selectFrom('instances')
    .select(['user_id', 'organization_id'])
    .where('id', '=', instanceId)
    .executeTakeFirstOrThrow()
  const db = eventDb(hub.store)
  await db
    .insertInto('events')
    .values({
      ...{ id, received_at: now, element_key: 'base', kind: 'webhook', method: 'POST', query: '', content_type: null },
      ...{ headers: '{}', unverified: null, body: Buffer.from(JSON.stringify({ text })) },
    })
    .execute()
  await db
    .insertInto('event_targets')
    .values({
      ...{ event_id: id, received_at: now, lane: `i:${instanceId}`, instance_id: instanceId, account_id: accountId },
      ...{ organization_id, user_id, status: 'RECEIVED', pending: false, retry_at: null },
      ...{ notification_id: null, notified_data: null, notified_at: null },
      messages: JSON.stringify([{ message: text, timestamp: now.toISOString() }]),
    })
    .execute()
  return id
}

/** Without the needle: every account of the organization reads it. */
export const BRANDING = Object.fromEntries(
  REQUIRED_FIELDS.map((field) => [field, field.endsWith('Font') ? 'Open Sans' : '#00aaff']),
)

/** One row at least of every kind that can be made through the API. */
export async function makeRows(hub: TestHub, owner: Owner): Promise<Rows> {
  const { authorization, needle, label } = owner
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await hub.call(method, path, { authorization, ...(body === undefined ? {} : { body }) })
    if (answer.status !== 200) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
    return answer
  }
  const make = async (path: string, body: unknown) => (await send('POST', path, body)).body
  const word = (kind: string) => `${needle}-${kind}`

  const element = await make('/elements', elementBody(`almanac-${label}`, word))
  const secondElement = await make('/elements', elementBody(`ledger-${label}`, word))
  const oauthElement = await make('/elements', oauthBody(`tower-${label}`, word))
  const [first, second] = element.resources
  const partsOf = async (path: string) => (await send('GET', `/elements/${element.id}/${path}`)).body
  const object = await make(`/elements/${element.id}/objects`, {
    name: word('object'),
    fields: [{ name: word('field') }],
  })
  const model = await make(`/elements/${element.id}/models`, modelBody(word))
  await make(`/elements/${element.id}/resources/${first.id}/models`, modelBody(word))
  await make('/elements/base/resources', { method: 'GET', path: `/${word('addition')}`, vendorPath: '/x' })
  await send('PUT', `/elements/${oauthElement.id}/oauth/application`, {
    apiKey: word('app'),
    apiSecret: word('appsecret'),
    callbackUrl: CALLBACK,
  })

  await send('PUT', '/organizations/branding', BRANDING)
  await make('/hubs', { name: word('hub'), key: `hub-${label}`, description: word('hub') })
  const proxy = await make('/elements/oauthProxies', {
    name: word('proxy'),
    apiKey: word('key'),
    apiSecret: word('secret'),
  })
  const proxyUrl = `https://${label}.example.com/.*`
  await send('POST', `/elements/oauthProxies/${proxy.id}/applicationUrl?applicationUrl=${proxyUrl}`)
  for (const entityType of ['user', 'account', 'organization'])
    await send('PUT', `/catalog-properties?entityType=${entityType}`, [{ elementId: element.id, featured: true }])

  const makeUser = (kind: string) =>
    make('/organizations/users', {
      email: `${word(kind)}@example.com`,
      firstName: word('first'),
      lastName: word('last'),
      password: `${word('Passw0rd')}!`,
    })
  const provision = async (kind: string) =>
    send('POST', '/instances', {
      name: word(kind),
      tags: [word('tag')],
      element: { key: 'base' },
      providerData: { code: await hub.obtainCode(), debug: true },
      configuration: {
        'oauth.api.key': 'test-key',
        'oauth.api.secret': 'test-secret',
        'oauth.callback.url': CALLBACK,
        [word('configuration')]: word('value'),
      },
    })
  const instance = await provision('instance')
  const [secondInstance, thirdInstance] = [await provision('second'), await provision('third')]
  await send('PUT', `/instances/${instance.body.id}/trace-logging`, { duration: 60 })
  const configuration = (await send('GET', `/instances/${instance.body.id}/configuration`)).body
  const [user, secondUser, thirdUser] = [
    await makeUser('user'),
    await makeUser('seconduser'),
    await makeUser('thirduser'),
  ]
  const thirdAccount = await make('/accounts', { externalId: word('account'), description: word('account') })
  await send('PATCH', '/accounts/settings', { [word('setting')]: word('setting') })
  await send('PUT', '/organizations/password-policies', { minLength: 10 })
  const organization = (await send('GET', '/organizations/me')).body
  // of customer administrators; others have none to spare
  const spare = await hub.call('POST', '/organizations', { authorization, body: { name: word('spare') } })
  const role = await make('/organizations/roles', { name: word('role'), key: `role-${label}`, privileges: [] })
  const vdr = await make('/vdrs', {
    objectName: word('vdr'),
    description: word('vdr'),
    fields: [{ path: word('path'), level: 'account' }],
  })
  const vdrTransformation = await make(`/vdrs/${vdr.id}/transformations`, {
    ...{ vendorName: word('vendor'), elementKey: 'base' },
    fields: [{ path: word('path'), vendorPath: word('vendorpath'), level: 'account' }],
  })
  const snippet = await make('/vdrs/snippets', { name: word('snippet'), body: word('script') })
  const job = await make('/jobs', {
    ...{ name: word('job'), description: word('job'), method: 'GET', uri: '/ping', body: { said: word('body') } },
    ...{ instanceId: instance.body.id, headers: { 'X-Own': word('header') }, trigger: { cron: '0 0 12 1 1 ? 2098' } },
  })
  const run = await addRun(hub, job.id, word('said'))
  const subscription = await make('/notifications/subscriptions', {
    ...{ channel: 'webhook', topics: [`topic-${label}`] },
    config: { url: `/events/${word('callback')}`, password: word('password') },
  })
  const notification = await make('/notifications', { topic: `topic-${label}`, message: word('message') })
  await make('/notifications/emails', { to: `${word('mail')}@example.com`, message: word('message') })
  const [mail] = (await send('GET', '/notifications/emails')).body
  const reading = await send('GET', '/authentication/secrets')
  const secrets = reading.body

  const resources = commonResources(label, {
    elements: [element.id, secondElement.id],
    instances: [instance.body.id, secondInstance.body.id],
    account: owner.accountId,
    word,
  })
  for (const [path, body] of resources) await make(path, body)

  const event = await insertEvent(hub, { ...owner, instanceId: instance.body.id, text: word('event') })

  const bulkJobs = await insertBulkJobs(hub, { instanceId: instance.body.id, text: word('bulk') })

  // the formulas of the default account are seen by all others (spec 30 §7)
  const ofThirdAccount = { organizationId: organization.id, accountId: thirdAccount.id, userId: user.id }
  const formulaOf = (kind: string) =>
    insertFormula(hub.hub.store, ofThirdAccount, { name: word(kind), parts: formulaParts(word) })
  const formula = await formulaOf('template')
  const resourceFormula = await formulaOf('resource')
  await send('PATCH', `/formulas/${resourceFormula}`, { method: 'GET', uri: `/${word('uri')}` })

  const formulaInstances = await makeFormulaInstances(hub, send, {
    owner: ofThirdAccount,
    name: word('formula'),
    instance: { name: word('bound'), configuration: { crm: instance.body.id, object: word('object') } },
  })

  const formulaInstanceId = formulaInstances['formulaInstance'] ?? 0
  const formulaRun = await insertFormulaRun(hub, { formulaInstanceId, text: word('run') })
  const integration = await make('/integrations', { name: word('integration'), stage: word('stage') })
  await send('POST', `/integrations/${integration.id}/formulas/${formulaInstances['boundFormula']}`)

  return texts({
    integration: integration.id,
    ...bulkJobs,
    ...formulaInstances,
    ...formulaRun,
    event,
    formula,
    secondFormula: await formulaOf('secondtemplate'),
    resourceFormula,
    element: element.id,
    secondElement: secondElement.id,
    oauthElement: oauthElement.id,
    secondAccount: owner.secondAccount,
    configuration: 'own.key',
    parameter: element.parameters[0].id,
    hook: element.hooks[0].id,
    resource: first.id,
    secondResource: second.id,
    resourceParameter: (await partsOf(`resources/${first.id}/parameters`))[0].id,
    resourceHook: (await partsOf(`resources/${first.id}/hooks`))[0].id,
    object: object.id,
    field: object.fields[0].id,
    model: model.id,
    hub: `hub-${label}`,
    proxy: proxy.id,
    proxyUrl,
    instance: instance.body.id,
    secondInstance: secondInstance.body.id,
    thirdInstance: thirdInstance.body.id,
    row: configuration.find(({ key }: { key: string }) => key === word('configuration'))?.id,
    trace: instance.headers.get('elements-trace-id'),
    token: instance.body.token,
    secondToken: secondInstance.body.token,
    label,
    yesterday: dayFromNow(-1),
    tomorrow: dayFromNow(1),
    request: reading.headers.get('elements-request-id'),
    organization: organization.id,
    spareOrganization: spare.status === 200 ? spare.body.id : organization.id,
    account: owner.accountId,
    thirdAccount: thirdAccount.id,
    user: user.id,
    secondUser: secondUser.id,
    thirdUser: thirdUser.id,
    role: role.id,
    vdr: vdr.id,
    vdrTransformation: vdrTransformation.id,
    snippet: snippet.id,
    job: job.id,
    run,
    subscription: subscription.id,
    notification: notification.id,
    mail: mail.id,
    email: owner.email,
    userSecret: secrets.userSecret,
    organizationSecret: secrets.organizationSecret,
  })
}

/** Instances of a formula that nobody sees but administrators of the organization: it is of an account of its own. */
async function makeFormulaInstances(
  { hub: { store } }: TestHub,
  send: (method: string, path: string, body?: unknown) => Promise<Answer>,
  { owner, name, instance }: { owner: FormulaOwner; name: string; instance: Record<string, unknown> },
): Promise<Record<string, number>> {
  const trigger = { type: 'event', properties: { elementInstanceId: 'config.crm' } }
  const parts = partsOf({ trigger, variables: { crm: 'elementInstance' } })
  const boundFormula = await insertFormula(store, owner, { name, parts })
  const make = async () => (await send('POST', `/formulas/${boundFormula}/instances`, instance)).body.id
  const moveTo = (account: RawBuilder<unknown>) =>
    sql`update formulas set account_id = ${account} where id = ${boundFormula}`.execute(store.db)
  // an administrator makes no instance of what another account wrote
  await moveTo(sql`(select account_id from users where id = ${owner.userId})`)
  const made = {
    formulaInstance: await make(),
    secondFormulaInstance: await make(),
    thirdFormulaInstance: await make(),
  }
  await moveTo(sql`${owner.accountId}`)
  return { boundFormula, ...made }
}

/** A run of a job, as if it had been due. */
async function addRun({ hub }: TestHub, job: string, message: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    insert into schedule_runs (started_at, schedule_id, kind, organization_id, account_id, user_id, reference, name, description, state, message)
    select now(), id, kind, organization_id, account_id, user_id, reference, name, description, 'ERROR', ${message}
    from schedules where id = ${Number(job)} returning id`.execute(hub.store.db)
  return rows[0]?.id ?? 0
}

/**
 * Common resources at every level. What the organization's levels say is without the needle: all its accounts read it. `shared` is a name that
 * every organization has, the others are told apart by their label.
 */
function commonResources(
  label: string,
  { elements, instances, account, word }: { elements: number[]; instances: number[]; account: number; word: Word },
): [path: string, body: object][] {
  const [element, secondElement] = elements
  const [instance, secondInstance] = instances
  const secret = { fields: [{ path: 'code', displayName: word('field') }], description: word('description') }
  const mapping = { vendorName: word('vendor'), script: { body: word('script') } }
  const at = (prefix: string, kind: string, said: object) =>
    ['keep', 'rename', 'delete'].map((what): [string, object] => [
      `${prefix}/objects/${what}-${kind}-${label}/definitions`,
      said,
    ])
  const mapped = (prefix: string, kind: string, said: object): [string, object] => [
    `${prefix}/transformations/keep-${kind}-${label}`,
    said,
  ]
  const plain = { fields: [{ path: 'code' }] }
  return [
    ['/organizations/objects/shared/definitions', plain],
    ['/organizations/elements/base/transformations/shared', { vendorName: 'contacts' }],
    ['/accounts/objects/shared/definitions', secret],
    ['/accounts/elements/base/transformations/shared', mapping],
    ...at('/organizations', 'o', plain),
    mapped(`/organizations/elements/${element}`, 'o', { vendorName: 'days' }),
    ...at('/accounts', 'a', secret),
    mapped(`/accounts/elements/${element}`, 'a', mapping),
    ...at(`/accounts/${account}`, 'i', secret),
    mapped(`/accounts/${account}/elements/${secondElement}`, 'i', mapping),
    ...at(`/instances/${secondInstance}`, 'n', secret),
    mapped(`/instances/${secondInstance}`, 'n', mapping),
    ...at(`/instances/${instance}`, 't', secret),
    mapped(`/instances/${instance}`, 't', mapping),
    [`/organizations/objects/renamed-${label}/definitions`, plain],
    [`/organizations/objects/deleted-${label}/definitions`, plain],
  ]
}

/** Answers that hold one of them give something away, whoever asked. */
export const SECRET_ROWS = ['token', 'secondToken', 'userSecret', 'organizationSecret'] as const

/** a date without time */
function dayFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
}

type Word = (kind: string) => string

function elementBody(key: string, word: Word) {
  return {
    key,
    name: word('element'),
    description: word('description'),
    hub: 'general',
    authentication: { type: 'custom' },
    configuration: [
      { key: 'base.url', name: word('row'), defaultValue: `https://${word('host')}.example/v1` },
      { key: 'own.key', name: word('row'), defaultValue: word('default') },
    ],
    resources: [
      {
        ...{
          method: 'GET',
          path: '/days',
          vendorMethod: 'GET',
          vendorPath: '/days',
          type: 'api',
          description: word('resource'),
        },
        parameters: [{ name: word('p'), vendorName: 'p', type: 'query', vendorType: 'query', dataType: 'string' }],
        hooks: [{ type: 'postRequest', body: `done({ ${JSON.stringify(word('resourcehook'))}: 1 })` }],
      },
      {
        method: 'POST',
        path: '/days',
        vendorMethod: 'POST',
        vendorPath: '/days',
        type: 'api',
        description: word('resource'),
      },
    ],
    parameters: [{ name: word('zone'), vendorName: 'tz', type: 'query', vendorType: 'query', dataType: 'string' }],
    hooks: [{ type: 'preRequest', body: `done({ ${JSON.stringify(word('hook'))}: 1 })` }],
    transformations: { written: { vendorName: 'days', fields: [{ path: word('path'), vendorPath: 'x' }] } },
  }
}

function oauthBody(key: string, word: Word) {
  return {
    key,
    name: word('oauth'),
    description: '',
    hub: 'general',
    authentication: { type: 'oauth2' },
    configuration: [
      { key: 'base.url', name: 'Base', defaultValue: 'https://api.tower.example/v1' },
      { key: 'oauth.authorization.url', name: 'A', defaultValue: `https://tower.example/${word('authorize')}` },
      { key: 'oauth.token.url', name: 'T', defaultValue: 'https://tower.example/token' },
    ],
  }
}

function modelBody(word: Word) {
  return {
    name: word('model'),
    vendorName: word('model'),
    modelFields: [{ name: 'id', fieldMethods: [{ method: 'GET' }] }],
  }
}

function texts(rows: Record<string, unknown>): Rows {
  return Object.fromEntries(
    Object.entries(rows).map(([name, value]) => {
      if (value === undefined || value === null) throw new Error(`the row "${name}" was not made`)
      return [name, String(value)]
    }),
  )
}

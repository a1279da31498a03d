import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { postBulkElement } from '../../support/bulk-element.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { type Formulas, formulasOf, storyOf, visitOf } from '../../support/formulas.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { provisionSimulated } from '../../support/provision-simulated.ts'

/**
 * Real formulas, imported as they are, on simulated vendors: which steps they visit, with which ends and values (spec 31 §5, 32 §5).
 * Foreign data: `VALENCE_TEST_EXPORTS` names the folder that holds `formulas/*.json`.
 */
const folder = process.env['VALENCE_TEST_EXPORTS']

describe.skipIf(!folder)('given formulas', () => {
  let hub: TestHub
  let formulas: Formulas
  beforeAll(async () => {
    hub = await startTestHub()
    formulas = formulasOf(hub)
    await formulas.warm()
  })
  afterAll(() => hub.close())

  // biome-ignore lint/suspicious/noExplicitAny: exports of every shape
  const given = (name: string): any => JSON.parse(readFileSync(join(folder ?? '', 'formulas', `${name}.json`), 'utf8'))
  async function imported(file: unknown) {
    const { body } = expectOk(await formulas.call('POST', '/formulas', file))
    const { name, steps, triggers, configuration } = file as Record<string, { name: string }[]>
    const namesOf = (parts: { name: string }[] = []) => parts.map((one) => one.name)
    expect(body.name).toBe(name)
    expect(namesOf(body.steps).toSorted()).toEqual(namesOf(steps).toSorted())
    expect(body.configuration).toHaveLength(configuration?.length ?? 0)
    expect(body.triggers).toHaveLength(triggers?.length ?? 0)
    return body
  }
  /** A vendor that nobody knows, with rows that the simulator makes up. */
  async function provisionMade(key: string, more: object = {}): Promise<{ id: number; token: string }> {
    await postBulkElement(hub, { key, baseUrl: `https://api.${key}.test/v1`, ...more })
    return expectOk(await hub.call('POST', '/instances', { body: { name: key, element: { key }, configuration: {} } }))
      .body
  }

  test('Loop_Step_Aggregation: the list, once around for each contact, and the end', async () => {
    const sfdc = await provisionSimulated(hub, 'sfdc')
    const contacts = expectOk(await hub.call('GET', '/contacts', { token: sfdc.token })).body
    expect(contacts.length).toBeGreaterThan(3)
    const formula = await imported(given('Loop_Step_Aggregation'))
    const instance = await formulas.bind(formula, { Instance: String(sfdc.id) })
    const { visits, status, value, json } = await formulas.runAgain({ formula, instance })
    expect(storyOf(visits)).toEqual([
      ...['trigger:success', 'getContacts:success'],
      ...contacts.flatMap(() => ['contactsLoop:success', 'aggregator:success']),
      ...['contactsLoop:failed', 'final:success'],
    ])
    expect(status).toBe('success')
    expect(visits[0]?.values).toEqual({ 'trigger.args': '{}' })
    expect(Object.keys(visits[1]?.values ?? {})).toEqual(
      expect.arrayContaining([
        'getContacts.request.method',
        'getContacts.request.uri',
        'getContacts.response.body',
        'getContacts.response.code',
      ]),
    )
    expect(Object.keys(visits[2]?.values ?? {}).toSorted()).toEqual(['contactsLoop.entry', 'contactsLoop.index'])
    expect(value('getContacts.response.code')).toBe('200')
    expect(json('aggregator.arr')).toEqual(contacts.map(({ Name }: { Name?: string }) => Name ?? null))
    expect(Object.keys(visits.at(-1)?.values ?? {})).toEqual(['final.console'])
    expect(json('final.console')).toHaveLength(1)
  })

  for (const [form, read] of [
    ['as an export', () => given('PagingExample')],
    ['in the form of the command line', () => given('PagingExample.cli-form')[0]],
  ] as const) {
    test(`PagingExample ${form}: page after page, until one is empty`, async () => {
      const query = (name: string, vendorName: string) => ({ name, vendorName, type: 'query', vendorType: 'query' })
      const ledger = await provisionMade(`ledger${form.length}`, {
        defaults: { 'pagination.max': '10' },
        resources: [
          {
            ...{ method: 'GET', path: '/hubs/crm/invoices', vendorMethod: 'GET', vendorPath: '/invoices', type: 'api' },
            parameters: [query('where', 'filter'), query('page', 'page'), query('pageSize', 'per_page')],
          },
        ],
      })
      const formula = await imported(read())
      const instance = await formulas.bind(formula, { source: ledger.id })
      const args = { startDate: '2020-01-01', endDate: '2020-12-31' }
      const { visits, status, value, json } = await formulas.runAgain({ formula, instance }, args)
      const page = (last: string) => [
        'buildQuery:success',
        'getInvoices:success',
        'processInvoices:success',
        `isLastPage:${last}`,
      ]
      const pages = visits.filter(({ name }) => name === 'getInvoices').length
      expect(pages).toBeGreaterThan(2)
      expect(storyOf(visits)).toEqual([
        'trigger:success',
        ...Array.from({ length: pages - 1 }).flatMap(() => page('failed')),
        ...page('success'),
      ])
      expect(status).toBe('success')
      expect(json('getInvoices.response.body')).toEqual([])
      const where = "txnDate>='2020-01-01' AND txnDate<='2020-12-31'"
      expect(JSON.parse(visits[1]?.values['buildQuery.query'] ?? '')).toEqual({ where })
      expect(json('buildQuery.query')).toEqual({ where, nextPage: expect.any(String) })
      expect(value('isLastPage.continue')).toBe('true')
      expect(visits.find(({ name }) => name === 'processInvoices')?.values).toEqual({})
      const starts = visits
        .filter(({ name }) => name === 'getInvoices')
        .map(({ values }) => values['getInvoices.response.body'])
      expect(new Set(starts).size).toBe(pages)
    })
  }

  test('BulkStep1 to 3: each is started by the end of the job before it', { timeout: 40_000 }, async () => {
    const source = await hub.provisionBase({ name: 'Source' })
    const target = await provisionMade('acton')
    const email = 'ops@example.test'
    const [one, two, three] = [
      await imported(given('BulkStep1')),
      await imported(given('BulkStep2')),
      await imported(given('BulkStep3')),
    ]
    const third = await formulas.bind(three, { email })
    const second = await formulas.bind(two, {
      ...{ 'crm.source': source.id, target: target.id, email, object: 'contacts', thirdFormulaInstanceId: third.id },
    })
    const first = await formulas.bind(one, {
      ...{ 'crm.source': source.id, cron: '0 0 2 1/1 * ? *', object: 'contacts', secondformulainstanceid: second.id },
    })
    const begun = await formulas.runAgain({ formula: one, instance: first }, {})
    expect(storyOf(begun.visits)).toEqual(['trigger:success', 'createQuery:success', 'createBulkJob:success'])
    expect(begun.visits[0]?.values['trigger.type']).toBe('scheduled')
    expect(begun.json('createQuery.headers')).toEqual({
      'Elements-Async-Callback-Url': `/formulas/instances/${second.id}/executions`,
    })
    expect(begun.value('createBulkJob.response.code')).toBe('200')
    const { id: jobId } = begun.json('createBulkJob.response.body')

    const [streaming] = await formulas.executions(second.id, 1)
    const streamed = await formulas.read(streaming.id)
    expect(storyOf(streamed.visits), JSON.stringify(streamed.visits).slice(0, 4000)).toEqual([
      'trigger:success',
      'isSuccess:success',
      'generateMetadata:success',
      'streamBulkResults:success',
    ])
    expect(Object.keys(streamed.visits[0]?.values ?? {})).toEqual(['trigger.args'])
    expect(streamed.json('trigger.args')).toMatchObject({ status: 'COMPLETED', recordsFailedCount: 0 })
    expect(String(streamed.json('trigger.args').id)).toBe(String(jobId))
    expect(streamed.value('streamBulkResults.download.request.uri')).toContain(`/bulk/${jobId}/contacts`)
    expect(streamed.value('streamBulkResults.download.response.code')).toBe('200')
    expect(streamed.value('streamBulkResults.upload.response.code')).toBe('200')

    const [checking] = await formulas.executions(third.id, 1)
    const checked = await formulas.read(checking.id)
    expect(storyOf(checked.visits)).toEqual(['trigger:success', 'checkForErrors:success'])
    expect(checked.value('checkForErrors.success')).toBe('true')
    const { recordsCount, status } = checked.json('trigger.args')
    expect(status).toBe('COMPLETED')
    expect(recordsCount).toBe(streamed.json('trigger.args').recordsCount)
    expect(recordsCount).toBeGreaterThan(0)
    const mails = expectOk(await hub.call('GET', '/notifications/emails')).body
    expect(mails.filter(({ to }: { to: string[] }) => to.includes(email))).toEqual([])
    for (const run of [begun, streamed, checked]) expect(run.status).toBe('success')
  })

  test('BulkStep2 of a job that did not complete ends at its filter', async () => {
    const [source, target] = [await hub.provisionBase(), await hub.provisionBase()]
    const formula = await imported({ ...given('BulkStep2'), name: 'BulkStep2 alone' })
    const instance = await formulas.bind(formula, {
      ...{ 'crm.source': source.id, target: target.id, email: 'x@example.test', object: 'contacts' },
      ...{ thirdFormulaInstanceId: 1 },
    })
    const { visits, status } = await formulas.runAgain({ formula, instance }, { id: '5', status: 'ABORTED' })
    expect(storyOf(visits)).toEqual(['trigger:success', 'isSuccess:failed'])
    expect(visits[1]?.values).toEqual({ 'isSuccess.continue': 'false' })
    expect(status).toBe('success')
  })

  test('brokenFormula: its filter throws, and its way out is taken; nothing is shown but the failure', async () => {
    const quickbooks = await provisionMade('qbo')
    const formula = await imported(given('brokenFormula'))
    expect(formula.debugLoggingEnabled).toBe(false)
    const instance = await formulas.bind(formula, { QBOElementInstance: quickbooks.id })
    const event = { objectId: '5', objectType: 'Customer', eventType: 'CREATED' }
    const body = { message: { instance_id: quickbooks.id, events: [event] } }
    const silent = await formulas.runAgain({ formula, instance }, body)
    expect(silent.status).toBe('failed')
    expect(silent.names).not.toContain('gracefulFormulaExit')
    const errors = await formulas.call('GET', `/formulas/instances/executions/${silent.execution.id}/errors`)
    expect(errors.body.map(visitOf)).toMatchObject([
      {
        name: 'checkEventTrigger',
        status: 'failed',
        values: { 'checkEventTrigger.error': expect.stringContaining('undefined') },
      },
    ])

    expectOk(await formulas.call('PATCH', `/formulas/${formula.id}`, { debugLoggingEnabled: true }))
    const loud = await formulas.runAgain({ formula, instance }, body)
    expect(storyOf(loud.visits)).toEqual(['trigger:success', 'checkEventTrigger:failed', 'gracefulFormulaExit:success'])
    expect(Object.keys(loud.visits[1]?.values ?? {})).toEqual(['checkEventTrigger.error'])
    expect(loud.status).toBe('failed')
  })

  test('brokenFormula mended half: a reference without braces is no reference', async () => {
    const quickbooks = await provisionMade('qbo2')
    const broken = given('brokenFormula')
    const formula = await imported({ ...broken, name: 'half mended', debugLoggingEnabled: true })
    const check = formula.steps.find(({ name }: { name: string }) => name === 'checkEventTrigger')
    const properties = { body: 'done(true)' }
    expectOk(await formulas.call('PUT', `/formulas/${formula.id}/steps/${check.id}`, { ...check, properties }))
    const instance = await formulas.bind(formula, { QBOElementInstance: quickbooks.id })
    const event = { objectId: '5', objectType: 'Customer', eventType: 'CREATED' }
    const { visits, status } = await formulas.runAgain(
      { formula, instance },
      { instance_id: quickbooks.id, events: [event] },
    )
    expect(storyOf(visits)).toEqual(['trigger:success', 'checkEventTrigger:success', 'retrieveEmployeeRecord:failed'])
    expect(JSON.stringify(visits.at(-1)?.values)).toContain('$config.QBOElementInstance')
    expect(status).toBe('failed')
  })
})

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places in paths of steps

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BulkClient, JSON_BODY, linesOf, provisionForBulk } from '../../support/bulk-client.ts'
import { postBulkElement } from '../../support/bulk-element.ts'
import { type BulkVendor, startBulkVendor } from '../../support/bulk-vendor.ts'
import { expectOk } from '../../support/expect-answer.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'
import { type Receiver, startReceiver } from '../../support/receiver.ts'

/**
 * The calls that three real formulas make, one after the other: a query, its file streamed into an upload, a look at what came of it.
 * Foreign data: `VALENCE_TEST_EXPORTS` names the folder that holds `formulas/BulkStep*.json`.
 */
const folder = process.env['VALENCE_TEST_EXPORTS']

interface Step {
  name: string
  properties: Record<string, string>
}

describe.skipIf(!folder)('BulkStep1 to 3', () => {
  let hub: TestHub
  let from: BulkVendor
  let to: BulkVendor
  let receiver: Receiver
  let source: BulkClient
  let target: BulkClient
  beforeAll(async () => {
    ;[from, to, receiver, hub] = await Promise.all([
      startBulkVendor(),
      startBulkVendor(),
      startReceiver(),
      startTestHub({ VALENCE_SIMULATE: 'off', VALENCE_EGRESS_ALLOW: '127.0.0.1' }),
    ])
    await postBulkElement(hub, { key: 'crmsource', baseUrl: from.baseUrl })
    await postBulkElement(hub, { key: 'crmtarget', baseUrl: to.baseUrl })
    source = await provisionForBulk(hub, 'crmsource')
    target = await provisionForBulk(hub, 'crmtarget')
    from.rows(
      'contacts',
      Array.from({ length: 130 }, (_, index) => ({ id: `c${index}`, name: `Zoë, "${index}"\n`, deep: { n: index } })),
    )
  })
  afterAll(async () => {
    await hub.close()
    await Promise.all([from.close(), to.close(), receiver.close()])
  })

  const config = {
    object: 'contacts',
    secondformulainstanceid: 321,
    thirdFormulaInstanceId: 322,
    email: 'ops@x.example',
  }

  function stepOf(formula: string, name: string): Step {
    const { steps } = JSON.parse(readFileSync(join(folder ?? '', 'formulas', `${formula}.json`), 'utf8')) as {
      steps: Step[]
    }
    const step = steps.find((one) => one.name === name)
    if (!step) throw new Error(`${formula} has no step ${name}`)
    return step
  }

  /** What the script of a step hands to `done`, and the mails it sends. */
  function runStep(formula: string, name: string, args: unknown = {}) {
    // biome-ignore lint/suspicious/noExplicitAny: results of every shape
    let result: any
    const mails: string[][] = []
    const done = (value: unknown) => {
      result = JSON.parse(JSON.stringify(value))
    }
    const notify = { email: (...mail: string[]) => void mails.push(mail) }
    const script = stepOf(formula, name).properties['body'] ?? ''
    // the payload is made inside, so that it has the prototypes that the script expects
    const whole = `const trigger = { args: JSON.parse(given) }\n${script}`
    runInNewContext(`(() => {${whole}\n})()`, { config, done, notify, given: JSON.stringify(args) })
    return { result, mails }
  }

  /** A path of a step, with its values. */
  const pathOf = (template: string | undefined, id = '') =>
    (template ?? '').replaceAll('${config.object}', config.object).replaceAll('${trigger.args.id}', id)

  async function firstStep(): Promise<string> {
    const { body, headers } = runStep('BulkStep1', 'createQuery').result
    expect(headers).toEqual({ 'Elements-Async-Callback-Url': '/formulas/instances/321/executions' })
    const { api, method } = stepOf('BulkStep1', 'createBulkJob').properties
    const answer = await source.send(method ?? '', api ?? '', {
      body: JSON.stringify(body),
      headers: { ...JSON_BODY, ...headers },
    })
    expect(expectOk(answer).body).toMatchObject({ status: 'CREATED', instanceId: source.id })
    return String(answer.body.id)
  }

  /** The file of a job, streamed into an upload as it comes: no form, no name of a part. */
  async function secondStep(id: string, callback?: string) {
    const { downloadHeaders, uploadHeaders } = runStep('BulkStep2', 'generateMetadata').result
    expect(uploadHeaders).toEqual({ 'Elements-Async-Callback-Url': '/formulas/instances/322/executions' })
    const { properties } = stepOf('BulkStep2', 'streamBulkResults')
    expect(properties['uploadFormDataName']).toBe('')
    const file = await fetch(hub.api + pathOf(properties['downloadApi'], id), {
      headers: { authorization: source.authorization, ...downloadHeaders },
    })
    expect(file.status).toBe(200)
    expect(file.headers.get('content-type')).toContain('application/json')
    const answer = await fetch(hub.api + pathOf(properties['uploadApi']), {
      method: properties['uploadMethod'] ?? '',
      headers: {
        authorization: target.authorization,
        'content-type': file.headers.get('content-type') ?? '',
        ...uploadHeaders,
        ...(callback && { 'Elements-Async-Callback-Url': callback }),
      },
      body: file.body,
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(200)
    const started = (await answer.json()) as { id: unknown; status: string }
    expect(started).toMatchObject({ status: 'CREATED', instanceId: target.id })
    return String(started.id)
  }

  test('the query of the first: a hundred records, one JSON object per line', async () => {
    const id = await firstStep()
    expect(await source.completed(id)).toMatchObject({
      status: 'COMPLETED',
      recordsCount: 100,
      object_name: 'contacts',
    })
    expect(linesOf(await source.file(id, 'application/json'))).toEqual(from.rows('contacts').slice(0, 100))
  })

  test('the status that the second is started with lets it go on', async () => {
    const inbox = receiver.inbox()
    const { body } = runStep('BulkStep1', 'createQuery').result
    const headers = { ...JSON_BODY, 'Elements-Async-Callback-Url': inbox.url }
    expectOk(await source.send('POST', '/bulk/query', { body: JSON.stringify(body), headers }))
    const [delivery] = await inbox.arrived(1)
    expect(runStep('BulkStep2', 'isSuccess', delivery?.json).result).toBe(true)
    const { json } = delivery ?? {}
    expect(pathOf(stepOf('BulkStep2', 'streamBulkResults').properties['downloadApi'], json.id)).toBe(
      `/bulk/${json.id}/contacts`,
    )
  })

  test('the stream of the second: every record arrives as it was', async () => {
    to.reset()
    const id = await firstStep()
    await source.completed(id)
    const upload = await secondStep(id)
    expect(await target.completed(upload)).toMatchObject({ recordsCount: 100, recordsFailedCount: 0 })
    const number = ({ id }: { id?: unknown }) => Number(String(id).slice(1))
    expect(to.rows('contacts').toSorted((a, b) => number(a) - number(b))).toEqual(from.rows('contacts').slice(0, 100))
  })

  test('the third sends no mail for rows that failed, and one for a job that did', async () => {
    to.reset()
    const id = await firstStep()
    await source.completed(id)
    to.script('POST /contacts', ({ body }) => (body.id === 'c7' ? { status: 400, body: { message: 'no' } } : undefined))
    const inbox = receiver.inbox()
    await target.completed(await secondStep(id, inbox.url))
    const [good] = await inbox.arrived(1)
    expect(good?.json).toMatchObject({ status: 'COMPLETED', recordsCount: 100, recordsFailedCount: 1 })
    expect(runStep('BulkStep3', 'checkForErrors', good?.json)).toEqual({ result: { success: true }, mails: [] })

    const headers = { 'content-type': 'application/json', 'Elements-Async-Callback-Url': inbox.url }
    expectOk(await target.send('POST', '/bulk/contacts', { body: '{"name":', headers }))
    const bad = await inbox.one(({ json }) => json.status !== 'COMPLETED')
    const { mails } = runStep('BulkStep3', 'checkForErrors', bad.json)
    expect(mails).toHaveLength(1)
    expect(mails[0]?.join('\n')).toContain(`failed with error message: ${bad.json.error} and status: ABORTED`)
    expect(bad.json.error).toMatch(/\S/)
    expect(mails[0]?.join('\n')).not.toContain('NaN')
  })
})

import { describe, expect, test } from 'vitest'
import { readWorkflow } from './read-workflow.ts'

const target = { token: 'token-2', objectName: 'accounts' }
const step = { query: 'select name from accounts', targetConfiguration: target }

describe('a job of a workflow', () => {
  test('is read with everything that consoles send', () => {
    const [read] = readWorkflow([
      {
        ...{ query: 'select name from accounts', from: '2020-01-01T00:00:00.000Z', objectName: 'accounts' },
        ...{ elementKey: 'sourcecrm', path: '/hubs/crm/bulk', method: 'POST', statusCheckInterval: 10_000 },
        ...{ composite: true, multipleUpload: false, parentObjectName: 'companies' },
        targetConfiguration: {
          ...{ path: '/hubs/crm/bulk/accounts', method: 'POST', token: 't', elementKey: 'targetcrm' },
          ...{ objectName: 'accounts', parameters: { batch: 7 }, addToCampaign: false },
          metaData: '{"identifierFieldName":"email"}',
        },
        notificationConfiguration: { token: 'm', to: 'ops@example.org, dev@example.org' },
      },
    ])
    expect(read).toEqual({
      ...{ query: 'select name from accounts', objectName: 'accounts', elementKey: 'sourcecrm' },
      ...{ window: { from: '2020-01-01T00:00:00.000Z' }, fileJobId: undefined, parentObjectName: 'companies' },
      target: {
        ...{ instance: { token: 't' }, elementKey: 'targetcrm', objectName: 'accounts' },
        ...{ parameters: { batch: '7' } },
        ...{ metaData: { identifierFieldName: 'email' }, kept: { addToCampaign: false } },
      },
      notification: { instance: { token: 'm' }, to: ['ops@example.org', 'dev@example.org'] },
      kept: { composite: true, multipleUpload: false, statusCheckInterval: 10_000 },
    })
  })

  test('may name the object of the target by its path, and have a file in place of a query', () => {
    const [read] = readWorkflow([
      {
        ...{ fileUpload: true, jobId: '8801', notificationConfiguration: {} },
        targetConfiguration: { token: 't', path: '/elements/api-v2/bulk/leads', metaData: '' },
      },
    ])
    expect(read).toMatchObject({ fileJobId: 8801, query: '', target: { objectName: 'leads', metaData: {} } })
    expect(read?.notification).toBeUndefined()
  })
})

describe('what is wrong is said with its place', () => {
  for (const [what, body, message] of [
    ['no list', { query: 'x' }, 'The request body: expected a list of 1 to 100 jobs, got no list'],
    ['an empty list', [], 'got a list of 0'],
    ['a step that is none', [step, 7], '[1]: expected an object, got a number'],
    ['nothing to ask for', [{ ...step, query: undefined, objectName: 'x' }], '[0]: Missing in the job: query'],
    ['no target', [{ query: 'x' }], '[0]: Missing in the job: targetConfiguration'],
    [
      'no token',
      [{ ...step, targetConfiguration: { objectName: 'x' } }],
      '[0].targetConfiguration: Missing in it: token',
    ],
    [
      'no object',
      [{ ...step, targetConfiguration: { token: 't' } }],
      '[0].targetConfiguration: Missing in it: objectName',
    ],
    ['another path', [{ ...step, path: '/hubs/crm/contacts' }], '[0]: path: expected one of bulk calls'],
    ['another method', [{ ...step, method: 'DELETE' }], '[0]: method: expected POST, got "DELETE"'],
    ['an interval', [{ ...step, statusCheckInterval: -1 }], '[0]: statusCheckInterval: expected milliseconds'],
    ['a file without an id', [{ ...step, fileUpload: true, jobId: 'x' }], '[0]: jobId: expected what POST'],
    [
      'metadata that is no JSON',
      [{ ...step, targetConfiguration: { ...target, metaData: '{' } }],
      '[0].targetConfiguration.metaData: expected an object, got a string',
    ],
    [
      'a parameter that is an object',
      [{ ...step, targetConfiguration: { ...target, parameters: { a: {} } } }],
      '[0].targetConfiguration.parameters: a: expected text, got an object',
    ],
    [
      'a receiver that is no address',
      [{ ...step, notificationConfiguration: { token: 't', to: 'ops' } }],
      '[0].notificationConfiguration: to: "ops" is no mail address',
    ],
    [
      'much that nobody reads',
      [{ ...step, composite: 'x'.repeat(10_001) }],
      '[0]: composite, multipleUpload: 10017 characters',
    ],
  ] as const) {
    test(what, () => {
      let said = ''
      try {
        readWorkflow(body)
      } catch (error) {
        said = (error as Error).message
      }
      expect(said).toContain(message)
    })
  }
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allPages, type CatalogInstance, expectPages, provisionElement } from '../../support/catalog-element.ts'
import { startTestHub, type TestHub } from '../../support/hub.ts'

/** The Jira element on the simulator. */
let hub: TestHub
let jira: CatalogInstance
beforeAll(async () => {
  hub = await startTestHub()
  jira = await provisionElement(hub, 'jira', { site: 'acme', username: 'ada@example.com', password: 'token-1' })
})
afterAll(() => hub.close())

const lastRequest = () => hub.hub.simulator?.requests(1, 'shown').at(-1)
const where = (text: string) => `where=${encodeURIComponent(text)}`
const fields = { project: { key: 'P10001' }, summary: 'Lamp "A" is dark', issuetype: { name: 'Bug' }, labels: ['lamp'] }

test('a token that the vendor refuses makes no instance', async () => {
  const configuration = { site: 'acme', username: 'ada@example.com', password: 'wrong-token' }
  expect(
    (await hub.call('POST', '/instances', { body: { name: 'x', element: { key: 'jira' }, configuration } })).status,
  ).toBe(401)
})

test('issues are made, read, changed, found and deleted', async () => {
  const base = '/hubs/helpdesk/incidents'
  const made = await jira.ok('POST', base, { fields })
  expect(made).toMatchObject({ id: '10031', key: 'VAL-10031' })
  const read = await jira.ok('GET', `${base}/${made.id}`)
  expect(read).toMatchObject({ id: made.id, key: made.key, fields })
  const after = await jira.ok('PATCH', `${base}/${made.id}`, { fields: { description: 'At night.' } })
  expect(after).toMatchObject({ id: made.id, fields: { ...fields, description: 'At night.' } })
  for (const text of [
    `summary LIKE '%Lamp "A"%'`,
    "labels='lamp' and status='To Do'",
    "project='P10001' and labels in ('lamp')",
  ])
    expect(await jira.ok('GET', `${base}?${where(text)}`), text).toEqual([after])
  expect(new URLSearchParams(lastRequest()?.url.split('?')[1]).get('jql')).toBe(
    '"project" = "P10001" AND "labels" IN ("lamp")',
  )
  await jira.ok('DELETE', `${base}/${made.id}`)
  expect((await jira.call('GET', `${base}/${made.id}`)).status).toBe(404)
})

describe('lists', () => {
  test('issues go on by token, searched or not', async () => {
    await expectPages(jira, '/hubs/helpdesk/incidents')
    expect(await allPages(jira, '/hubs/helpdesk/incidents', 7)).toHaveLength(30)
    const bugs = await allPages(jira, `/hubs/helpdesk/incidents?${where("issuetype='Bug'")}`, 2)
    expect(bugs.every((issue) => issue.fields.issuetype.name === 'Bug')).toBe(true)
  })

  for (const path of ['users', 'projects'])
    test(`${path} go on by number, to the end`, async () => {
      await expectPages(jira, `/hubs/helpdesk/${path}`)
      const rows = await allPages(jira, `/hubs/helpdesk/${path}`, 3)
      expect(new Set(rows.map(({ self: _, ...row }) => JSON.stringify(row))).size).toBe(rows.length)
    })

  for (const path of ['priorities', 'statuses', 'incident-types', 'resolutions', 'fields', 'filters'])
    test(`${path} are there, in pages of ours`, async () => {
      expect(await jira.ok('GET', `/hubs/helpdesk/${path}?pageSize=1`)).toHaveLength(1)
    })

  test('users are found by name', async () => {
    const [user] = await jira.ok('GET', '/hubs/helpdesk/users?pageSize=1')
    const found = await jira.ok('GET', `/hubs/helpdesk/users/search?${where(`query='${user.displayName}'`)}`)
    expect(found).toContainEqual(user)
  })
})

test('comments and worklogs of an issue', async () => {
  const base = '/hubs/helpdesk/incidents/10001'
  const comment = await jira.ok('POST', `${base}/comments`, { body: 'Seen.' })
  const changed = await jira.ok('PATCH', `${base}/comments/${comment.id}`, { body: 'Seen twice.' })
  expect(await jira.ok('GET', `${base}/comments`)).toContainEqual(changed)
  await jira.ok('DELETE', `${base}/comments/${comment.id}`)
  const log = await jira.ok('POST', `${base}/worklogs`, { timeSpent: '10m' })
  expect((await jira.ok('GET', `${base}/worklogs/${log.id}`)).timeSpent).toBe('10m')
  for (const path of ['transitions', 'history', 'watchers'])
    expect((await jira.ok('GET', `${base}/${path}`)).length, path).toBeGreaterThan(0)
  await jira.ok('POST', `${base}/transitions`, { transition: { id: '1' } })
  expect((await jira.ok('GET', base)).fields.status.name).toBe('In Progress')
})

test('files go up as a form and come down as they are', async () => {
  const form = new FormData()
  form.append('file', new Blob(['hello'], { type: 'text/plain' }), 'hello.txt')
  const headers = { authorization: `${hub.authorization}, Element ${jira.token}` }
  const up = await fetch(`${hub.api}/hubs/helpdesk/incidents/10001/attachments`, {
    method: 'POST',
    headers,
    body: form,
  })
  expect(up.status, await up.text()).toBe(200)
  expect(lastRequest()?.headers['x-atlassian-token']).toBe('no-check')
  const down = await fetch(`${hub.api}/hubs/helpdesk/attachments/7/data`, { headers })
  expect([down.status, await down.text()]).toEqual([200, expect.stringContaining('Simulated content')])
})

test('versions and components of a project', async () => {
  const made = await jira.ok('POST', '/hubs/helpdesk/versions', { name: '3.0', projectId: 10001 })
  expect(await jira.ok('PATCH', `/hubs/helpdesk/versions/${made.id}`, { released: true })).toMatchObject({
    name: '3.0',
    released: true,
  })
  expect(await jira.ok('GET', '/hubs/helpdesk/projects/10001/versions')).toHaveLength(2)
  expect(await jira.ok('GET', '/hubs/helpdesk/projects/10001/components')).toHaveLength(2)
})

test('what an issue lacks is a 400 with the vendor’s words', async () => {
  const refused = await jira.call('POST', '/hubs/helpdesk/incidents', { fields: { summary: 'x' } })
  expect([refused.status, refused.body.providerMessage]).toEqual([400, expect.stringContaining('issuetype')])
})

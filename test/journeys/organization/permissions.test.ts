import { describe, expect, test } from 'vitest'
import { expectOk } from '../../support/expect-answer.ts'
import { idsOf, useStage, type Who } from './cast.ts'

/** What users of each role may do and may not (spec 50 §6, §7), and that nobody reaches another organization. */
const { stage, as, expectRefused } = useStage()

describe('what each may do, and may not (§6, §7)', () => {
  const EVERYBODY: Who[] = ['admin', 'accountAdmin', 'office', 'easterner']
  const ADMINS: Who[] = ['admin', 'accountAdmin']
  const BOSS: Who[] = ['admin']
  const NOBODY: Who[] = []
  const user = () => ({ firstName: 'Ann', lastName: 'Onym', email: `ann-${Math.random()}@example.com` })
  const filled = (path: string) => {
    const ids: Record<string, number> = {
      east: stage.east.id,
      west: stage.west.id,
      easterner: stage.cast.easterner.id,
      westerner: stage.cast.westerner.id,
      initech: stage.initech.id,
    }
    return path.replace(/\{(\w+)\}/g, (_all, name: string) => String(ids[name]))
  }

  /** Who may, and what the call then answers; the others get 403, whatever the body is and whether the thing exists. */
  for (const [call, who, statuses, body] of [
    ['GET /organizations/me', EVERYBODY, [200]],
    ['PUT /organizations/me', BOSS, [200], () => ({ name: 'Globex' })],
    ['GET /accounts', BOSS, [200]],
    ['POST /accounts', BOSS, [200], () => ({ externalId: `made ${Math.random()}` })],
    ['POST /accounts', BOSS, [400], () => ({})],
    ['PATCH /accounts/{west}', BOSS, [200], () => ({ description: 'West' })],
    ['DELETE /accounts/-1', BOSS, [404]],
    ['PUT /accounts/{west}/roles/nothere', BOSS, [400]],
    ['GET /accounts/{east}/users', ADMINS, [200]],
    ['GET /accounts/{west}/users', BOSS, [200]],
    ['GET /accounts/{east}/users/{easterner}', ADMINS, [200]],
    ['GET /accounts/{west}/users/{westerner}', BOSS, [200]],
    ['POST /accounts/{east}/users', ADMINS, [200], user],
    ['POST /accounts/{east}/users', ADMINS, [400], () => ({})],
    ['POST /accounts/{west}/users', BOSS, [200], user],
    ['PATCH /accounts/{east}/users/{easterner}', ADMINS, [200], () => ({ city: 'Ulm' })],
    ['PATCH /accounts/{west}/users/{westerner}', BOSS, [200], () => ({ city: 'Ulm' })],
    ['PUT /accounts/{east}/users/{easterner}', ADMINS, [200], () => ({ city: 'Bern' })],
    ['DELETE /accounts/{east}/users/-1', ADMINS, [404]],
    ['DELETE /accounts/{west}/users/-1', BOSS, [404]],
    ['GET /organizations/users', BOSS, [200]],
    ['POST /organizations/users', BOSS, [200], user],
    ['DELETE /organizations/users/-1', BOSS, [404]],
    ['GET /organizations/roles', BOSS, [200]],
    ['PUT /organizations/roles', BOSS, [200], () => []],
    ['PUT /organizations/roles/-1', BOSS, [404], () => ({ privileges: [] })],
    ['PUT /organizations/password-policies', BOSS, [400], () => ({ minLength: 7 })],
    ['DELETE /organizations/password-policies', BOSS, [200, 404]],
    ['PUT /organizations/branding', BOSS, [400], () => ({ headerFont: 'Arial' })],
    ['DELETE /organizations/branding', BOSS, [200, 404]],
    ['GET /organizations/branding', EVERYBODY, [200, 404]],
    ['GET /elements/keys', EVERYBODY, [200]],
    ['POST /elements', EVERYBODY, [400], () => ({})],
    ['GET /instances', EVERYBODY, [200, 404]],
    ['POST /instances', EVERYBODY, [400], () => ({})],
    ['GET /accounts/settings', EVERYBODY, [200]],
    ['PATCH /accounts/{west}/settings', BOSS, [200], () => ({})],
    ['GET /customers/organizations', NOBODY, []],
    ['DELETE /customers/organizations/{stage.initech}', NOBODY, []],
    ['DELETE /customers/organizations/-1', NOBODY, []],
  ] as [string, Who[], number[], (() => unknown)?][]) {
    test(`${call}: ${who.map((one) => `${one} ${statuses.join(' or ')}`).join(', ') || 'none of them'}`, async () => {
      const [method = '', path = ''] = call.split(' ')
      for (const one of EVERYBODY) {
        const answer = await as(one)(method, filled(path), body?.())
        if (who.includes(one)) expect(statuses, `${one}: ${answer.text}`).toContain(answer.status)
        else expectRefused(answer, 403)
        if (answer.status === 404) expect(answer.body.message, 'a route').not.toContain(`There is no ${method} `)
      }
    })
  }

  test('nobody of one organization reaches anything of another', async () => {
    const { stranger } = stage.cast
    const foreign: [method: string, path: string, body?: unknown][] = [
      ['GET', `/accounts/${stage.east.id}`],
      ['PATCH', `/accounts/${stage.east.id}`, { name: 'Taken' }],
      ['PUT', `/accounts/${stage.east.id}`, { name: 'Taken' }],
      ['DELETE', `/accounts/${stage.east.id}`],
      ['GET', `/accounts/${stage.east.id}/users`],
      ['POST', `/accounts/${stage.east.id}/users`, user()],
      ['GET', `/accounts/${stage.east.id}/users/${stage.cast.easterner.id}`],
      ['PATCH', `/accounts/${stage.east.id}/users/${stage.cast.easterner.id}`, { active: false }],
      ['DELETE', `/accounts/${stage.east.id}/users/${stage.cast.easterner.id}`],
      ['GET', `/accounts/${stranger.accountId}/users/${stage.cast.easterner.id}`],
      ['PATCH', `/accounts/${stranger.accountId}/users/${stage.cast.easterner.id}`, { active: false }],
      ['DELETE', `/accounts/${stranger.accountId}/users/${stage.cast.easterner.id}`],
      ['GET', `/users/${stage.cast.easterner.id}`],
      ['GET', `/users/${stage.cast.easterner.email}`],
      ['PATCH', `/users/${stage.cast.easterner.id}`, { active: false }],
      ['DELETE', `/users/${stage.cast.easterner.id}`],
      ['GET', `/users/${stage.cast.easterner.id}/roles`],
      ['GET', `/organizations/users/${stage.cast.office.id}`],
      ['PATCH', `/organizations/users/${stage.cast.office.id}`, { active: false }],
      ['DELETE', `/organizations/users/${stage.cast.office.id}`],
      ['GET', `/accounts/${stage.east.id}/roles`],
      ['PUT', `/accounts/${stage.east.id}/roles/admin`],
      ['DELETE', `/accounts/${stage.east.id}/roles/admin`],
      ['GET', `/accounts/${stage.east.id}/instances`],
      ['PATCH', `/accounts/${stage.east.id}/settings`, { 'notification.webhook.failure.policy': 'queue' }],
      ['POST', `/accounts/${stage.east.id}/settings`, { 'notification.webhook.failure.policy': 'queue' }],
    ]
    for (const [method, path, body] of foreign) {
      const answer = expectRefused(await as('stranger')(method, path, body), 403, 404)
      expect(answer.text, path).not.toContain(stage.cast.easterner.email.replace('@', ''))
    }
    for (const where of ['', '?includeInactive=true', `?where=email='${stage.cast.easterner.email}'`])
      expect(idsOf(await as('stranger')('GET', `/users${where}`))).not.toContain(stage.cast.easterner.id)
    expect(idsOf(await as('stranger')('GET', '/accounts?includeInactive=true'))).toEqual([
      stage.initech.defaultAccount.id,
    ])
    expect(expectOk(await as('admin')('GET', `/accounts/${stage.east.id}`)).body).toMatchObject({
      name: 'East',
      active: true,
    })
    expectOk(await as('easterner')('GET', '/organizations/me'))
  })

  test('secrets of two organizations do not go together', async () => {
    const mixed = `User ${stage.cast.easterner.body.secret}, Organization ${stage.initech.admin.organizationSecret}`
    expectRefused(await stage.hub.call('GET', '/organizations/me', { authorization: mixed }), 401)
  })
})

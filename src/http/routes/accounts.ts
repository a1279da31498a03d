import Type from 'typebox'
import { AccountBody, AccountRequest } from '../../accounts/account-body.ts'
import { readSettings, SettingsBody, writeSettings } from '../../accounts/account-settings.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import { createAccount } from '../../accounts/create-account.ts'
import { listAccounts, readAccount } from '../../accounts/list-accounts.ts'
import { removeAccount, updateAccount } from '../../accounts/update-account.ts'
import { answerList } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ACCOUNT_ID, INCLUDE_INACTIVE, OFFSET, PAGING, WHERE } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf, isTrue } from '../query.ts'

const params = Type.Object({ id: ACCOUNT_ID })
const PERMANENT = flag('With `active: false`: as a deletion')
const CHANGE =
  'Members that are left out stay. `active: false`: nobody of the account can call; `active: true` brings it back, after a deletion empty.'
const DELETION =
  'Its users and instances go for good. The account itself is inactive and can be made active again. The default account cannot be deleted.'
const Settings = openBody(SettingsBody)

/** Accounts of the organization and their settings (spec 50 §4, 41 §5). Their users are in `users.ts`, their roles in `roles.ts`. */
export function accountRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps

  app.get(
    '/accounts',
    {
      config: { operation: 'accounts.list' },
      schema: {
        summary: 'List accounts',
        querystring: query({ ...PAGING, offset: OFFSET, where: WHERE, includeInactive: INCLUDE_INACTIVE }),
        response: { 200: arrayOf(AccountBody) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const list = `accounts of organization ${caller.organizationId}`
      return answerList(request, reply, list, signer, (asked) => listAccounts(context, caller, asked))
    },
  )
  app.post(
    '/accounts',
    {
      config: { operation: 'accounts.create' },
      schema: { summary: 'Make an account', body: openBody(AccountRequest), response: { 200: AccountBody } },
    },
    async (request) => createAccount(context, callerOf(request), request.body),
  )
  app.get(
    '/accounts/:id',
    {
      config: { operation: 'accounts.read' },
      schema: {
        summary: 'Read an account',
        description: 'Inactive ones too.',
        params,
        response: { 200: AccountBody },
      },
    },
    async (request) => readAccount(context, callerOf(request), idOf(request.params.id)),
  )
  app.route({
    method: ['PUT', 'PATCH'],
    url: '/accounts/:id',
    config: { operation: 'accounts.update' },
    schema: {
      summary: 'Change an account',
      description: CHANGE,
      params,
      querystring: query({ permanent: PERMANENT }),
      body: openBody(Type.Partial(AccountRequest, { title: 'AccountChange' })),
      response: { 200: AccountBody },
    },
    handler: async (request) => {
      const permanently = isTrue(request.query['permanent'])
      return updateAccount(context, callerOf(request), idOf(request.params.id), request.body, { permanently })
    },
  })
  app.delete(
    '/accounts/:id',
    {
      config: { operation: 'accounts.delete' },
      schema: { summary: 'Delete an account', description: DELETION, params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, removeAccount(context, callerOf(request), idOf(request.params.id))),
  )

  app.get(
    '/accounts/settings',
    {
      config: { operation: 'accountSettings.read' },
      schema: { summary: 'Read settings of the own account', response: { 200: SettingsBody } },
    },
    async (request) => {
      const caller = callerOf(request)
      return readSettings(context, caller, caller.accountId)
    },
  )
  app.patch(
    '/accounts/settings',
    {
      config: { operation: 'accountSettings.update' },
      schema: { summary: 'Change settings of the own account', body: Settings, response: { 200: SettingsBody } },
    },
    async (request) => {
      const caller = callerOf(request)
      return writeSettings(context, caller, caller.accountId, request.body, { merge: true })
    },
  )
  app.get(
    '/accounts/:id/settings',
    {
      config: { operation: 'accountSettings.read' },
      schema: { summary: 'Read settings of an account', params, response: { 200: SettingsBody } },
    },
    async (request) => readSettings(context, callerOf(request), idOf(request.params.id)),
  )
  app.post(
    '/accounts/:id/settings',
    {
      config: { operation: 'accountSettings.update' },
      schema: {
        summary: 'Set settings of an account anew',
        params,
        body: Settings,
        response: { 200: SettingsBody },
      },
    },
    async (request) =>
      writeSettings(context, callerOf(request), idOf(request.params.id), request.body, { merge: false }),
  )
  app.patch(
    '/accounts/:id/settings',
    {
      config: { operation: 'accountSettings.update' },
      schema: { summary: 'Change settings of an account', params, body: Settings, response: { 200: SettingsBody } },
    },
    async (request) =>
      writeSettings(context, callerOf(request), idOf(request.params.id), request.body, { merge: true }),
  )
}

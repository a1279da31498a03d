import Type from 'typebox'
import { AccountBody, AccountRequest } from '../../accounts/account-body.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import {
  createAccountIn,
  listAccountsOf,
  readAccountIn,
} from '../../accounts/organizations/accounts-of-organization.ts'
import { createOrganization } from '../../accounts/organizations/create-organization.ts'
import { OrganizationBody, OrganizationRequest } from '../../accounts/organizations/organization-body.ts'
import { readOwnOrganization, updateOwnOrganization } from '../../accounts/organizations/own-organization.ts'
import { rotateOrganizationSecret } from '../../accounts/rotate-secret.ts'
import { answerList } from '../answer-list.ts'
import type { App } from '../app.ts'
import { ACCOUNT_ID, INCLUDE_INACTIVE, OFFSET, ORGANIZATION_ID, PAGING, WHERE } from '../openapi/common-parameters.ts'
import { arrayOf, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf } from '../query.ts'

const params = Type.Object({ id: ORGANIZATION_ID })
const OwnOrganization = openBody(
  Type.Partial(
    Type.Object({
      name: Type.String(),
      twoFactorAuthEnabled: Type.Boolean({
        description: 'Sign-in takes a code; who has no authenticator yet gets in only to add one, at once',
      }),
    }),
  ),
)
const ROTATION =
  'The old secret is worthless at once: everybody of the organization needs the new one. Sessions of signed-in users stay.'

/** The caller's organization, and accounts of any (spec 50 §3). Roles, security rules and branding have files of their own. */
export function organizationRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps

  app.get(
    '/organizations/me',
    {
      config: { operation: 'organization.read' },
      schema: { summary: 'Read the own organization, with its secret', response: { 200: OrganizationBody } },
    },
    async (request) => readOwnOrganization(context, callerOf(request)),
  )
  app.put(
    '/organizations/me',
    {
      config: { operation: 'organization.update' },
      schema: {
        summary: 'Change the own organization',
        body: OwnOrganization,
        response: { 200: OrganizationBody },
      },
    },
    async (request) => updateOwnOrganization(context, callerOf(request), request.body),
  )
  app.put(
    '/organizations/me/secret',
    {
      config: { operation: 'organization.rotateSecret' },
      schema: {
        summary: 'Give the own organization a new secret',
        description: ROTATION,
        response: { 200: OrganizationBody },
      },
    },
    async (request) => rotateOrganizationSecret(context, callerOf(request)),
  )
  app.post(
    '/organizations',
    {
      config: { operation: 'organizations.create' },
      schema: {
        summary: 'Make an organization without users',
        body: openBody(OrganizationRequest),
        response: { 200: OrganizationBody },
      },
    },
    async (request) => createOrganization(context, callerOf(request), request.body),
  )

  app.get(
    '/organizations/:id/accounts',
    {
      config: { operation: 'organizations.accounts' },
      schema: {
        summary: 'List accounts of an organization',
        params,
        querystring: query({ ...PAGING, offset: OFFSET, where: WHERE, includeInactive: INCLUDE_INACTIVE }),
        response: { 200: arrayOf(AccountBody) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const id = idOf(request.params.id)
      const list = `accounts of organization ${id}`
      return answerList(request, reply, list, signer, (asked) => listAccountsOf(context, caller, id, asked))
    },
  )
  app.post(
    '/organizations/:id/accounts',
    {
      config: { operation: 'organizations.accounts' },
      schema: {
        summary: 'Make an account of an organization',
        params,
        body: openBody(AccountRequest),
        response: { 200: AccountBody },
      },
    },
    async (request) => createAccountIn(context, callerOf(request), idOf(request.params.id), request.body),
  )
  app.get(
    '/organizations/:id/accounts/:accountId',
    {
      config: { operation: 'organizations.accounts' },
      schema: {
        summary: 'Read an account of an organization',
        params: Type.Object({ id: ORGANIZATION_ID, accountId: ACCOUNT_ID }),
        response: { 200: AccountBody },
      },
    },
    async (request) => {
      const { id, accountId } = request.params
      return readAccountIn(context, callerOf(request), idOf(id), idOf(accountId))
    },
  )
}

import Type from 'typebox'
import { AccountBody, AccountRequest } from '../../accounts/account-body.ts'
import type { AccountsContext } from '../../accounts/context.ts'
import { CustomerBody, readCustomer } from '../../accounts/organizations/customer.ts'
import { listOrganizations, readOrganization } from '../../accounts/organizations/list-organizations.ts'
import { OrganizationBody, OrganizationRequest } from '../../accounts/organizations/organization-body.ts'
import { removeOrganization } from '../../accounts/organizations/remove-organization.ts'
import { signUp } from '../../accounts/organizations/sign-up.ts'
import { UserBody, UserRequest } from '../../accounts/users/user-body.ts'
import { answerList } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { INCLUDE_INACTIVE, ORGANIZATION_ID, PAGING, WHERE } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import type { TokenSigner } from '../paging.ts'
import { idOf } from '../query.ts'

const params = Type.Object({ id: ORGANIZATION_ID })
const SIGN_UP =
  'In one transaction. What exists is used as it is: by `id` or `externalId`, a user by the e-mail address too. The first user of a new organization administers it.'
const Privileges = Type.Array(Type.Object({ key: Type.String() }))
const NewOrganization = Type.Object({
  ...OrganizationRequest.properties,
  roles: Type.Optional(
    Type.Array(Type.Object({ key: Type.String(), privileges: Privileges }), {
      description: 'What roles allow in a new organization, where that is not their default',
    }),
  ),
})
const SignUp = openBody(
  Type.Object(
    { organization: NewOrganization, account: Type.Optional(Type.Partial(AccountRequest)), user: UserRequest },
    { title: 'SignUpRequest' },
  ),
)
const SignedUp = Type.Object(
  { organization: OrganizationBody, account: AccountBody, user: UserBody },
  { title: 'SignedUp' },
)

/** Whoever runs the server, and its organizations (spec 50 §12). */
export function customerRoutes(app: App, deps: { accountsContext: AccountsContext; signer: TokenSigner }): void {
  const { accountsContext: context, signer } = deps

  app.get(
    '/customers/me',
    {
      config: { operation: 'organizations.list' },
      schema: { summary: 'Read the customer that runs the server', response: { 200: CustomerBody } },
    },
    async (request) => readCustomer(context, callerOf(request)),
  )
  app.post(
    '/customers/signup',
    {
      config: { operation: 'customers.signUp' },
      schema: {
        summary: 'Sign up an organization with its first user',
        description: SIGN_UP,
        body: SignUp,
        response: { 200: SignedUp },
      },
    },
    async (request) => signUp(context, callerOf(request), request.body),
  )
  app.get(
    '/customers/organizations',
    {
      config: { operation: 'organizations.list' },
      schema: {
        summary: 'List organizations',
        querystring: query({ ...PAGING, where: WHERE, includeInactive: INCLUDE_INACTIVE }),
        response: { 200: arrayOf(OrganizationBody) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      return answerList(request, reply, 'organizations', signer, (asked) => listOrganizations(context, caller, asked))
    },
  )
  app.get(
    '/customers/organizations/:id',
    {
      config: { operation: 'organizations.list' },
      schema: { summary: 'Read an organization', params, response: { 200: OrganizationBody } },
    },
    async (request) => readOrganization(context, callerOf(request), idOf(request.params.id)),
  )
  app.delete(
    '/customers/organizations/:id',
    {
      config: { operation: 'organizations.delete' },
      schema: {
        summary: 'Delete an organization',
        description: 'With its accounts, users and instances; cannot be undone. Not the own one.',
        params,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, removeOrganization(context, callerOf(request), idOf(request.params.id))),
  )
}

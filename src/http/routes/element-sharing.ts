import Type from 'typebox'
import type { ElementContext } from '../../elements/element-context.ts'
import {
  listSharedWith,
  shareElement,
  shareWithOrganization,
  unshareElement,
  unshareWithOrganization,
} from '../../elements/share-element.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ACCOUNT_ID, ELEMENT, ElementParams } from '../openapi/common-parameters.ts'
import { arrayOf, NOTHING } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { idOf } from '../query.ts'

const AccountParams = Type.Object({ keyOrId: ELEMENT, accountId: ACCOUNT_ID })
const SHARING = 'Accounts of the organization that see the element and may provision it, beside its own.'

/** Who beside its account sees an element (spec 10 §2.2). */
export function elementSharingRoutes(app: App, { elementContext: context }: { elementContext: ElementContext }): void {
  const params = ElementParams

  app.get(
    '/elements/:keyOrId/accounts',
    {
      config: { operation: 'elements.share' },
      schema: {
        summary: 'List accounts an element is shared with',
        description: SHARING,
        params,
        response: { 200: arrayOf(Type.Integer()) },
      },
    },
    async (request) => listSharedWith(context, callerOf(request), request.params.keyOrId),
  )
  app.put(
    '/elements/:keyOrId/organization',
    {
      config: { operation: 'elements.shareWithOrganization' },
      schema: {
        summary: 'Share an element with the organization',
        description: 'Every account of it, those made later as well.',
        params,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, shareWithOrganization(context, callerOf(request), request.params.keyOrId)),
  )
  app.delete(
    '/elements/:keyOrId/organization',
    {
      config: { operation: 'elements.shareWithOrganization' },
      schema: { summary: 'Share an element with the organization no longer', params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, unshareWithOrganization(context, callerOf(request), request.params.keyOrId)),
  )
  app.put(
    '/elements/:keyOrId/accounts/:accountId',
    {
      config: { operation: 'elements.share' },
      schema: {
        summary: 'Share an element with an account',
        description: SHARING,
        params: AccountParams,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const { keyOrId, accountId } = request.params
      return empty(reply, shareElement(context, callerOf(request), keyOrId, idOf(accountId)))
    },
  )
  app.delete(
    '/elements/:keyOrId/accounts/:accountId',
    {
      config: { operation: 'elements.share' },
      schema: {
        summary: 'Share an element with an account no longer',
        description: '409 while instances of that account use it.',
        params: AccountParams,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const { keyOrId, accountId } = request.params
      return empty(reply, unshareElement(context, callerOf(request), keyOrId, idOf(accountId)))
    },
  )
}

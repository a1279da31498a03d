import Type from 'typebox'
import type { ElementContext } from '../../elements/element-context.ts'
import { getHub, HubView, listHubElements, listHubKeys, listHubs } from '../../elements/hubs.ts'
import { ElementOrSummary, fitting, showElements } from '../../elements/list-elements.ts'
import { createHub, deleteHub, HubRequest } from '../../elements/own-hubs.ts'
import { Hub } from '../../model/element.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ABRIDGED, PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue } from '../query.ts'

const HubParams = Type.Object({ key: Type.String({ description: 'Key of the hub' }) })
const Page = query(PAGING)

/** Hubs of the catalog and of the account (spec 10 §3); calls below `/hubs/{hub}/` are in `resources.ts`. */
export function hubRoutes(app: App, deps: { elementContext: ElementContext; signer: TokenSigner }): void {
  const { elementContext: context, signer } = deps

  app.get(
    '/hubs',
    {
      config: { operation: 'hubs.read' },
      schema: {
        summary: 'List hubs',
        querystring: query({ ...PAGING, hydrate: flag('`true` adds the `resources` of each') }),
        response: { 200: arrayOf(HubView) },
      },
    },
    async (request, reply) => {
      const hydrate = isTrue(request.query['hydrate'])
      return answerItems(request, reply, 'hubs', signer, await listHubs(context, request.caller, { hydrate }))
    },
  )
  app.post(
    '/hubs',
    {
      config: { operation: 'hubs.create' },
      schema: { summary: 'Make a hub', body: openBody(HubRequest), response: { 200: Hub } },
    },
    async (request) => createHub(context, callerOf(request), request.body),
  )
  app.get(
    '/hubs/keys',
    {
      config: { operation: 'hubs.read' },
      schema: { summary: 'List keys of hubs', querystring: Page, response: { 200: arrayOf(Type.String()) } },
    },
    async (request, reply) =>
      answerItems(request, reply, 'hubs/keys', signer, await listHubKeys(context, request.caller)),
  )
  app.get(
    '/hubs/:key',
    {
      config: { operation: 'hubs.read' },
      schema: { summary: 'Read a hub', params: HubParams, response: { 200: HubView } },
    },
    async (request) => getHub(context, request.caller, request.params.key),
  )
  app.delete(
    '/hubs/:key',
    {
      config: { operation: 'hubs.delete' },
      schema: {
        summary: 'Delete a hub',
        description: 'One that the account made; those that came with Valence stay.',
        params: HubParams,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, deleteHub(context, callerOf(request), request.params.key)),
  )
  app.get(
    '/hubs/:key/elements',
    {
      config: { operation: 'hubs.read' },
      schema: {
        summary: 'List elements of a hub',
        params: HubParams,
        querystring: query({ ...PAGING, abridged: ABRIDGED }),
        response: { 200: arrayOf(ElementOrSummary) },
      },
    },
    async (request, reply) => {
      const lines = await listHubElements(context, request.caller, request.params.key)
      const list = `elements of ${request.params.key}`
      const page = readListPage(request.query, list, {}, signer, reply)
      const found = { lines, abridged: isTrue(request.query['abridged']) }
      return showElements({ ...found, lines: pageInMemory(lines, page, list, signer, reply, fitting(found)) })
    },
  )
}

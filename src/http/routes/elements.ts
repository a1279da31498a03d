import Type from 'typebox'
import { cloneElement } from '../../elements/clone-element.ts'
import { createElement, patchElement, replaceElement, setActive } from '../../elements/create-element.ts'
import type { ElementContext } from '../../elements/element-context.ts'
import { ElementDocument, exportOf } from '../../elements/export-of.ts'
import { ElementOrSummary, fitting, listElementKeys, listElements, showElements } from '../../elements/list-elements.ts'
import { removeElement } from '../../elements/remove-element.ts'
import { Element } from '../../model/element.ts'
import { answerItems } from '../answer-list.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { ABRIDGED, ElementParams, PAGING, WHERE } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, single } from '../query.ts'

/** Members are read and explained by `elements/check-element.ts`; unknown ones are kept (spec 11, tolerance rule). */
const Body = openBody(ElementDocument)

/** Elements as the caller sees them, and the account's own (spec 10 §2.2); their parts are in `element-parts.ts`. */
export function elementRoutes(
  app: App,
  { elementContext: context, signer }: { elementContext: ElementContext; signer: TokenSigner },
): void {
  const { elements } = context
  const params = ElementParams

  app.get(
    '/elements',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'List elements',
        description: 'Shipped ones and those of the account, by id. 404 when no one matches.',
        querystring: query({ ...PAGING, where: WHERE, abridged: ABRIDGED }),
        response: { 200: arrayOf(ElementOrSummary) },
      },
    },
    async (request, reply) => {
      const caller = request.caller
      const page = readListPage(
        request.query,
        'elements',
        { where: single(request.query['where']) ?? '' },
        signer,
        reply,
      )
      const filter = { where: single(page.filter['where']), abridged: isTrue(request.query['abridged']) }
      const found = await listElements(elements, caller, filter)
      const lines = pageInMemory(found.lines, page, 'elements', signer, reply, fitting(found))
      return showElements({ ...found, lines })
    },
  )
  app.get(
    '/elements/keys',
    {
      config: { operation: 'elements.read' },
      schema: {
        summary: 'List keys of elements',
        querystring: query(PAGING),
        response: { 200: arrayOf(Type.String()) },
      },
    },
    async (request, reply) =>
      answerItems(request, reply, 'elements/keys', signer, await listElementKeys(elements, request.caller)),
  )
  app.post(
    '/elements',
    {
      config: { operation: 'elements.create' },
      schema: {
        summary: 'Make an element',
        description:
          'Of the own account, also from an export. What is left out is added: the key, rows of the authentication, ids.',
        body: Body,
        response: { 200: Element },
      },
    },
    async (request) => createElement(context, callerOf(request), request.body),
  )

  app.get(
    '/elements/:keyOrId',
    {
      config: { operation: 'elements.read' },
      schema: { summary: 'Read an element', params, response: { 200: Element } },
    },
    async (request) => {
      const caller = request.caller
      return (await elements.require(caller, request.params.keyOrId)).element
    },
  )
  app.put(
    '/elements/:keyOrId',
    {
      config: { operation: 'elements.update' },
      schema: {
        summary: 'Replace an element',
        description: 'Lists in the body replace the stored ones; members that it lacks stay.',
        params,
        body: Body,
        response: { 200: Element },
      },
    },
    async (request) => replaceElement(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.patch(
    '/elements/:keyOrId',
    {
      config: { operation: 'elements.update' },
      schema: {
        summary: 'Change members of an element',
        description: 'Single members, no lists.',
        params,
        body: Body,
        response: { 200: Element },
      },
    },
    async (request) => patchElement(context, callerOf(request), request.params.keyOrId, request.body),
  )
  app.delete(
    '/elements/:keyOrId',
    {
      config: { operation: 'elements.delete' },
      schema: {
        summary: 'Delete an element',
        description: '409 while instances use it.',
        params,
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => empty(reply, removeElement(context, callerOf(request), request.params.keyOrId)),
  )

  app.put(
    '/elements/:keyOrId/active',
    {
      config: { operation: 'elements.update' },
      schema: { summary: 'Show an element in the catalog', params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, setActive(context, callerOf(request), request.params.keyOrId, true)),
  )
  app.delete(
    '/elements/:keyOrId/active',
    {
      config: { operation: 'elements.update' },
      schema: { summary: 'Hide an element from the catalog', params, response: { 200: NOTHING } },
    },
    async (request, reply) => empty(reply, setActive(context, callerOf(request), request.params.keyOrId, false)),
  )
  app.post(
    '/elements/:keyOrId/clone',
    {
      config: { operation: 'elements.clone' },
      schema: {
        summary: 'Clone an element',
        description: 'A private copy with `-clone` behind key and name, without OAuth application.',
        params,
        response: { 200: Element },
      },
    },
    async (request) => cloneElement(context, callerOf(request), request.params.keyOrId),
  )
  app.get(
    '/elements/:keyOrId/export',
    {
      config: { operation: 'elements.export' },
      schema: {
        summary: 'Export an element',
        description: 'As its author wrote it, ready for `POST /elements`.',
        params,
        querystring: query({ extendedOnly: flag('Of a shipped element only the resources of the account') }),
        response: { 200: ElementDocument },
      },
    },
    async (request) =>
      exportOf(context, callerOf(request), request.params.keyOrId, {
        extendedOnly: isTrue(request.query['extendedOnly']),
      }),
  )
}

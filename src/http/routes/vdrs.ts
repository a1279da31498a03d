import Type from 'typebox'
import type { AccountsContext } from '../../accounts/context.ts'
import { setVdrVersion } from '../../accounts/organizations/vdr-version.ts'
import type { ResourceContext } from '../../resources/resource-context.ts'
import { resourceDb } from '../../resources/resource-table.ts'
import { cloneVdr } from '../../resources/vdrs/clone-vdr.ts'
import { createVdr } from '../../resources/vdrs/create-vdr.ts'
import { exportVdr, VdrDocument } from '../../resources/vdrs/export-vdr.ts'
import { findVdr } from '../../resources/vdrs/find-vdr.ts'
import { importVdr } from '../../resources/vdrs/import-vdr.ts'
import { fittingVdrs, listVdrs, showVdrs } from '../../resources/vdrs/list-vdrs.ts'
import { removeVdr } from '../../resources/vdrs/remove-vdr.ts'
import { updateVdr } from '../../resources/vdrs/update-vdr.ts'
import { toVdrBody, VdrBody } from '../../resources/vdrs/vdr-body.ts'
import { answerDone, answerRemoved } from '../answer-done.ts'
import type { App } from '../app.ts'
import { empty } from '../empty-reply.ts'
import { PAGING } from '../openapi/common-parameters.ts'
import { arrayOf, flag, NOTHING, openBody, query, texts, uncheckedBody } from '../openapi/describe-route.ts'
import { callerOf } from '../operations.ts'
import { pageInMemory, readListPage, type TokenSigner } from '../paging.ts'
import { isTrue, listOf, queryId, single } from '../query.ts'
import { MAX_RESOURCE_BODY } from '../resource-bodies.ts'

const params = Type.Object({ id: Type.String({ description: 'Id or name of the common resource' }) })
export const SYSTEM_ONLY = flag('Only what the platform says; to write it takes the role vdrAdmin')
const Only = query({ systemOnly: SYSTEM_ONLY })
const PARTLY =
  'Of levels that the caller may not write nothing is changed, which is no error: the header `Elements-Error` says what was ignored.'

const Field = Type.Object({
  id: Type.Optional(Type.Integer({ description: 'Of a field that is there: it keeps it under a new path' })),
  path: Type.String(),
  type: Type.Optional(Type.String({ default: 'string' })),
  level: Type.Optional(Type.Enum(['system', 'organization', 'account', 'instance'])),
  associatedId: Type.Optional(Type.Integer({ description: 'Account or instance; the own account when absent' })),
  displayName: Type.Optional(Type.String()),
})
const Body = openBody(
  Type.Object(
    {
      objectName: Type.String(),
      description: Type.Optional(Type.String()),
      instanceId: Type.Optional(Type.Integer({ description: 'Of fields of the level `instance` that name none' })),
      fields: Type.Optional(Type.Array(Field)),
    },
    { title: 'VdrRequest' },
  ),
)
const Clone = openBody(Type.Object({ objectName: Type.Optional(Type.String({ description: 'The same when absent' })) }))

/** Common resources in the shape of version 2 (spec 20 §6, §7); their mappings are in `vdr-transformations.ts`. */
export function vdrRoutes(
  app: App,
  deps: { resourceContext: ResourceContext; accountsContext: AccountsContext; signer: TokenSigner },
): void {
  const { resourceContext: context, accountsContext, signer } = deps
  const systemOnly = (query: Parameters<typeof isTrue>[0]) => ({ systemOnly: isTrue(query) })

  app.get(
    '/vdrs',
    {
      config: { operation: 'vdrs.read' },
      schema: {
        summary: 'List common resources, by name',
        querystring: query({
          ...PAGING,
          where: Type.String({
            description: "CEQL over `id`, `objectName` and `vdrShared`: `objectName in ('a','b')`",
          }),
          systemOnly: SYSTEM_ONLY,
        }),
        response: { 200: arrayOf(VdrBody) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const given = {
        where: single(request.query['where']) ?? '',
        systemOnly: isTrue(request.query['systemOnly']) ? 'true' : '',
      }
      const page = readListPage(request.query, 'vdrs', given, signer, reply)
      const options = { systemOnly: page.filter['systemOnly'] !== undefined, where: single(page.filter['where']) }
      const lines = await listVdrs(context, caller, options)
      return showVdrs(context, caller, pageInMemory(lines, page, 'vdrs', signer, reply, fittingVdrs), options)
    },
  )
  app.post(
    '/vdrs',
    {
      config: { operation: 'vdrs.create' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: {
        summary: 'Make a common resource',
        description: `Fields say of which level they are. ${PARTLY}`,
        querystring: Only,
        body: Body,
        response: { 200: VdrBody },
      },
    },
    async (request, reply) =>
      answerDone(reply, createVdr(context, callerOf(request), request.body, systemOnly(request.query['systemOnly']))),
  )
  app.put(
    '/vdrs/import',
    {
      config: { operation: 'vdrs.import' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: {
        summary: 'Import a common resource with its transformations',
        description: `What an export holds becomes what organization and account say of it; without a level it is the organization's. Transformations for elements that are not here are left out. ${PARTLY}`,
        body: openBody(VdrDocument),
        response: { 200: VdrBody },
      },
    },
    async (request, reply) => answerDone(reply, importVdr(context, callerOf(request), request.body)),
  )
  for (const [method, version] of [
    ['PUT', 'v2'],
    ['DELETE', 'v1'],
  ] as const) {
    app.route({
      method,
      url: '/vdrs/upgrade/v2',
      config: { operation: 'vdrs.upgrade' },
      schema: {
        summary: method === 'PUT' ? 'Upgrade common resources to v2' : 'Go back to v1',
        description: 'Nothing changes but what the organization reports: both generations are served from one storage.',
        querystring: query({ 'orgIds[]': texts('Other organizations; takes the role vdrAdmin') }),
        ...(method === 'PUT' ? { body: uncheckedBody({}, { required: false }) } : {}),
        response: { 200: NOTHING },
      },
      handler: async (request, reply) => {
        const ids = listOf(request.query, 'orgIds').map((id) => queryId('orgIds[]', id))
        return empty(reply, setVdrVersion(accountsContext, callerOf(request), version, ids))
      },
    })
  }
  app.get(
    '/vdrs/:id',
    {
      config: { operation: 'vdrs.read' },
      schema: {
        summary: 'Read a common resource',
        description: 'Fields of all levels that the caller sees.',
        params,
        querystring: Only,
        response: { 200: VdrBody },
      },
    },
    async (request) => {
      const caller = callerOf(request)
      const options = systemOnly(request.query['systemOnly'])
      return toVdrBody(await findVdr(resourceDb(context.store), caller, request.params.id, options), caller)
    },
  )
  app.put(
    '/vdrs/:id',
    {
      config: { operation: 'vdrs.update' },
      bodyLimit: MAX_RESOURCE_BODY,
      schema: {
        summary: 'Change a common resource',
        description: `Fields are told apart by id: a new path renames one, without id it is new, what is missing goes. ${PARTLY}`,
        params,
        querystring: Only,
        body: Body,
        response: { 200: VdrBody },
      },
    },
    async (request, reply) => {
      const options = systemOnly(request.query['systemOnly'])
      return answerDone(reply, updateVdr(context, callerOf(request), request.params.id, request.body, options))
    },
  )
  app.delete(
    '/vdrs/:id',
    {
      config: { operation: 'vdrs.delete' },
      schema: {
        summary: 'Delete a common resource',
        description: `409 while it is mapped. ${PARTLY}`,
        params,
        querystring: query({ systemOnly: SYSTEM_ONLY, force: flag('Its transformations go as well') }),
        response: { 200: NOTHING },
      },
    },
    async (request, reply) => {
      const options = { ...systemOnly(request.query['systemOnly']), force: isTrue(request.query['force']) }
      return answerRemoved(reply, removeVdr(context, callerOf(request), request.params.id, options))
    },
  )
  app.get(
    '/vdrs/:id/export',
    {
      config: { operation: 'vdrs.read' },
      schema: {
        summary: 'Export a common resource with its transformations',
        description: 'Without numbers of this hub, and without what belongs to single instances.',
        params,
        response: { 200: VdrDocument },
      },
    },
    async (request) => exportVdr(context, callerOf(request), request.params.id),
  )
  app.post(
    '/vdrs/:id/clone',
    {
      config: { operation: 'vdrs.clone' },
      schema: {
        summary: 'Copy a common resource',
        description: 'All that the caller sees of it, as one level of another one.',
        params,
        querystring: query({
          level: Type.Enum(['account', 'organization', 'system'], { default: 'account', description: 'Of the copy' }),
          cloneAllTransformations: flag('Transformations are copied as well'),
          'elementKeys[]': texts('Keys of elements whose transformations are copied'),
        }),
        body: Clone,
        response: { 200: VdrBody },
      },
    },
    async (request) =>
      cloneVdr(context, callerOf(request), request.params.id, request.body, {
        level: single(request.query['level']),
        cloneAllTransformations: isTrue(request.query['cloneAllTransformations']),
        elementKeys: listOf(request.query, 'elementKeys'),
      }),
  )
}

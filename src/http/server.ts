import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type FastifyBaseLogger, fastify, LogController } from 'fastify'
import type { Registry } from 'prom-client'
import type { AccountsContext } from '../accounts/context.ts'
import type { AuditContext } from '../audit/read-records.ts'
import type { BulkContext } from '../bulk/context.ts'
import type { ElementContext } from '../elements/element-context.ts'
import type { EventStoreContext } from '../events/event-scope.ts'
import type { FormulaContext } from '../formulas/context.ts'
import type { ReadingContext } from '../formulas/executions/reading-context.ts'
import type { CallInstance } from '../instances/call.ts'
import type { InstanceContext } from '../instances/context.ts'
import type { InstanceDocumentContext } from '../instances/instance-documents.ts'
import type { NotificationContext } from '../notifications/context.ts'
import type { ResourceContext } from '../resources/resource-context.ts'
import type { ScheduleContext } from '../schedules/context.ts'
import type { UsageContext } from '../usage/usage-context.ts'
import type { App } from './app.ts'
import { auditCalls } from './audit-calls.ts'
import { createFormulaCalls } from './call-formula-resource.ts'
import { collectRoutes } from './collect-routes.ts'
import { createListener } from './create-listener.ts'
import { rewriteDialectUrl, speakDialect } from './dialect.ts'
import { API_PREFIX } from './dispatch.ts'
import { handleError } from './error-handler.ts'
import type { Identify } from './identify.ts'
import { refuseLargeBodiesOfStrangers } from './known-senders.ts'
import { noteUsage } from './note-usage.ts'
import { keepDescriptionsOut } from './openapi/keep-descriptions-out.ts'
import { guardOperations } from './operations.ts'
import type { TokenSigner } from './paging.ts'
import { createReceiveUpload, type UploadOptions } from './receive-upload.ts'
import { createMethodsAt, refuseOtherMethods, unknownRoute } from './refuse-methods.ts'
import { createRefuseUnreadable } from './refuse-unreadable.ts'
import { refuseUnstorable } from './refuse-unstorable.ts'
import { addReplyHeaders, answerPreflight, isPreflight, JSON_TYPE } from './reply-headers.ts'
import { acceptBodies } from './request-bodies.ts'
import { createRequestIds } from './request-id.ts'
import { requireHost } from './require-host.ts'
import { accountRoutes } from './routes/accounts.ts'
import { auditLogRoutes } from './routes/audit-logs.ts'
import { authenticationRoutes } from './routes/authentication.ts'
import { brandingRoutes } from './routes/branding.ts'
import { bulkRoutes } from './routes/bulk.ts'
import { bulkStartRoutes } from './routes/bulk-starts.ts'
import { bulkWorkflowRoutes } from './routes/bulk-workflows.ts'
import { bulkLoaderRoutes } from './routes/bulkloader.ts'
import { catalogPropertiesRoutes } from './routes/catalog-properties.ts'
import { commonResourceRoutes } from './routes/common-resources.ts'
import { convertRoutes } from './routes/convert.ts'
import { customerRoutes } from './routes/customers.ts'
import { definitionRoutes } from './routes/definitions.ts'
import { docsRoutes } from './routes/docs.ts'
import { elementInstanceRoutes } from './routes/element-instances.ts'
import { elementMetadataRoutes } from './routes/element-metadata.ts'
import { elementPartRoutes } from './routes/element-parts.ts'
import { elementSharingRoutes } from './routes/element-sharing.ts'
import { elementRoutes } from './routes/elements.ts'
import { eventStoreRoutes } from './routes/event-store.ts'
import { eventRoutes, type Intake } from './routes/events.ts'
import { executionChangeRoutes } from './routes/execution-changes.ts'
import { executionFailureRoutes } from './routes/execution-failures.ts'
import { executionStepRoutes } from './routes/execution-steps.ts'
import { executionRoutes } from './routes/executions.ts'
import { formulaAnalyticsRoutes } from './routes/formula-analytics.ts'
import { formulaInstanceRoutes } from './routes/formula-instances.ts'
import { formulaPartRoutes } from './routes/formula-parts.ts'
import { formulaStartRoutes } from './routes/formula-starts.ts'
import { formulaRoutes } from './routes/formulas.ts'
import { hubModelRoutes } from './routes/hub-models.ts'
import { hubRoutes } from './routes/hubs.ts'
import { instanceDocsRoutes } from './routes/instance-docs.ts'
import { instanceRoutes } from './routes/instances.ts'
import { integrationRoutes } from './routes/integrations.ts'
import { jobRoutes } from './routes/jobs.ts'
import { mailRoutes } from './routes/mails.ts'
import { modelRoutes } from './routes/models.ts'
import { notificationRoutes } from './routes/notifications.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { oauthProxyRoutes } from './routes/oauth-proxies.ts'
import { organizationRoutes } from './routes/organizations.ts'
import { pollerRecordRoutes } from './routes/poller-records.ts'
import { referenceRoutes } from './routes/reference.ts'
import { createCallResource, resourceRoutes } from './routes/resources.ts'
import { roleRoutes } from './routes/roles.ts'
import { securityRoutes } from './routes/security.ts'
import { snippetRoutes } from './routes/snippets.ts'
import { subscriptionRoutes } from './routes/subscriptions.ts'
import { systemRoutes } from './routes/system.ts'
import { thisInstanceRoutes } from './routes/this-instance.ts'
import { transformationRoutes } from './routes/transformations.ts'
import { usageRoutes } from './routes/usage.ts'
import { usageAnalyticsRoutes } from './routes/usage-analytics.ts'
import { usageMetricsRoutes } from './routes/usage-metrics.ts'
import { userRoutes } from './routes/users.ts'
import { vdrTransformationRoutes } from './routes/vdr-transformations.ts'
import { vdrRoutes } from './routes/vdrs.ts'

export interface ServerDeps {
  log: FastifyBaseLogger
  corsOrigins: readonly string[]
  /** number of proxies before the hub */
  trustProxy: false | number
  identify: Identify
  accountsContext: AccountsContext
  elementContext: ElementContext
  resourceContext: ResourceContext
  audit: AuditContext
  schedules: ScheduleContext
  bulk: BulkContext
  formulas: FormulaContext
  executions: ReadingContext
  notifications: NotificationContext
  context: InstanceContext
  documents: InstanceDocumentContext
  call: CallInstance
  intake: Intake
  eventStore: EventStoreContext
  usage: UsageContext
  /** of the gateway that documents for `provider=aws` name */
  gatewayHost: string
  signer: TokenSigner
  metrics: Registry
  uploads: UploadOptions
  isReady(): Promise<string | undefined>
  /** whole paths below which another handler answers, e.g. `/simulator` */
  mounts: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>
}

const MAX_BODY_BYTES = 10 * 1024 * 1024
/** no path parameter is longer than a request line may be: a long one is an unknown key, not an unknown route */
const MAX_PATH_PARAMETER = 16_384

/**
 * The HTTP door: identify, dispatch, call one function of one room, render. The life of a request is drawn in
 * docs/architecture.md; what a path means is decided in `dispatch.ts`.
 */
export function createServer(deps: ServerDeps): App {
  const nextId = createRequestIds()
  const refuseUnreadable = createRefuseUnreadable(nextId)
  const app = fastify({
    loggerInstance: deps.log,
    // `/metrics` counts calls; two log lines each would cost more than the call itself
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: nextId,
    requestIdHeader: false,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: nearest(deps.trustProxy),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PATH_PARAMETER },
    exposeHeadRoutes: false,
    // draining: connections end after the answer that is under way
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
    rewriteUrl: rewriteDialectUrl,
    // a malformed address is answered before any hook runs
    frameworkErrors: (error, request, reply) => {
      addReplyHeaders(request, reply, deps.corsOrigins)
      handleError(error, request, reply)
    },
    clientErrorHandler: refuseUnreadable,
    serverFactory: (handle) =>
      createListener((request, response) => (mountOf(deps, request) ?? handle)(request, response), refuseUnreadable),
  }).withTypeProvider<TypeBoxTypeProvider>()

  acceptBodies(app)
  app.setErrorHandler(handleError)
  app.addHook('onRequest', (request, reply, done) => {
    addReplyHeaders(request, reply, deps.corsOrigins)
    if (isPreflight(request)) answerPreflight(request, reply)
    else done()
  })
  const routes = collectRoutes(app)
  const methodsAt = createMethodsAt(routes)
  requireHost(app)
  refuseOtherMethods(app, methodsAt)
  noteUsage(app, { record: deps.usage.recorder.record, now: deps.usage.now, identify: deps.identify })
  speakDialect(app)
  refuseUnstorable(app)
  app.addHook('preSerialization', (_request, reply, payload, done) => {
    reply.type(JSON_TYPE)
    done(null, payload)
  })

  keepDescriptionsOut(app)
  systemRoutes(app, deps)
  referenceRoutes(app, { routes, publicUrl: deps.context.publicUrl })
  app.register(async (events: App) => eventRoutes(events, deps), { prefix: API_PREFIX })
  app.register(
    async (api: App) => {
      refuseLargeBodiesOfStrangers(api, deps.identify)
      const receiveUpload = createReceiveUpload(deps.uploads)
      const callResource = createCallResource({ ...deps, receiveUpload })
      guardOperations(api, { ...deps, authorize: deps.elementContext.authorize, callResource })
      auditCalls(api, deps.audit.trail)
      authenticationRoutes(api, deps)
      roleRoutes(api, deps)
      userRoutes(api, deps)
      securityRoutes(api, deps)
      accountRoutes(api, deps)
      organizationRoutes(api, deps)
      customerRoutes(api, deps)
      elementRoutes(api, deps)
      elementSharingRoutes(api, deps)
      elementPartRoutes(api, deps)
      elementMetadataRoutes(api, deps)
      modelRoutes(api, { receiveUpload })
      catalogPropertiesRoutes(api, deps)
      brandingRoutes(api, { ...deps, receiveUpload })
      convertRoutes(api, { receiveUpload })
      oauthRoutes(api, deps)
      oauthProxyRoutes(api, deps)
      docsRoutes(api, { ...deps, routes })
      hubRoutes(api, deps)
      hubModelRoutes(api, deps)
      eventStoreRoutes(api, deps)
      instanceRoutes(api, deps)
      thisInstanceRoutes(api, deps)
      pollerRecordRoutes(api, deps)
      elementInstanceRoutes(api, deps)
      commonResourceRoutes(api, deps)
      definitionRoutes(api, deps)
      transformationRoutes(api, deps)
      vdrRoutes(api, deps)
      vdrTransformationRoutes(api, deps)
      snippetRoutes(api, deps)
      formulaInstanceRoutes(api, deps)
      integrationRoutes(api, deps)
      jobRoutes(api, deps)
      notificationRoutes(api, deps)
      subscriptionRoutes(api, deps)
      mailRoutes(api, deps)
      usageRoutes(api, deps)
      usageAnalyticsRoutes(api, deps)
      usageMetricsRoutes(api, deps)
      auditLogRoutes(api, { ...deps, elements: deps.elementContext.elements })
      bulkRoutes(api, deps)
      bulkStartRoutes(api, { ...deps, receiveUpload })
      bulkWorkflowRoutes(api, { ...deps, receiveUpload })
      bulkLoaderRoutes(api, deps)
      executionRoutes(api, deps)
      executionStepRoutes(api, deps)
      executionFailureRoutes(api, deps)
      executionChangeRoutes(api, deps)
      formulaAnalyticsRoutes(api, deps)
      formulaRoutes(api, deps)
      formulaPartRoutes(api, deps)
      formulaStartRoutes(api, deps)
      instanceDocsRoutes(api, { ...deps, callResource })
      resourceRoutes(api, { ...deps, callResource, methodsAt, formulaCalls: createFormulaCalls(deps) })
    },
    { prefix: API_PREFIX },
  )
  app.setNotFoundHandler((request) => {
    throw unknownRoute(request.method, request.url, methodsAt)
  })
  return app
}

/** Which hops of `X-Forwarded-For` are ours, counted from the hub: what lies before them, anybody may have written. */
function nearest(proxies: false | number): false | ((address: string, hop: number) => boolean) {
  return proxies === false ? false : (_address, hop) => hop < proxies
}

function mountOf({ mounts }: ServerDeps, { url = '' }: IncomingMessage) {
  for (const prefix in mounts) if (url === prefix || url.startsWith(`${prefix}/`)) return mounts[prefix]
  return undefined
}

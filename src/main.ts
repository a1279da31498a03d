import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { type Logger, pino } from 'pino'
import { createAuthorize } from './accounts/authorize.ts'
import type { AccountsContext } from './accounts/context.ts'
import { createIdentifier } from './accounts/identify.ts'
import { type Seeded, seed } from './accounts/seed.ts'
import { createSignInLimits } from './accounts/sign-in/sign-in-limits.ts'
import { createTrail } from './audit/trail.ts'
import { removeWithOwner as removeBulkJobsOf } from './bulk/remove-with-owner.ts'
import { composeBulk } from './compose/bulk.ts'
import { composeEvents } from './compose/events.ts'
import { composeTriggers } from './compose/formula-triggers.ts'
import { composeFormulas, formulaActivity } from './compose/formulas.ts'
import { hubWorks } from './compose/hub-works.ts'
import { composeNotifications } from './compose/notifications.ts'
import type { Parts } from './compose/parts.ts'
import { pollerSchedules } from './compose/pollers.ts'
import { composeSchedules } from './compose/schedules.ts'
import { webhooksTo } from './compose/simulated-webhooks.ts'
import { metricSources, openUsage } from './compose/usage.ts'
import { type Config, ConfigError, urlHost } from './config.ts'
import { type Catalog, loadCatalog } from './elements/catalog.ts'
import { createElementDirectory } from './elements/directory.ts'
import { createDocuments } from './elements/documents/documents.ts'
import type { ElementContext } from './elements/element-context.ts'
import { createCanonicalMappings } from './elements/hub-models/canonical-mappings.ts'
import { type ElementChange, type ElementWatch, watchElements } from './elements/watch-elements.ts'
import { followInstances } from './events/follow-instance.ts'
import {
  forgetElementInstances,
  removeWithOwner as removeFormulaInstancesOf,
} from './formulas/instances/remove-with-owner.ts'
import { removeIntegrationsOf } from './formulas/integrations/change-integration.ts'
import { commonResourceUsages } from './formulas/templates/common-resource-usages.ts'
import { removeFormulasOf } from './formulas/templates/remove-with-owner.ts'
import type { App } from './http/app.ts'
import { createCallAsOwner } from './http/call-as-owner.ts'
import { createCallOwn, createCallPlatform } from './http/call-platform.ts'
import { createIsPlatformPath } from './http/dispatch.ts'
import { createIdentify } from './http/identify.ts'
import { createMetrics } from './http/metrics.ts'
import { createOperationsServer } from './http/operations-server.ts'
import { withOwnApi } from './http/own-api.ts'
import { createPlatformCredentials } from './http/platform-credentials.ts'
import { createServer, type ServerDeps } from './http/server.ts'
import { createStreamPlatform, type InjectDeps } from './http/stream-platform.ts'
import { createCall } from './instances/call.ts'
import type { InstanceContext } from './instances/context.ts'
import { countInstancesOf } from './instances/count.ts'
import { createInstanceFinder } from './instances/find.ts'
import { createInstanceLevels } from './instances/instance-levels.ts'
import { deleteWithOwner } from './instances/mark-deleted.ts'
import { objectMetadata } from './instances/object-metadata.ts'
import { createPlans } from './instances/plans.ts'
import { createCredentialKeeper } from './instances/refresh.ts'
import { createRevocationSweep } from './instances/remove.ts'
import { readAlias } from './instances/script-alias.ts'
import { createSlots } from './instances/slots.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { raiseAlarm } from './notifications/alarms.ts'
import { removeSubscriptionsOf } from './notifications/remove-subscriptions.ts'
import { MASK, REDACTED_LOG_PATHS } from './redact.ts'
import { createMappings } from './resources/mappings.ts'
import { removeLevelsOf, removeMappingsTo } from './resources/remove-owner.ts'
import type { ResourceContext } from './resources/resource-context.ts'
import { removeSnippetsOf } from './resources/vdrs/snippets.ts'
import { createSandbox } from './sandbox/create-sandbox.ts'
import { startClock } from './schedules/clock.ts'
import { scheduleHubWork } from './schedules/hub-work.ts'
import { removeWithOwner as removeSchedulesOf } from './schedules/remove-with-owner.ts'
import { createElementFollower } from './simulator/follow-elements.ts'
import { loadSimulations } from './simulator/load-simulations.ts'
import { mountBelow, openSimulator, originsBelow } from './simulator/open-simulator.ts'
import type { Simulation } from './simulator/simulation.ts'
import type { Simulator } from './simulator/simulator.ts'
import { CREDENTIAL_POOL_SIZE, type Store } from './store/database.ts'
import { openDatabase } from './store/open-database.ts'
import { parseEgressAllow } from './upstream/egress-policy.ts'
import { isBeforeSend } from './upstream/failures.ts'
import { createOriginMap, mapOrigin, parseOriginMap } from './upstream/origin-map.ts'
import { scriptCalls } from './upstream/script-call.ts'
import { createUpstream } from './upstream/send.ts'
import type { UsageContext } from './usage/usage-context.ts'

/** The shipped elements and hubs. */
export const CATALOG_FOLDER = fileURLToPath(new URL('../catalog', import.meta.url))

/** Questions of logs read much: most connections stay with everybody else, and one organization leaves some to the others. */
const LOG_SLOTS = { what: 'Reading logs', count: 4, perKey: 2, waitMs: 10_000, maxWaiting: 200 }
/** Values of steps are unsealed in memory, up to all that an execution holds. */
const VALUE_SLOTS = { what: 'Reading values of steps', count: 16, perKey: 4, waitMs: 30_000, maxWaiting: 500 }
const SIMULATOR_PATH = '/simulator'

export interface Hub {
  /** where it listens, without a trailing slash */
  url: string
  seeded: Seeded
  store: Store
  simulator: Simulator | undefined
  /** ends when the embedded database ended by itself; never while all is well */
  failed: Promise<Error>
  /** stops taking requests, finishes those under way, closes everything */
  close(): Promise<void>
}

/** Files of the catalog. Each kind is read when it is first asked for, once; nothing of it changes. */
export interface Shipped {
  /** @throws ValenceError MANIFEST_INVALID with every problem */
  catalog(): Promise<Catalog>
  simulations(): Promise<ReadonlyMap<string, Simulation>>
}

export function readShipped(folders: readonly string[]): Shipped {
  let catalog: Promise<Catalog> | undefined
  let simulations: Promise<ReadonlyMap<string, Simulation>> | undefined
  return {
    catalog() {
      catalog ??= loadCatalog(folders)
      return catalog
    },
    simulations() {
      simulations ??= loadSimulations(folders)
      return simulations
    },
  }
}

export interface HubOptions {
  log?: Logger
  /** beside the shipped catalog */
  catalogFolders?: readonly string[]
  /** the shipped files, read already: for several hubs in one process; not together with `catalogFolders` */
  shipped?: Shipped
  /** more handlers on the hub's port, by whole path prefix */
  mounts?: ServerDeps['mounts']
  now?: () => Date
  /** a timer of this process for it, instead of the clock that all processes share */
  revokeEveryMs?: number
  /** how often the clock looks for what is due; each second when absent */
  clockEveryMs?: number
  /** told at once: a generated password must not be lost when the rest of the start fails */
  onSeeded?: (seeded: Seeded) => void
}

/**
 * Composition: config → store → rooms → doors, and the same backwards at the end. Everything that must act upward goes
 * through a function that is handed over here.
 * @throws ConfigError, ValenceError with one sentence for whoever starts the hub
 */
export async function startHub(config: Config, options: HubOptions = {}): Promise<Hub> {
  const log = options.log ?? createLog(config)
  const now = options.now ?? (() => new Date())
  const originMap = checked('VALENCE_ORIGIN_MAP', () => parseOriginMap(config.originMap))
  const egressAllow = checked('VALENCE_EGRESS_ALLOW', () => parseEgressAllow(config.egressAllow))
  if (config.role === 'worker' && config.databaseUrl === undefined) {
    const why = 'the embedded database belongs to one process, which does everything'
    throw new ConfigError([`VALENCE_ROLE: a worker of its own needs DATABASE_URL; ${why}`])
  }
  if (config.role === 'api' && config.databaseUrl === undefined) {
    log.warn('VALENCE_ROLE=api without DATABASE_URL: no other process can do the work that comes after the answers')
  }
  if (config.unknown.length > 0) log.warn({ settings: config.unknown }, 'unknown settings are ignored')
  const shipped = options.shipped ?? readShipped([CATALOG_FOLDER, ...(options.catalogFolders ?? [])])
  const catalog = await shipped.catalog()

  const failure = Promise.withResolvers<Error>()
  /** What was opened, closed in the opposite order: at the end, or when the start fails half-way. */
  const opened = new AsyncDisposableStack()
  try {
    const { store, url: databaseUrl, close } = await openDatabase(config, log.child({ room: 'store' }), failure.resolve)
    opened.defer(close)
    const seeded = await seed(store, { email: config.adminEmail, password: config.adminPassword })
    options.onSeeded?.(seeded)
    const authorize = createAuthorize({ anonymousCatalog: config.anonymousCatalog })
    const metrics = createMetrics()
    metrics.watchPools(() => {
      const { main, credential } = store.stats()
      return { main, credential, 'credential-slots': context.credentialSlots.stats() }
    })
    const jobs = await openJobs({
      databaseUrl,
      changes: store.changes,
      log: log.child({ room: 'jobs' }),
      works: config.role !== 'api',
      onRun: metrics.ran,
    })
    opened.defer(jobs.close)
    metrics.watchJobs(jobs.depths)

    let publicUrl = config.publicUrl
    let own: App | undefined
    const browserOrigins = createOriginMap()
    const upstreamOrigins = createOriginMap(originMap)
    const elements = createElementDirectory({ store, catalog })
    const upstream = createUpstream({ allow: egressAllow, originMap: upstreamOrigins, onSent: metrics.sent })
    opened.defer(() => upstream.close())
    const { send } = upstream
    const sandbox = createSandbox({
      runners: config.scriptRunners,
      http: withOwnApi(
        scriptCalls(send),
        () => publicUrl,
        (request) => (own ?? notYet('the API')).inject(request),
      ),
      log: log.child({ room: 'sandbox' }),
    })
    opened.defer(() => sandbox.close())
    const follow = followInstances({ notifications: { jobs, now }, pollers: pollerSchedules(now) })
    const context: InstanceContext = {
      store,
      elements,
      authorize,
      plans: createPlans(),
      send,
      isBeforeSend,
      now,
      random: Math.random,
      sleep: (ms) => wait(ms),
      mappings: createMappings(store),
      canonicalMappings: createCanonicalMappings(catalog),
      runScript: sandbox.run,
      runRecords: sandbox.runRecords,
      noteMapping({ id }, note) {
        metrics.mapped(note)
        if (note.script?.failed) log.warn({ instance: id, ...note }, 'the script of a common resource failed')
      },
      noteConsole: ({ id }, label, lines) => log.debug({ instance: id, label, lines }, 'a script printed'),
      publicUrl: () => publicUrl,
      browserUrl: (url) => mapOrigin(browserOrigins, url),
      async onInstanceChanged(trx, publish, change) {
        if ('deleted' in change) await forgetElementInstances(formulas.context, trx, publish, change.deleted)
        return follow(trx, publish, change)
      },
      credentialSlots: createSlots({
        what: 'A change of credentials',
        count: CREDENTIAL_POOL_SIZE - 2,
        perKey: 3,
        waitMs: 30_000,
        maxWaiting: 10_000,
      }),
      log: log.child({ room: 'instances' }),
      onRefresh: metrics.refreshed,
      onCredentialsRefused: (trx, publish, { id: instanceId, name, organizationId, accountId, userId }, reason) =>
        raiseAlarm({ jobs, now, sender: config.mailFrom }, trx, publish, {
          ...{ owner: { organizationId, accountId, userId }, topic: 'alarms-credentials-refused' },
          message: { instanceId, instanceName: name, reason },
        }),
    }
    let watch: ElementWatch | undefined
    const elementContext: ElementContext = {
      store,
      elements,
      authorize,
      now,
      countInstances: countInstancesOf,
      onElementDeleted: removeMappingsTo,
      afterChange: async () => watch?.settled(),
    }
    const accountsContext: AccountsContext = {
      store,
      authorize,
      limits: createSignInLimits(store, now),
      now,
      publicUrl: () => publicUrl,
      async onAccountClosed(trx, publish, { accountId, ...closing }) {
        await deleteWithOwner(context, trx, publish, { accountId }, closing)
        await removeFormulaInstancesOf(formulas.context, trx, publish, { accountId }, closing)
        await removeSchedulesOf(trx, { accountId }, closing.by)
        await removeBulkJobsOf(trx, publish, { accountId }, closing.at)
        if (!closing.permanently) return
        await removeLevelsOf(trx, publish, { accountId })
        await removeSnippetsOf(trx, { accountId })
        await removeIntegrationsOf(trx, { accountId })
        await removeFormulasOf(formulas.context, trx, publish, { accountId }, closing.by)
        await removeSubscriptionsOf(trx, { accountId })
      },
      async onOrganizationClosed(trx, publish, gone) {
        await removeLevelsOf(trx, publish, gone)
        await removeSnippetsOf(trx, gone)
        await removeSubscriptionsOf(trx, gone)
        await removeSchedulesOf(trx, gone)
        await removeBulkJobsOf(trx, publish, gone, now())
        await removeFormulasOf(formulas.context, trx, publish, gone)
      },
      async onUserClosed(trx, publish, { userId, ...closing }) {
        await deleteWithOwner(context, trx, publish, { userId }, closing)
        await removeFormulaInstancesOf(formulas.context, trx, publish, { userId }, closing)
        await removeSchedulesOf(trx, { userId }, closing.by)
        await removeBulkJobsOf(trx, publish, { userId }, closing.at)
      },
    }
    const resourceContext: ResourceContext = {
      store,
      elements,
      authorize,
      instances: createInstanceLevels(store),
      formulaUsages: commonResourceUsages({ store }),
    }
    const recorder = await openUsage(config, store, metrics, log.child({ room: 'usage' }))
    opened.defer(() => recorder.close())
    metrics.watchUsage(recorder.stats)
    const logs = { store, now, slots: createSlots(LOG_SLOTS) }
    const usage: UsageContext = {
      ...logs,
      recorder,
      metrics: metricSources(context),
      formulas: formulaActivity(logs),
    }
    const trail = createTrail(store, log.child({ room: 'audit' }))
    opened.defer(() => trail.close())
    const finder = createInstanceFinder(context)
    const identifier = createIdentifier(store, now)
    const platformCredentials = createPlatformCredentials()
    const keeper = createCredentialKeeper(context)
    const simulator = await openSimulator(
      config.simulate,
      catalog.elements,
      shipped.simulations,
      webhooksTo(() => ({ publicUrl, api: own ?? notYet('the API') })),
    )
    const call = createCall(context, keeper, metrics.callFinished)
    const ownApi: InjectDeps = {
      inject: (request) => (own ?? notYet('the API')).inject(request),
      credentials: platformCredentials,
      publicUrl: () => publicUrl,
    }
    const owners = {
      caller: identifier.identifyUserById,
      instance: async (id: number) => finder.byId(id),
    }
    const parts: Parts = {
      ...{ config, store, jobs, authorize, metrics, now, instances: context, finder, call },
      callAsOwner: createCallAsOwner(createCallPlatform(ownApi), owners),
      streamAsOwner: createCallAsOwner(createStreamPlatform(ownApi), owners),
      callOwn: createCallOwn(ownApi),
      publish: upstream.publish,
      callerOf: identifier.identifyUserById,
      isPlatformPath: createIsPlatformPath(() => (own ?? notYet('the API')).declaredRoutes),
      recordCall: recorder.record,
      runStepScript: sandbox.runStep,
      publicUrl: () => publicUrl,
      logOf: (room) => log.child({ room }),
    }
    const notifications = await composeNotifications(parts, opened)
    const formulas = composeFormulas(parts, notifications.context)
    const triggers = composeTriggers(formulas.context, opened)
    const events = composeEvents(parts, notifications.context, triggers.onEvents)
    const bulk = await composeBulk(parts, opened)
    const sweep = createRevocationSweep(context)
    const ownSweep = options.revokeEveryMs === undefined ? sweep : undefined
    const { works, keepPartitions } = hubWorks(config, {
      store,
      jobs,
      now,
      log,
      sweep: ownSweep,
      bulk: bulk.context,
      formulas: formulas.context,
    })
    const schedules = composeSchedules(parts, works, triggers.runSchedule)
    const server = createServer({
      log,
      corsOrigins: config.corsOrigins,
      trustProxy: config.trustProxy,
      identify: createIdentify(
        identifier,
        finder,
        (text) => readAlias(store.cipher, now(), text),
        platformCredentials.grantOf,
      ),
      accountsContext,
      elementContext,
      resourceContext,
      audit: { ...logs, trail },
      schedules: schedules.context,
      bulk: bulk.context,
      formulas: formulas.context,
      executions: { ...formulas.context, slots: logs.slots, valueSlots: createSlots(VALUE_SLOTS) },
      notifications: notifications.context,
      context,
      documents: {
        elements,
        documents: createDocuments(),
        mappings: context.mappings,
        fieldsOf: (caller, instance, objectName, options) =>
          objectMetadata({ call }, caller, instance, objectName, options),
      },
      gatewayHost: config.gatewayHost,
      call: triggers.answerCalls(call),
      intake: events.intake,
      eventStore: { ...logs, authorize, jobs, instances: context },
      usage,
      signer: store.cipher,
      metrics: metrics.registry,
      uploads: { folder: join(config.dataDir, 'uploads') },
      isReady: () => readiness(store),
      mounts: { ...options.mounts, ...(simulator ? { [SIMULATOR_PATH]: mountBelow(SIMULATOR_PATH, simulator) } : {}) },
    })
    opened.defer(() => server.close())
    own = server
    const door =
      config.role === 'worker'
        ? createOperationsServer({ log, metrics: metrics.registry, isReady: () => readiness(store) })
        : server
    if (door !== server) {
      opened.defer(() => door.close())
      await server.ready()
    }
    opened.defer(jobs.stop)
    await jobs.prepare([...notifications.queues, events.queue, schedules.queue, ...bulk.queues, ...formulas.queues])
    await door.listen({ host: config.host, port: config.port })

    const { port } = door.server.address() as AddressInfo
    const url = `http://${urlHost(config.host)}:${port}`
    if (config.port === 0) publicUrl = config.publicUrl.replace(/:0$/, `:${port}`)
    const mapOrigins = () => {
      browserOrigins.replace(originsBelow(`${publicUrl}${SIMULATOR_PATH}`, simulator))
      upstreamOrigins.replace([...originMap, ...originsBelow(`${url}${SIMULATOR_PATH}`, simulator)])
    }
    mapOrigins()
    if (simulator) {
      const follow = createElementFollower(
        simulator,
        catalog.elements.map(({ key }) => key),
      )
      const handle = (change: ElementChange) => {
        follow(change)
        mapOrigins()
      }
      watch = await watchElements({ store, elements, log, handle })
      opened.defer(watch.close)
    }
    await keepPartitions()
    jobs.start()
    if (options.revokeEveryMs !== undefined) opened.defer(every(options.revokeEveryMs, sweep))
    if (config.role !== 'api') {
      await scheduleHubWork(schedules.context, works)
      opened.defer(startClock(schedules.context, options.clockEveryMs))
    }

    return {
      url,
      seeded,
      store,
      simulator,
      failed: failure.promise,
      close: () => opened.disposeAsync(),
    }
  } catch (error) {
    await opened.disposeAsync().catch((also) => log.error({ err: also }, 'not all that was opened could be closed'))
    throw error
  }
}

/** @returns what ends it */
function every(ms: number, work: () => unknown): () => void {
  const timer = setInterval(work, ms).unref()
  return () => clearInterval(timer)
}

export function createLog(config: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: config.logLevel, base: undefined, redact: { paths: REDACTED_LOG_PATHS, censor: MASK } })
}

/** What is made after the port is known is used by requests only, which come later still. */
function notYet(what: string): never {
  throw new Error(`${what} was used before the hub listened`)
}

async function readiness(store: Store): Promise<string | undefined> {
  try {
    await sql`select 1`.execute(store.db)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function checked<T>(setting: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const { message } = error as Error
    throw new ConfigError([message.includes(setting) ? message : `${setting}: ${message}`])
  }
}

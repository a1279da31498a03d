import { authenticationTypeOf, isOAuth2 } from '../engine/authentication-type.ts'
import { canRefresh } from '../engine/oauth/refresh-due.ts'
import type { Plan } from '../engine/plan.ts'
import { ValenceError } from '../errors.ts'
import type { InstanceState } from '../model/instance.ts'
import { storableText } from '../model/storable-text.ts'
import type { InstanceContext } from './context.ts'
import { type LockedCredentials, withCredentials } from './credential-lock.ts'
import { elementLabel } from './element-label.ts'
import { loadInstance, notFound, stateOf } from './find.ts'
import type { Instance } from './instance.ts'
import { inputsOf, runResources } from './lifecycle.ts'
import { renewCredentials } from './renew-credentials.ts'
import { saveConfiguration } from './save-configuration.ts'
import { storeValues } from './store-values.ts'

/** After a failure nobody asks the vendor again for this long; callers get the same answer meanwhile. */
const PAUSE_AFTER_TRANSIENT_MS = 1_000
const PAUSE_AFTER_PERMANENT_MS = 60_000
/** A vendor that answers 401 for want of a permission would otherwise cost a refresh per call. */
const PAUSE_AFTER_REFUSAL_MS = 60_000
const MAX_REFUSED = 10_000

export interface CredentialKeeper {
  /**
   * The instance with credentials newer than `rejectedVersion`.
   * @throws ValenceError REFRESH_FAILED (401): provision again; REFRESH_UNAVAILABLE (502): try later
   */
  refresh(instanceId: number, rejectedVersion: number): Promise<InstanceState>
  /** Notes that the vendor refuses credentials of this version although they are fresh. */
  noteRefused(instanceId: number, version: number): void
  /** Whether credentials of this version are worth a refresh: false for a minute after `noteRefused`. */
  isWorthRefreshing(instanceId: number, version: number): boolean
}

/**
 * Single flight per instance: one waiter per process, then the row lock across processes. Whoever gets the lock and
 * finds a newer version takes it without asking the vendor, so a single-use refresh token is used once.
 */
export function createCredentialKeeper(context: InstanceContext): CredentialKeeper {
  const inFlight = new Map<number, { rejectedVersion: number; pending: Promise<InstanceState> }>()
  const refused = new Map<number, { version: number; until: number }>()
  return {
    noteRefused(instanceId, version) {
      if (refused.size >= MAX_REFUSED) refused.clear()
      refused.set(instanceId, { version, until: context.now().getTime() + PAUSE_AFTER_REFUSAL_MS })
    },
    isWorthRefreshing(instanceId, version) {
      const known = refused.get(instanceId)
      return known === undefined || known.version !== version || context.now().getTime() >= known.until
    },
    refresh(instanceId, rejectedVersion) {
      const running = inFlight.get(instanceId)
      if (running && running.rejectedVersion >= rejectedVersion) return running.pending
      const pending = refreshLocked(context, instanceId, rejectedVersion).finally(() => {
        if (inFlight.get(instanceId)?.pending === pending) inFlight.delete(instanceId)
      })
      inFlight.set(instanceId, { rejectedVersion, pending })
      return pending
    },
  }
}

async function refreshLocked(
  context: InstanceContext,
  instanceId: number,
  rejectedVersion: number,
): Promise<InstanceState> {
  const found = await loadInstance(context, instanceId)
  if (!found) throw notFound(instanceId)
  let isRefreshed = false
  // a failure is stored as well, so the transaction returns it instead of throwing
  const outcome = await withCredentials(context, found, async (locked): Promise<InstanceState | ValenceError> => {
    const instance = await loadInstance(context, instanceId)
    if (!instance) throw notFound(instanceId)
    if (locked.version > rejectedVersion) return instance.state
    const failure = recentFailure(context, locked)
    if (failure) return failure
    const asked = await askVendor(context, instance, locked)
    isRefreshed = !(asked instanceof ValenceError)
    return asked
  })
  if (outcome instanceof ValenceError) throw outcome
  return isRefreshed ? afterRefresh(context, found.plan, outcome) : outcome
}

/**
 * `onRefresh` resources after an OAuth refresh (spec 11 §4.3): the new token is stored by now, so a vendor or hook that
 * fails is noted and no more. For other types they were the refresh itself.
 */
async function afterRefresh(context: InstanceContext, plan: Plan, state: InstanceState): Promise<InstanceState> {
  if (!plan.lifecycle.has('onRefresh') || !isOAuth2(authenticationTypeOf(plan.element, state.configuration))) {
    return state
  }
  const note = (error: unknown, resource?: string) => {
    const facts = { instance: state.id, element: plan.element.key, resource, reason: (error as Error).message }
    context.log.warn(facts, 'a resource that runs after a refresh failed')
  }
  try {
    const inputs = inputsOf(state.configuration, {})
    const { changes, instance } = await runResources(context, plan, 'onRefresh', state, inputs, note)
    if (Object.keys(changes).length > 0) await saveConfiguration(context, state.id, changes)
    return instance
  } catch (error) {
    note(error)
    return state
  }
}

function recentFailure(context: InstanceContext, { row }: LockedCredentials): ValenceError | undefined {
  if (!row.refresh_failed_at || row.refresh_state === 'ok' || row.refresh_state === null) return undefined
  const isPermanent = row.refresh_state === 'failed'
  const pause = isPermanent ? PAUSE_AFTER_PERMANENT_MS : PAUSE_AFTER_TRANSIENT_MS
  if (context.now().getTime() - row.refresh_failed_at.getTime() >= pause) return undefined
  return refreshError(row.refresh_message ?? 'the last attempt failed', isPermanent)
}

async function askVendor(
  context: InstanceContext,
  instance: Instance,
  locked: LockedCredentials,
): Promise<InstanceState | ValenceError> {
  const { plan, state } = instance
  if (!canRefresh(plan, state.configuration)) return refreshError(`${plan.element.name} gave no refresh token`, true)
  const renewal = await renewCredentials(context, instance)
  return renewal.ok ? keep(context, instance, locked, renewal.changes) : noteFailure(context, instance, locked, renewal)
}

/** Stored before it is used: a rotated refresh token that only memory knows would be lost with the process. */
async function keep(
  context: InstanceContext,
  instance: Instance,
  locked: LockedCredentials,
  fresh: Record<string, string | null>,
): Promise<InstanceState> {
  const { plan, stored } = instance
  const values = { ...stored, ...fresh }
  const version = await storeValues(context, locked, instance, values, {
    columns: { valid: true },
    refresh: { refresh_state: 'ok', refreshed_at: context.now(), refresh_failed_at: null, refresh_message: null },
  })
  context.onRefresh?.({ element: elementLabel(plan.element), outcome: 'ok' })
  return stateOf(instance, plan.defaults, values, version)
}

async function noteFailure(
  context: InstanceContext,
  instance: Instance,
  locked: LockedCredentials,
  { reason, isPermanent, providerMessage }: { reason: string; isPermanent: boolean; providerMessage?: string },
): Promise<ValenceError> {
  const message = `The credentials of ${instance.plan.element.name} could not be refreshed: ${reason}`
  const text = storableText(`${message}; ${isPermanent ? 'provision the instance again' : 'it will be tried again'}`)
  await locked.note({
    refresh_state: isPermanent ? 'failed' : 'failing',
    refresh_failed_at: context.now(),
    refresh_message: text,
  })
  if (isPermanent) {
    await locked.trx
      .updateTable('instances')
      .set({ valid: false, updated_at: context.now() })
      .where('id', '=', instance.id)
      .execute()
    const isNews = locked.row.refresh_state !== 'failed'
    if (isNews) await context.onCredentialsRefused?.(locked.trx, locked.publish, instance, text)
  }
  context.log.warn({ instance: instance.id, element: instance.plan.element.key, isPermanent }, 'a token refresh failed')
  context.onRefresh?.({
    element: elementLabel(instance.plan.element),
    outcome: isPermanent ? 'permanent' : 'transient',
  })
  return refreshError(text, isPermanent, providerMessage)
}

function refreshError(message: string, isPermanent: boolean, providerMessage?: string): ValenceError {
  return new ValenceError(isPermanent ? 'REFRESH_FAILED' : 'REFRESH_UNAVAILABLE', message, { providerMessage })
}

import Type, { type Static } from 'typebox'
import { type ElementView, toInstanceElement } from '../elements/element-views.ts'
import { ElementSummary } from '../model/element.ts'
import { eventCallbackUrl, eventsEnabled } from '../model/event-settings.ts'
import { IsoSeconds, isoSeconds } from '../model/iso-seconds.ts'
import { TransformationData } from '../resources/mapped-instances.ts'
import { maskedConfiguration } from './configuration.ts'
import type { InstanceContext } from './context.ts'
import { DiscoveredObject } from './discover-objects.ts'
import type { Instance } from './instance.ts'
import { webhookReference } from './webhook-reference.ts'
import { webhookUrl } from './webhook-url.ts'

/** Ours, not the original's: how the last token refresh went, so that nobody has to guess from failing calls. */
const CredentialRefresh = Type.Object(
  {
    state: Type.Enum(['failing', 'failed', 'ok'], {
      description: '`failing` is tried again; after `failed` the instance must be provisioned again',
    }),
    lastRefreshDate: Type.Optional(IsoSeconds),
    lastFailureDate: Type.Optional(IsoSeconds),
    reason: Type.Optional(Type.String()),
  },
  { title: 'CredentialRefresh' },
)

const members = {
  id: Type.Integer(),
  name: Type.String(),
  createdDate: IsoSeconds,
  token: Type.String({ description: 'The `Element` part of the header of resource calls' }),
  tags: Type.Array(Type.String()),
  valid: Type.Boolean({ description: 'The credentials worked when they were used last' }),
  disabled: Type.Boolean({ description: 'Resource calls are refused' }),
  user: Type.Object(
    { id: Type.Integer(), emailAddress: Type.String(), firstName: Type.String(), lastName: Type.String() },
    { description: 'Who made it' },
  ),
}

/** The instance on the wire (spec 10 §4.1). */
export const InstanceBody = Type.Object(
  {
    ...members,
    updatedDate: IsoSeconds,
    element: Type.Unsafe<ElementView>(ElementSummary),
    elementId: Type.Integer(),
    provisionInteractions: Type.Array(Type.Never(), { description: 'Always empty' }),
    maxCacheSize: Type.Integer(),
    cacheTimeToLive: Type.Integer(),
    cachingEnabled: Type.Boolean(),
    configuration: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
      description: 'Values by configuration key, those of the element included; null is unset, secrets are `********`',
    }),
    eventsEnabled: Type.Boolean(),
    eventsNotificationCallbackUrl: Type.Optional(Type.String()),
    subscriptionId: Type.Optional(Type.Integer({ description: 'Of the events, where somebody receives them' })),
    encodedid: Type.String({ description: 'What names the instance in `webhookUrl`' }),
    webhookUrl: Type.String({ description: 'Where the vendor sends events of this instance' }),
    traceLoggingEnabled: Type.Boolean({ description: 'Vendor calls are written down' }),
    externalAuthentication: Type.String({
      description: '`initial`: the tokens were obtained elsewhere; otherwise `none`',
    }),
    credentialRefresh: Type.Optional(CredentialRefresh),
    objects: Type.Optional(
      Type.Array(Type.Union([DiscoveredObject, Type.String()]), {
        description: 'After provisioning with `retrieveObjectsAfterInstantiation`; names for the version `Hydrogen`',
      }),
    ),
    transformationData: Type.Optional(TransformationData),
  },
  { title: 'Instance' },
)
export type InstanceBody = Static<typeof InstanceBody>

/** What clients need to pick one (spec 10 §4.2). */
export const SlimInstance = Type.Object(
  {
    ...members,
    element: Type.Object({ id: Type.Integer(), key: Type.String(), name: Type.String(), hub: Type.String() }),
  },
  { title: 'SlimInstance' },
)

/** `providerData` is never returned; secrets are masked. */
export function toInstanceBody(
  context: Pick<InstanceContext, 'publicUrl' | 'store'>,
  instance: Instance,
): InstanceBody {
  const { element } = instance.plan
  const configuration = maskedConfiguration(element, instance.state.configuration)
  const callbackUrl = eventCallbackUrl(configuration)
  const subscriptionId = configuration['event.notification.subscription.id']
  return {
    id: instance.id,
    name: instance.name,
    createdDate: isoSeconds(instance.createdDate),
    updatedDate: isoSeconds(instance.updatedDate),
    token: instance.token,
    element: toInstanceElement(element),
    elementId: element.id,
    tags: instance.tags,
    provisionInteractions: [],
    valid: instance.valid,
    disabled: instance.disabled,
    maxCacheSize: 0,
    cacheTimeToLive: 0,
    configuration,
    eventsEnabled: eventsEnabled(configuration),
    ...(callbackUrl ? { eventsNotificationCallbackUrl: callbackUrl } : {}),
    ...(subscriptionId && eventsEnabled(configuration) ? { subscriptionId: Number(subscriptionId) } : {}),
    encodedid: webhookReference(context.store.cipher, instance.state),
    webhookUrl: webhookUrl(context, element.key, instance.state),
    traceLoggingEnabled: instance.traceUntil !== null && instance.traceUntil > new Date(),
    cachingEnabled: false,
    externalAuthentication: instance.externalAuthentication,
    user: instance.user,
    ...(instance.refresh ? { credentialRefresh: toRefreshBody(instance.refresh) } : {}),
  }
}

/** `GET /instances?hydrate=false` */
export function toSlimBody(instance: Instance): Static<typeof SlimInstance> {
  const { element } = instance.plan
  return {
    id: instance.id,
    name: instance.name,
    createdDate: isoSeconds(instance.createdDate),
    token: instance.token,
    element: { id: element.id, key: element.key, name: element.name, hub: element.hub },
    tags: instance.tags,
    valid: instance.valid,
    disabled: instance.disabled,
    user: instance.user,
  }
}

function toRefreshBody(refresh: NonNullable<Instance['refresh']>): Static<typeof CredentialRefresh> {
  return {
    state: refresh.state,
    ...(refresh.lastRefreshDate ? { lastRefreshDate: isoSeconds(refresh.lastRefreshDate) } : {}),
    ...(refresh.lastFailureDate ? { lastFailureDate: isoSeconds(refresh.lastFailureDate) } : {}),
    ...(refresh.message ? { reason: refresh.message } : {}),
  }
}

import type { Ports } from '../engine/ports.ts'
import { ValenceError } from '../errors.ts'
import type { InstanceState } from '../model/instance.ts'
import { LIMITS } from '../sandbox/limits.ts'
import type { InstanceContext } from './context.ts'
import { webhookUrl } from './webhook-url.ts'

/**
 * For runs that are part of storing: provisioning, refreshing and deleting collect what changes and decide themselves
 * (`engine/lifecycle.ts`).
 *
 * @param totalMs for all vendor calls and scripts of the run together: credentials are locked while it lasts
 */
export function createLifecyclePorts(context: InstanceContext, totalMs: number): Ports {
  const signal = AbortSignal.timeout(totalMs)
  const deadline = performance.now() + totalMs
  const never = () => Promise.reject(new Error('a lifecycle run neither stores nor refreshes by itself'))
  return {
    ...worldPorts(context),
    send: (request) => context.send({ ...request, signal }),
    async runScript(call) {
      const leftMs = Math.floor(deadline - performance.now())
      if (leftMs <= 0) {
        const limit = `all that runs at this event has ${totalMs / 1000} s together`
        throw new ValenceError('SCRIPT_TIMED_OUT', `${call.label}: not run, ${limit}`)
      }
      return context.runScript({ ...call, timeoutMs: Math.min(call.timeoutMs ?? LIMITS.timeoutMs, leftMs) })
    },
    saveConfiguration: never,
    refreshCredentials: never,
    refreshDidNotHelp: () => undefined,
    refreshMayHelp: () => false,
  }
}

/** What the engine may ask of the world whatever it runs for. */
export function worldPorts(context: InstanceContext) {
  return {
    send: context.send,
    isBeforeSend: context.isBeforeSend,
    now: context.now,
    random: context.random,
    sleep: context.sleep,
    runScript: context.runScript,
    runRecords: context.runRecords,
    noteMapping: context.noteMapping,
    noteConsole: context.noteConsole,
    webhookUrl: (elementKey: string, instance: InstanceState) => webhookUrl(context, elementKey, instance),
    sealPageToken: (text: string) => sealToken(context, text),
    openPageToken: (token: string) => openToken(context, token),
  }
}

/** `<base64url of the text>~<signature>`: opaque to clients, safe in a URL (spec 21 §5.3). */
function sealToken({ store }: InstanceContext, text: string): string {
  const body = Buffer.from(text, 'utf8').toString('base64url')
  return `${body}~${store.cipher.sign(body)}`
}

function openToken({ store }: InstanceContext, token: string): string | undefined {
  const [body = '', signature = ''] = token.split('~')
  return store.cipher.verify(body, signature) ? Buffer.from(body, 'base64url').toString('utf8') : undefined
}

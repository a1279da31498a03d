import { type Call, jsonReply, type Reply } from './call.ts'
import type { FaultList } from './faults.ts'
import type { RequestLog } from './request-log.ts'

/** What the `/__simulator/…` paths can reach. */
export interface ControlTarget {
  faults: FaultList
  log: RequestLog
  /** of one element or of all; undefined: the element is not simulated */
  inspect(element: string | undefined): unknown
  reset(): void
  /** false: the element is not simulated */
  resetRows(element: string | undefined): boolean
  /** false: the element is not simulated */
  expireTokens(element: string | undefined): boolean
  /** what it sent to whom; undefined: the element is not simulated */
  webhooks(element: string): unknown
  /** @returns to how many, or a sentence that says why to nobody; undefined: the element is not simulated */
  emit(element: string, order: EmitOrder): number | string | undefined
}

/** A webhook that somebody wants: of a change of a row, or with a body as it stands. */
export interface EmitOrder {
  resource?: string
  /** the first row, when absent */
  id?: string
  change?: 'created' | 'updated' | 'deleted'
  body?: unknown
  /** instead of whoever subscribed */
  url?: string
}

export const CONTROL_PREFIX = '/__simulator/'

/** `/__simulator/…`: for people and tests beside the hub, whose own calls cannot carry headers to the vendor. */
export function answerControl(target: ControlTarget, call: Call): Reply {
  const action = Object.hasOwn(ACTIONS, `${call.method} ${call.path}`)
    ? ACTIONS[`${call.method} ${call.path}`]
    : undefined
  if (action) return action(target, call)
  return jsonReply(404, {
    message: `${call.method} ${call.path} is no control path; expected one of ${Object.keys(ACTIONS).join(', ')}`,
  })
}

const ACTIONS: Record<string, (target: ControlTarget, call: Call) => Reply> = {
  'GET /__simulator/state': (target, call) => {
    const element = call.query.get('element') ?? undefined
    const state = target.inspect(element)
    return state === undefined ? notSimulated(element) : jsonReply(200, state)
  },
  'GET /__simulator/requests': (target, call) => {
    const limit = Number(call.query.get('limit') ?? 50)
    if (!Number.isInteger(limit) || limit < 1)
      return jsonReply(400, { message: `limit "${call.query.get('limit')}" must be a whole number of at least 1` })
    return jsonReply(200, target.log.read(limit))
  },
  'GET /__simulator/faults': (target) => jsonReply(200, target.faults.pending()),
  'POST /__simulator/faults': (target, call) => {
    const body = parseJson(call.body)
    const problem = body === undefined ? 'the body is no JSON' : target.faults.add(body)
    return problem === undefined ? jsonReply(201, target.faults.pending()) : jsonReply(400, { message: problem })
  },
  'DELETE /__simulator/faults': (target) => {
    target.faults.clear()
    return { status: 204 }
  },
  'GET /__simulator/webhooks': (target, call) => {
    const element = call.query.get('element') ?? ''
    const told = target.webhooks(element)
    return told === undefined ? notSimulated(element) : jsonReply(200, told)
  },
  'POST /__simulator/emit': (target, call) => {
    const element = call.query.get('element') ?? ''
    const order = readOrder(parseJson(call.body))
    if (typeof order === 'string') return jsonReply(400, { message: order })
    const sent = target.emit(element, order)
    if (sent === undefined) return notSimulated(element)
    return typeof sent === 'string' ? jsonReply(400, { message: sent }) : jsonReply(202, { receivers: sent })
  },
  'POST /__simulator/expire-tokens': (target, call) => {
    const element = call.query.get('element') ?? undefined
    return target.expireTokens(element) ? { status: 204 } : notSimulated(element)
  },
  'POST /__simulator/reset-rows': (target, call) => {
    const element = call.query.get('element') ?? undefined
    return target.resetRows(element) ? { status: 204 } : notSimulated(element)
  },
  'POST /__simulator/reset': (target) => {
    target.reset()
    return { status: 204 }
  },
}

const CHANGES = ['created', 'updated', 'deleted'] as const

function readOrder(given: unknown): EmitOrder | string {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'the body is no JSON object'
  const { resource, id, change, body, url } = given as Record<string, unknown>
  const kind = change === undefined ? 'updated' : CHANGES.find((word) => word === change)
  if (!kind) return `change "${String(change)}" must be one of ${CHANGES.join(', ')}`
  if (body === undefined && typeof resource !== 'string') return 'resource or body is required: what is told'
  return {
    change: kind,
    ...(typeof resource === 'string' ? { resource } : {}),
    ...(id === undefined ? {} : { id: String(id) }),
    ...(body === undefined ? {} : { body }),
    ...(typeof url === 'string' ? { url } : {}),
  }
}

function notSimulated(element: string | undefined): Reply {
  return jsonReply(404, { message: `element "${element}" is not simulated` })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // the caller is told so by the answer
    return undefined
  }
}

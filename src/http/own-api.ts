import type { Readable } from 'node:stream'
import type { SandboxOptions, ScriptHttpRequest } from '../sandbox/sandbox.ts'
import { API_PREFIX } from './dispatch.ts'
import { isHopHeader } from './hop-headers.ts'

export interface InjectedRequest {
  method: 'DELETE' | 'GET' | 'PATCH' | 'POST' | 'PUT'
  url: string
  headers: Record<string, string>
  payload?: string
  /** ends the call when nobody waits for it any more */
  signal?: AbortSignal
  /** the answer may be a file of any size */
  payloadAsStream: true
}

export interface InjectedReply {
  statusCode: number
  headers: Record<string, number | string | string[] | undefined>
  stream(): Readable
}

const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'PATCH', 'POST', 'PUT'])
const MAX_REPLY_BYTES = 5 * 1024 * 1024

/**
 * Calls that a script of a common resource makes to this very hub, with the aliases it was given: they are answered here, without a
 * socket, wherever the hub's public address may lead. All other calls of scripts leave as they always do.
 *
 * @param inject hands a request to the server
 */
export function withOwnApi(
  calls: SandboxOptions['http'],
  publicUrl: () => string,
  inject: (request: InjectedRequest) => Promise<InjectedReply>,
): SandboxOptions['http'] {
  return async (request, signal) => {
    const own = ownRequest(request, publicUrl())
    if (!own) return calls(request, signal)
    const reply = await inject({ ...own, signal })
    return { status: reply.statusCode, headers: textHeaders(reply.headers), body: await textOf(reply.stream()) }
  }
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).length
    if (bytes > MAX_REPLY_BYTES) throw new Error(`the answer is longer than the ${MAX_REPLY_BYTES} bytes that are read`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function ownRequest({ method, url, headers, body }: ScriptHttpRequest, publicUrl: string): InjectedRequest | undefined {
  const target = URL.parse(url)
  const base = new URL(publicUrl)
  const prefix = `${base.pathname.replace(/\/$/, '')}${API_PREFIX}/`
  if (!target || target.origin !== base.origin || !target.pathname.startsWith(prefix) || !METHODS.has(method))
    return undefined
  const names = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  if (!/\bvsa-/.test(names['authorization'] ?? '')) return undefined
  return {
    method: method as InjectedRequest['method'],
    url: `${API_PREFIX}/${target.pathname.slice(prefix.length)}${target.search}`,
    headers: {
      ...Object.fromEntries(Object.entries(names).filter(([name]) => !isHopHeader(name))),
      host: base.host,
    },
    payloadAsStream: true,
    ...(body === undefined ? {} : { payload: body }),
  }
}

function textHeaders(headers: InjectedReply['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value : String(value)]],
    ),
  )
}

import type { Send } from '../model/exchange.ts'
import type { SandboxOptions } from '../sandbox/sandbox.ts'

const TIMEOUT_MS = 30_000
const MAX_REPLY_BYTES = 5 * 1024 * 1024

/** HTTP calls of user scripts: the same door, policy and limits as every other call; the whole answer is text. */
export function scriptCalls(send: Send): SandboxOptions['http'] {
  return async ({ method, url, headers, body }, signal) => {
    const names = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const reply = await send({
      method,
      url,
      headers: names,
      ...(body === undefined ? {} : { body }),
      timeoutMs: TIMEOUT_MS,
      // a script's headers are its own affair, but they follow no redirect to somebody else
      credentialHeaders: Object.keys(names),
      signal,
    })
    return { status: reply.status, headers: reply.headers, body: await reply.text(MAX_REPLY_BYTES) }
  }
}

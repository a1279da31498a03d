import type { Scope, ScopeReply, ScopeRequest } from './scope.ts'

/** HTTP calls of a script: messages to the runner, which passes them to the hub. */
export function provideHttpCall(scope: Scope): void {
  type Listener = (error: Error | undefined, reply: ScopeReply | undefined) => void
  const waiting = new Map<number, Listener>()
  const { parse, stringify } = JSON
  let calls = 0

  const asHeaders = (headers: object | undefined): Record<string, string> => {
    const texts: Record<string, string> = {}
    for (const [name, value] of Object.entries(headers ?? {})) {
      if (value !== undefined && value !== null) texts[name.toLowerCase()] = String(value)
    }
    return texts
  }

  scope.call = (request: ScopeRequest, listener: Listener) => {
    const id = ++calls
    if (id > scope.limits.httpCalls) throw new Error(`a script may make ${scope.limits.httpCalls} HTTP calls`)
    const { method, url, body } = request
    const headers = asHeaders(request.headers)
    if (url.length + stringify(headers).length > scope.limits.httpHeadChars) {
      throw new Error(`address and headers of a request may have ${scope.limits.httpHeadChars} characters`)
    }
    waiting.set(id, listener)
    scope.post('http', id, stringify({ method: method.toUpperCase(), url, headers, body }))
    return () => {
      // the answer, when it comes, is nobody's
      if (waiting.has(id)) waiting.set(id, () => undefined)
    }
  }

  scope.resets.push(() => {
    waiting.clear()
    calls = 0
  })

  scope.callsWaiting = () => waiting.size

  scope.entries['http'] = (id: number, type: string, facts: string, body: string) => {
    const listener = waiting.get(id)
    if (!listener) return
    waiting.delete(id)
    const { status, headers, message } = parse(facts)
    scope.guard(() => {
      if (type === 'reply') listener(undefined, { status, headers, body })
      else listener(Object.assign(new Error(message), { code: 'EREFUSED' }), undefined)
    })
  }
}

import { LIMITS } from './limits.ts'
import type { RunMessage } from './messages.ts'
import type { Answer, HttpMessage, OnHttp } from './runner-process.ts'
import type { SandboxOptions, ScriptHttpReply } from './sandbox.ts'

/** The HTTP calls of scripts: counted and measured here, because a runner's own count proves nothing. */
export interface ScriptHttp {
  /**
   * The calls of one script. What is on its way when the script is over goes on until its time is up: a script may
   * send something and not wait for the answer.
   */
  ofScript(owner: string, script: Pick<RunMessage, 'timeoutMs' | 'records'>): { onHttp: OnHttp; abort(): void }
  close(): void
}

export function createScriptHttp(http: SandboxOptions['http']): ScriptHttp {
  const onTheWay = new Map<string, number>()
  const controllers = new Set<AbortController>()

  const count = (owner: string, change: number) => {
    const next = (onTheWay.get(owner) ?? 0) + change
    if (next === 0) onTheWay.delete(owner)
    else onTheWay.set(owner, next)
  }

  function ofScript(owner: string, { timeoutMs, records = 1 }: Pick<RunMessage, 'timeoutMs' | 'records'>) {
    const mostCalls = records > 1 ? Math.min(LIMITS.httpCalls * records, LIMITS.recordHttpCalls) : LIMITS.httpCalls
    const controller = new AbortController()
    const deadline = performance.now() + timeoutMs
    let calls = 0
    let running = 0
    let late: NodeJS.Timeout | undefined

    function began(): void {
      count(owner, 1)
      if (running++ > 0) return
      controllers.add(controller)
      late = setTimeout(() => controller.abort(), Math.max(0, deadline - performance.now()))
    }
    function ended(): void {
      count(owner, -1)
      if (--running > 0) return
      controllers.delete(controller)
      clearTimeout(late)
    }

    async function perform({ id, request, hasBody }: HttpMessage, body: string, answer: Answer): Promise<void> {
      began()
      try {
        const reply = await http({ ...request, body: hasBody ? body : undefined }, controller.signal)
        answer({ type: 'reply', id, status: reply.status, headers: reply.headers }, bodyOf(reply))
      } catch (error) {
        answer({ type: 'refusal', id, message: error instanceof Error ? error.message : String(error) })
      } finally {
        ended()
      }
    }

    const refusal = ({ request }: HttpMessage, body: string): string | undefined => {
      if (++calls > mostCalls) return `a script may make ${mostCalls} HTTP calls`
      if ((onTheWay.get(owner) ?? 0) >= LIMITS.httpPerOwner)
        return 'too many HTTP calls of this account are on their way'
      if (body.length > LIMITS.httpRequestChars) return `a request body may have ${LIMITS.httpRequestChars} characters`
      if (headChars(request) > LIMITS.httpHeadChars) {
        return `address and headers of a request may have ${LIMITS.httpHeadChars} characters`
      }
      return undefined
    }

    return {
      onHttp(message: HttpMessage, body: string, answer: Answer) {
        const why = refusal(message, body)
        if (why === undefined) void perform(message, body, answer)
        else answer({ type: 'refusal', id: message.id, message: why })
      },
      abort: () => controller.abort(),
    }
  }

  return {
    ofScript,
    close() {
      for (const controller of controllers) controller.abort()
    },
  }
}

function headChars({ url, headers }: HttpMessage['request']): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, url.length)
}

function bodyOf({ body }: ScriptHttpReply): string {
  if (body.length <= LIMITS.httpReplyChars) return body
  throw new Error(`the answer has ${body.length} characters, at most ${LIMITS.httpReplyChars} are read`)
}

import { redactAddress } from '../../redact.ts'
import type { FormulaContext } from '../context.ts'
import type { StepOutcome } from '../executions/outcome.ts'
import { fillRequiredText, fillText } from './fill-text.ts'
import type { StepCall, StepKind } from './step.ts'
import { failed, StepFailure, succeeded, textOfFailure } from './step-failure.ts'

const TIMEOUT_MS = 30_000

/** A message for a queue of an AMQP broker: success is that the broker has it (spec 31 §3.10). */
export const AMQP_REQUEST: StepKind = {
  hasEffect: () => true,
  mayRepeat: () => false,
  required: ['url', 'queue', 'body'],
  run: publish,
}

async function publish({ publishMessage }: FormulaContext, call: StepCall): Promise<StepOutcome> {
  const { signal } = call
  let request: Record<string, unknown> | undefined
  try {
    const url = (await fillRequiredText(call, 'url')).trim()
    const exchange = (await fillText(call, 'exchange'))?.trim() ?? ''
    const queue = (await fillRequiredText(call, 'queue')).trim()
    const body = await call.fill('body')
    if (body === undefined || body === null) throw new StepFailure('body is required')
    request = structuredClone({ url: shownUrl(url), exchange, queue, body })
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    await publishMessage({
      ...{ url, exchange, queue, body: Buffer.from(text), contentType: 'application/json' },
      ...{ timeoutMs: TIMEOUT_MS, signal },
    })
    return succeeded({ request })
  } catch (error) {
    return failed(textOfFailure(error, signal), request && { request })
  }
}

/** Who signs in is nobody's to read; a text that is no address may be anything. */
function shownUrl(text: string): string {
  const url = URL.parse(text)
  if (!url) return ''
  return redactAddress(`${url.protocol}//${url.host}${url.pathname}`)
}

import type { ScriptMail } from '../../sandbox/sandbox.ts'
import { checkScript } from './check-script.ts'
import { filterOutcome } from './filter.ts'
import { runBody } from './script.ts'
import type { StepCall, StepKind } from './step.ts'

/** A filter of older formulas that also writes a mail when it says yes (spec 31 §3.7). */
export const NOTIFICATION: StepKind = {
  ...{ hasEffect: () => false, mayRepeat: () => true, required: ['body'], check: checkScript },
  async run(context, call) {
    const outcome = filterOutcome(await runBody(context, call))
    const to = call.execution.settings['notification.email']
    if (outcome.status !== 'success') return outcome
    if (typeof to !== 'string' || to.trim() === '') {
      const why = 'no mail was sent: the setting notification.email of the formula instance is not set'
      return { ...outcome, console: [...(outcome.console ?? []), why] }
    }
    return { ...outcome, mails: [...(outcome.mails ?? []), mailOf(call, to)] }
  },
}

function mailOf({ name, execution }: StepCall, to: string): ScriptMail {
  const { id, formulaName, formulaId, formulaInstanceName, formulaInstanceId } = execution
  return {
    to,
    subject: `Formula ${formulaName}: ${name}`,
    body: [
      `The step "${name}" of the formula "${formulaName}" (${formulaId}) notifies you.`,
      `Formula instance: "${formulaInstanceName}" (${formulaInstanceId})`,
      `Execution: ${id}`,
    ].join('\n'),
  }
}

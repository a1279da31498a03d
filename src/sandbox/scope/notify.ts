import type { Scope } from './scope.ts'

/** `notify.email`: from a hook it sends nothing, and that it was called is a line of the console; from a step of a formula it does (spec 31 §4.1). */
export function provideNotify(scope: Scope): void {
  const log = (scope.global['console'] as { log(...values: unknown[]): void }).log
  const { stringify } = JSON
  const { mails, mailChars } = scope.limits
  let sent = 0
  let characters = 0

  scope.global['notify'] = {
    email: (to: unknown, subject: unknown) => log(`notify.email is not sent: to ${to}, "${subject}"`),
  }

  const textOf = (value: unknown): string => {
    if (value === undefined || value === null) return ''
    return typeof value === 'object' ? (stringify(value) ?? '') : `${value}`
  }
  const email = (to: unknown, subject?: unknown, body?: unknown): void => {
    const receivers = Array.isArray(to) ? to.map(textOf).join(',') : textOf(to)
    if (receivers.trim() === '') throw new Error('notify.email: the first argument, who it is for, is empty')
    const parts = [receivers, textOf(subject), textOf(body)]
    characters += parts.join('').length
    if (++sent > mails) throw new RangeError(`notify.email: a script may send ${mails} mails`)
    if (characters > mailChars)
      throw new RangeError(`notify.email: mails of a script may have ${mailChars} characters together`)
    scope.post('mail', stringify(parts))
  }
  scope.resets.push(() => {
    sent = 0
    characters = 0
  })
  scope.mailer = () => ({ email })
}

import type { Scope } from './scope.ts'

/** `notify.email` sends nothing from a hook; that it was called is a line of the console. */
export function provideNotify(scope: Scope): void {
  const log = (scope.global['console'] as { log(...values: unknown[]): void }).log
  scope.global['notify'] = {
    email: (to: unknown, subject: unknown) => log(`notify.email is not sent: to ${to}, "${subject}"`),
  }
}

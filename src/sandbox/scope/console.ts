import type { Scope } from './scope.ts'

/** `console.*` and `print`: lines for the trace of the call, bounded. */
export function provideConsole(scope: Scope): void {
  const { consoleLines, consoleLineChars, consoleChars } = scope.limits
  let lines = 0
  let characters = 0

  const log = (...values: unknown[]): void => {
    if (lines >= consoleLines || characters >= consoleChars) return
    lines++
    const line = scope.show(values).slice(0, Math.min(consoleLineChars, consoleChars - characters))
    characters += line.length
    scope.post('log', line)
    if (lines === consoleLines || characters >= consoleChars) scope.post('log', '… further lines are left out')
  }
  scope.resets.push(() => {
    lines = 0
    characters = 0
  })
  const ignore = () => undefined

  const names = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir']
  const console: Record<string, unknown> = {}
  for (const name of names) console[name] = log
  for (const name of ['group', 'groupEnd', 'time', 'timeEnd', 'assert', 'count', 'table', 'clear'])
    console[name] = ignore
  scope.global['console'] = console
  scope.global['print'] = log
}

import type { Scope } from './scope.ts'

/** Values as text for `console` and `util.inspect`: enough to read, never much. */
export function provideShow(scope: Scope): void {
  const DEEPEST = 4
  const MOST_MEMBERS = 100
  const MOST_CHARACTERS = scope.limits.consoleLineChars

  const quote = (text: string): string => `'${text.slice(0, MOST_CHARACTERS).replace(/\n/g, '\\n')}'`
  const keyText = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key))

  const showObject = (value: object, depth: number, room: { left: number }): string => {
    const isList = Array.isArray(value)
    if (depth > DEEPEST) return isList ? '[Array]' : '[Object]'
    const names = Object.keys(value)
    const parts: string[] = []
    for (const name of names.slice(0, MOST_MEMBERS)) {
      if (room.left <= 0) break
      const text = showValue(Reflect.get(value, name), depth + 1, room)
      parts.push(isList ? text : `${keyText(name)}: ${text}`)
    }
    if (parts.length < names.length) parts.push(`… ${names.length - parts.length} more`)
    if (parts.length === 0) return isList ? '[]' : '{}'
    return isList ? `[ ${parts.join(', ')} ]` : `{ ${parts.join(', ')} }`
  }

  const showValue = (value: unknown, depth: number, room: { left: number }): string => {
    const text = plain(value, depth) ?? showObject(value as object, depth, room)
    room.left -= text.length
    return text
  }

  const plain = (value: unknown, depth: number): string | undefined => {
    if (typeof value === 'string') return depth === 0 ? value : quote(value)
    if (typeof value === 'function') return `[Function: ${value.name || 'anonymous'}]`
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value !== 'object' || value === null) return String(value)
    if (value instanceof Error) return String(value)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof RegExp || value instanceof Promise) return String(value)
    return undefined
  }

  scope.show = (values) =>
    values
      .map((value) => {
        try {
          return showValue(value, 0, { left: MOST_CHARACTERS })
        } catch {
          return '[a value that cannot be shown]'
        }
      })
      .join(' ')
}

import { Script } from 'node:vm'

/** Whether a script has a `return` outside of its functions. The parser says so; nothing is run. */
export function returnsAtTop(script: string): boolean {
  try {
    new Script(script)
    return false
  } catch (error) {
    return error instanceof SyntaxError && /Illegal return/.test(error.message)
  }
}

import { asText } from '../as-text.ts'
import { changeConfiguration } from '../exchange.ts'
import type { Step } from '../ports.ts'

/** Response parameters become configuration, seen by what runs next (spec 11 §3.7). A path that is not there takes nothing. */
export const capture: Step = (exchange) => {
  const { reply, resource } = exchange
  if (resource.captures.length === 0 || reply.status >= 400 || exchange.skipsVendor) return exchange
  const captured: Record<string, string> = {}
  for (const { key, read } of resource.captures) {
    const value = read(reply)
    if (value !== undefined && value !== null) captured[key] = asText(value)
  }
  changeConfiguration(exchange, captured)
  return exchange
}

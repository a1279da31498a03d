import { ValenceError } from '../errors.ts'
import { compilePathTemplate, type PathTemplate } from './path-template.ts'
import { isSecretName } from './secret-keys.ts'

/**
 * Fills the placeholders of an address (spec 11 §4.2). A value inside the host of a literal `https://…` must stay a
 * part of it: with a `/` or `@` in a subdomain the address, and the credentials with it, would go to another host. A
 * placeholder for the whole address takes any value.
 *
 * @param resolve values as they are to be inserted
 * @throws ValenceError CONFIGURATION_INVALID naming the placeholder
 */
export function fillUrl(template: PathTemplate, resolve: (name: string) => string | undefined): string {
  if (template.names.length === 0) return template.text
  const inHost = new Set(hostPlaceholders(template.text))
  // where the whole host is the customer's, it may bring a port and a path; nobody else's domain is at stake
  const allowed = hasLiteralDomain(template.text) ? /^[\w.-]+$/ : /^[^\s@\\?#]+$/
  return template.fill((name) => {
    const value = resolve(name)
    if (value !== undefined && inHost.has(name)) {
      // the value stays out of the message: it may be a secret
      if (isSecretName(name)) throw invalid(name, `a secret cannot be a part of the host of ${template.text}`)
      if (!allowed.test(value)) throw invalid(name, `its value is no part of a host name, as ${template.text} needs`)
    }
    return value
  })
}

function invalid(name: string, reason: string): ValenceError {
  return new ValenceError('CONFIGURATION_INVALID', `${name}: ${reason}`)
}

/** Whether an address, however its placeholders are filled, stays with the vendor: literal, or below a literal domain. */
export function hasLiteralDomain(address: string): boolean {
  const host = hostOf(address)
  return host !== undefined && /^[^{}]+$|\}\.[^{}]*[^{}.]\.[^{}.]+$/.test(host)
}

function hostPlaceholders(address: string): readonly string[] {
  const host = hostOf(address)
  return host === undefined ? [] : compilePathTemplate(host).names
}

function hostOf(address: string): string | undefined {
  return /^https?:\/\/((?:\{[^}]*\}|[^/?#{])*)/i.exec(address)?.[1]
}

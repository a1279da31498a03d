import type { Element } from '../model/element.ts'
import type { Configuration, InstanceState } from '../model/instance.ts'
import { ownValue } from '../model/own-value.ts'
import { ADDRESS_KEYS } from './address-keys.ts'
import { fillUrl } from './fill-url.ts'
import { compilePathTemplate, type PathTemplate } from './path-template.ts'
import type { Plan } from './plan.ts'

const MAX_TEMPLATES = 1_000

/** Base address and credential hosts of an element's instances, computed once per distinct `base.url` and instance. */
export function compileAddresses(element: Element): Pick<Plan, 'baseUrl' | 'credentialHosts'> {
  const templates = new Map<string, PathTemplate>()
  const hosts = new WeakMap<InstanceState, ReadonlySet<string>>()
  const aliases = placeholderAliases(element)
  const declared = declaredAddresses(element)

  function templateOf(text: string): PathTemplate {
    let template = templates.get(text)
    if (!template) {
      if (templates.size >= MAX_TEMPLATES) templates.clear()
      template = compilePathTemplate(text.trim())
      templates.set(text, template)
    }
    return template
  }

  const fill = (text: string, configuration: Configuration, pathValues: Readonly<Record<string, string>>): string => {
    const template = templateOf(text)
    if (template.names.length === 0) return template.text
    const filled = fillUrl(template, (name) => {
      const configured = ownValue(configuration, aliases.get(name) ?? name)
      if (configured !== null && configured !== undefined) return configured
      const value = ownValue(pathValues, name)
      return value === undefined ? undefined : encodeURIComponent(value)
    })
    return /^https?:\/\//i.test(filled) ? filled : `https://${filled}`
  }

  return {
    baseUrl: (configuration, pathValues) => fill(configuration['base.url'] ?? '', configuration, pathValues),
    credentialHosts(instance) {
      let known = hosts.get(instance)
      if (!known) {
        const addresses = [...ADDRESS_KEYS.map((key) => instance.configuration[key] ?? ''), ...declared]
        known = new Set(addressHosts(addresses.map((address) => fill(address, instance.configuration, {}))))
        hosts.set(instance, known)
      }
      return known
    },
  }
}

/** `configuration` → `path` parameters name the configuration key behind a placeholder (spec 11 §4.2). */
function placeholderAliases(element: Element): Map<string, string> {
  return new Map(
    (element.parameters ?? [])
      .filter(({ type, vendorType }) => type === 'configuration' && vendorType === 'path')
      .map(({ name, vendorName }) => [vendorName.replace(/^:/, ''), name]),
  )
}

/** Absolute vendor paths; only their beginning up to the path counts, so that a path's placeholders do not matter. */
function declaredAddresses(element: Element): string[] {
  return element.resources.flatMap(
    ({ vendorPath }) => /^https?:\/\/(?:\{[^}]*\}|[^/?#{])+/i.exec(vendorPath ?? '')?.[0] ?? [],
  )
}

function addressHosts(addresses: readonly string[]): string[] {
  return addresses.flatMap((address) => URL.parse(address)?.host ?? [])
}

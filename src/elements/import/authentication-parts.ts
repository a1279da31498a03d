import { parameter } from '../expand-resources.ts'
import type { Manifest, ManifestConfigurationRow } from '../manifest.ts'
import { configured } from './template-text.ts'
import type { Addition } from './vendor-api.ts'

/** What one way of proving who calls adds to an element. */
export interface Authentication extends Addition {
  authentication: Manifest['authentication']
}

export const none = (type: Manifest['authentication']['type']): Authentication => ({
  authentication: { type },
  configuration: [],
  parameters: [],
  resources: [],
})

export const secret = (key: string, name: string, description: string): ManifestConfigurationRow => ({
  key,
  name,
  description,
  type: 'PASSWORD',
  required: true,
})

export const basicHeader = (id: string, password: string) => `Basic CE.b64(${configured(id)}:${configured(password)})`
export const header = (name: string, template: string) => parameter('value', template, 'header', name)

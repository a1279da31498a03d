import { ValenceError } from '../../errors.ts'
import type { Api, SwaggerOperation, SwaggerParameter } from './swagger.ts'
import { operationsOf } from './swagger.ts'

/** Where calls of a document go (spec 23 §A1, §A2). */
export interface Frame {
  /** with the port, if it is not the usual one */
  host: string
  basePath: string
  schemes: readonly string[]
}

/** As spec 23 §A1 names them. */
export interface FrameQuery {
  baseUrl?: string | undefined
  provider?: string | undefined
}

export interface FrameSettings {
  /** of the hub, without a trailing slash */
  publicUrl: string
  /** `/elements/api-v2` */
  apiPrefix: string
  /** host of the gateway that `provider=aws` names; empty when the hub has none in front of it */
  gatewayHost: string
}

/** @throws ValenceError PARAMETER_INVALID for a base URL that is none */
export function frameOf(
  { baseUrl, provider }: FrameQuery,
  { publicUrl, apiPrefix, gatewayHost }: FrameSettings,
): Frame {
  const url = baseUrl === undefined || baseUrl === '' ? new URL(publicUrl) : readUrl(baseUrl)
  const below = url.pathname.replace(/\/+$/, '')
  const isWhole = below.endsWith(apiPrefix)
  if (isAws(provider) && gatewayHost !== '') return { host: gatewayHost, basePath: '/', schemes: ['https'] }
  return { host: url.host, basePath: isWhole ? below : below + apiPrefix, schemes: [url.protocol.slice(0, -1)] }
}

export function isAws(provider: string | undefined): boolean {
  return provider?.toLowerCase() === 'aws'
}

const API_KEY: SwaggerParameter = {
  name: 'x-api-key',
  in: 'header',
  description: 'Key of the gateway',
  type: 'string',
  required: true,
}

/** Every operation with the key of the gateway, second (spec 23 §A1). */
export function withApiKey(api: Api): Api {
  const paths: Record<string, Record<string, SwaggerOperation>> = Object.create(null)
  for (const { path, method, operation } of operationsOf(api)) {
    const [first, ...rest] = operation.parameters
    const parameters = first ? [first, API_KEY, ...rest] : [API_KEY]
    paths[path] = { ...paths[path], [method]: { ...operation, parameters } }
  }
  return { ...api, paths: { ...paths } }
}

function readUrl(text: string): URL {
  const whole = text.includes('://') ? text : `https://${text}`
  const url = URL.parse(whole)
  if (!url || !/^https?:$/.test(url.protocol) || url.host === '')
    throw new ValenceError(
      'PARAMETER_INVALID',
      `baseUrl: "${text}" is no address; give one like https://api.example.com`,
    )
  return url
}

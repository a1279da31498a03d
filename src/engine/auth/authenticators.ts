import type { Element } from '../../model/element.ts'
import type { Configuration } from '../../model/instance.ts'
import { authenticationTypeOf } from '../authentication-type.ts'
import type { Authenticator } from './authenticator.ts'
import { awsV2 } from './aws-v2.ts'
import { awsV4 } from './aws-v4.ts'
import { basic } from './basic.ts'
import { bearer } from './bearer.ts'
import { oauth1 } from './oauth1.ts'

/** By `authentication.type` in lower case; a new scheme is one file beside this one and one row here. */
export const authenticators: Record<string, Authenticator> = {
  oauth2: bearer,
  oauth2password: bearer,
  basic,
  oauth1,
  awsv2: awsV2,
  awsv4: awsV4,
  // only configuration, parameters and hooks: nothing is added
  apikey: {},
  custom: {},
}

/** Of the element's type, or of the one chosen on an element with several; a type that is unknown adds nothing. */
export function authenticatorOf(element: Pick<Element, 'authentication'>, configuration: Configuration): Authenticator {
  const name = authenticationTypeOf(element, configuration)
  return (Object.hasOwn(authenticators, name) ? authenticators[name] : undefined) ?? {}
}

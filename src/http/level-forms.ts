import Type, { type TProperties } from 'typebox'
import type { Place } from '../resources/level-at.ts'
import type { Request } from './app.ts'
import type { Identify } from './identify.ts'
import { ACCOUNT_ID, ELEMENT, INSTANCE_ID } from './openapi/common-parameters.ts'
import { idOf } from './query.ts'

/** One way to say whose level a path of the classic endpoints is about (spec 20 §3). */
export interface LevelForm {
  prefix: string
  params: TProperties
  /** for summaries */
  whose: string
  /** dictionaries are made and removed here as a whole */
  takesDictionaries: boolean
  /** about the instance of the Element token */
  ofInstance?: true
  placeOf(request: Request): Place | Promise<Place>
}

/** The five forms `{L}` of spec 20 §3. */
export function levelForms(identify: Identify): LevelForm[] {
  const dictionaries = { takesDictionaries: true }
  const single = { takesDictionaries: false }
  return [
    {
      ...dictionaries,
      prefix: '/organizations',
      params: {},
      whose: 'the organization',
      placeOf: () => ({ level: 'organization' }),
    },
    {
      ...dictionaries,
      prefix: '/accounts',
      params: {},
      whose: 'the own account',
      placeOf: () => ({ level: 'account' }),
    },
    {
      ...dictionaries,
      prefix: '/accounts/:id',
      params: { id: ACCOUNT_ID },
      whose: 'an account',
      placeOf: (request) => ({ level: 'account', accountId: idOf(param(request, 'id')) }),
    },
    {
      ...single,
      prefix: '/instances/:id',
      params: { id: INSTANCE_ID },
      whose: 'an instance',
      placeOf: (request) => ({ level: 'instance', instanceId: idOf(param(request, 'id')) }),
    },
    {
      ...single,
      prefix: '/instances',
      params: {},
      whose: 'this instance',
      ofInstance: true,
      async placeOf(request) {
        const { instance } = await identify.callerWithInstance(request)
        return { level: 'instance', instanceId: instance.id }
      },
    },
  ]
}

/** Path parameters of a form and of what is below it. */
export function paramsOf({ params }: LevelForm, below: TProperties = {}) {
  return Type.Object({ ...params, ...below })
}

export function param(request: Request, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? ''
}

export const OBJECT_NAME = Type.String({ description: 'Name of the common resource' })
export const KEY_OR_ID = ELEMENT

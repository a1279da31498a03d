import Type from 'typebox'
import { InstanceBody, SlimInstance } from '../../instances/instance-body.ts'
import { InstanceRequest } from '../../instances/provision-request.ts'
import { PAGING } from './common-parameters.ts'
import { arrayOf, flag, openBody, query, texts, uncheckedBody } from './describe-route.ts'

/** What the routes of instances have in common, whichever way an instance is named. */
export const ROW = Type.String({ description: 'Id or key of the configuration value' })

const filter = {
  ...PAGING,
  'tags[]': texts('Tags that an instance must have, all of them'),
  searchText: Type.String({ description: 'Part of the name or of the key of the element, in any case' }),
  hydrate: flag('`false` answers short objects'),
}
export const InstanceFilter = query({ ...filter, 'elementKeys[]': texts('Keys or ids of elements, any of them') })
export const ElementInstanceFilter = query(filter)
export const InstanceList = arrayOf(Type.Union([InstanceBody, SlimInstance]))
export const NO_MATCH = 'Of the own account, by id. 404 when there is none.'

/** Members are read and explained by `instances/provision.ts`; unknown ones are ignored (spec 10 §4.3). */
export const Provision = openBody(InstanceRequest)
export const UPDATE =
  'Members that are left out stay. New credentials or another element take the way of provisioning again; id and token stay.'
export const DELETION = 'Its token is worthless at once; what the vendor answers to the clean-up changes nothing.'

export const Value = openBody(
  Type.Object({
    propertyValue: Type.Unknown({ description: 'Text, a number or a switch; null brings the default back' }),
  }),
)

const minutes = Type.Integer({ description: 'Minutes, 30 when absent, at most a day' })
export const Duration = uncheckedBody({ 'application/json': Type.Object({ duration: minutes }) }, { required: false })

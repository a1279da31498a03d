import Type from 'typebox'
import { INTERVALS } from '../model/buckets.ts'
import { texts } from './openapi/describe-route.ts'

/** Parameters that the usage log, what is summed up of it, and metrics have in common. */
export const RANGE = {
  from: Type.String({ description: 'ISO 8601, or a date alone, which is its midnight in UTC' }),
  to: Type.String({ description: 'The same; inclusive' }),
}

export const INTERVAL = {
  interval: Type.Enum([...INTERVALS], { description: 'Length of a row; chosen by the range when absent' }),
}

export const ACCOUNT_IDS = texts('Ids of accounts; 403 for one whose calls are not yours to see')

export const VISIBLE =
  'With the privilege `viewLogsOrg` calls of the whole organization, with `viewLogsAccount` of the own account, otherwise one’s own.'

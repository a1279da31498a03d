import Type, { type Static } from 'typebox'
import { IsoSeconds, isoSeconds } from '../../model/iso-seconds.ts'
import type { FormulaContext } from '../context.ts'
import type { FormulaInstanceRow, FormulaRow } from '../formula-table.ts'
import { isLogging } from '../templates/debug-logging.ts'
import { openValues } from './open-instance.ts'

/** An instance as the API shows it (spec 30 §3). */
export const FormulaInstanceBody = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    formula: Type.Object({
      id: Type.Integer(),
      name: Type.String(),
      active: Type.Boolean(),
      engine: Type.Optional(Type.Enum(['v1', 'v3'])),
      singleThreaded: Type.Boolean(),
      debugLoggingEnabled: Type.Boolean({ description: 'Whether steps of its executions are kept' }),
    }),
    userId: Type.Integer({ description: 'Of its owner, in whose name it acts' }),
    accountId: Type.Integer(),
    active: Type.Boolean({ description: 'It runs when its formula is active as well' }),
    singleThreaded: Type.Optional(Type.Boolean({ description: 'Absent: as its formula says' })),
    configuration: Type.Record(Type.String(), Type.String(), {
      description:
        'By key of a variable of the formula; element instances by their id. Keys that it does not have are kept',
    }),
    settings: Type.Record(Type.String(), Type.Unknown(), {
      description:
        '`notification.email` and `notification.webhook.url` are told of failed executions; `api`, such as `GET /my-uri`, makes it a resource; `formula.instance.time.to.live` is the number of seconds after which it is deleted',
    }),
    numberConsecutiveErrors: Type.Integer({ description: 'Executions that failed since the last one that did not' }),
    firstConsecutiveErrorDate: Type.Optional(IsoSeconds),
    numberConsecutiveErrorWarningNotifications: Type.Integer({ description: 'How often its owner was warned' }),
    createdDate: IsoSeconds,
    updatedDate: IsoSeconds,
  },
  { title: 'FormulaInstance' },
)
export type FormulaInstanceBody = Static<typeof FormulaInstanceBody>

/** What an answer says of the formula of an instance. */
export type ShownFormula = Pick<
  FormulaRow,
  'id' | 'name' | 'active' | 'engine' | 'single_threaded' | 'debug_logging_enabled' | 'debug_logging_expires'
>

export function toFormulaInstanceBody(
  { store, now }: Pick<FormulaContext, 'store' | 'now'>,
  row: FormulaInstanceRow,
  formula: ShownFormula,
): FormulaInstanceBody {
  const { configuration, settings } = openValues(store, row)
  return {
    id: row.id,
    name: row.name,
    formula: {
      id: formula.id,
      name: formula.name,
      active: formula.active,
      ...(formula.engine === null ? {} : { engine: formula.engine }),
      singleThreaded: formula.single_threaded,
      debugLoggingEnabled: isLogging(formula, now()),
    },
    userId: row.user_id,
    accountId: row.account_id,
    active: row.active,
    ...(row.single_threaded === null ? {} : { singleThreaded: row.single_threaded }),
    configuration: Object.fromEntries(Object.entries(configuration).map(([key, value]) => [key, String(value)])),
    settings,
    numberConsecutiveErrors: row.consecutive_errors,
    ...(row.first_error_at ? { firstConsecutiveErrorDate: isoSeconds(row.first_error_at) } : {}),
    numberConsecutiveErrorWarningNotifications: row.error_warnings,
    createdDate: isoSeconds(row.created_at),
    updatedDate: isoSeconds(row.updated_at),
  }
}

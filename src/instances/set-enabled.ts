import type { Caller } from '../model/account.ts'
import { changeRow } from './change-row.ts'
import type { InstanceContext } from './context.ts'

/** `PUT` and `DELETE …/enabled` (spec 10 §4.2): a disabled instance answers 403 to resource calls. */
export function setEnabled(context: InstanceContext, caller: Caller, id: number, isEnabled: boolean): Promise<void> {
  return changeRow(context, caller, id, isEnabled ? 'enable' : 'disable', { disabled: !isEnabled })
}

import type { FormulaInstanceValues } from '../../model/formula.ts'
import { contextOf } from '../../store/cipher.ts'
import type { Store } from '../../store/database.ts'
import type { FormulaInstanceRow } from '../formula-table.ts'

/** What an instance gives to the variables of its formula, and its settings; they are stored sealed, because there may be secrets among them. */
export function openValues(
  { cipher }: Pick<Store, 'cipher'>,
  { id, sealed }: Pick<FormulaInstanceRow, 'id' | 'sealed'>,
): FormulaInstanceValues {
  return JSON.parse(cipher.open(sealed, valuesContext(id))) as FormulaInstanceValues
}

/** @param id of the instance: what is sealed opens nowhere else */
export function sealValues({ cipher }: Pick<Store, 'cipher'>, id: number, values: FormulaInstanceValues): string {
  return cipher.seal(JSON.stringify(values), valuesContext(id))
}

function valuesContext(id: number): string {
  return contextOf('formula_instances', 'sealed', id)
}

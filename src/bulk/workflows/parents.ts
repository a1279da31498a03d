import { ValenceError } from '../../errors.ts'

/**
 * Which step each step waits for (`parentObjectName`): the first other one with that object.
 *
 * @returns their places in the list; undefined for one that waits for none
 * @throws ValenceError BODY_INVALID for a parent that is no step, or steps that wait for each other
 */
export function parentsOf(
  steps: readonly { objectName: string; parentObjectName: string | undefined }[],
): (number | undefined)[] {
  const parents = steps.map(({ parentObjectName }, place) => {
    if (parentObjectName === undefined) return undefined
    const parent = steps.findIndex(
      ({ objectName }, other) => other !== place && objectName.toLowerCase() === parentObjectName.toLowerCase(),
    )
    if (parent >= 0) return parent
    const shown = parentObjectName.slice(0, 100)
    throw new ValenceError('BODY_INVALID', `[${place}].parentObjectName: no other job has the objectName "${shown}"`)
  })
  parents.forEach((_, place) => {
    let above: number | undefined = place
    for (let steps = 0; above !== undefined; steps++) {
      if (steps > parents.length) {
        throw new ValenceError('BODY_INVALID', `[${place}].parentObjectName: these jobs would wait for each other`)
      }
      above = parents[above]
    }
  })
  return parents
}

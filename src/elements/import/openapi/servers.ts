import { isObject, listOf, objectOf, scalarText, textOf } from '../json-value.ts'
import type { Server } from '../vendor-api.ts'

/** `servers` of a document, a path or an operation. */
export function serversOf(value: unknown): Server[] {
  return listOf(value)
    .filter(isObject)
    .filter(({ url }) => typeof url === 'string')
    .map(({ url, variables }) => ({
      url: String(url),
      variables: Object.fromEntries(
        Object.entries(objectOf(variables)).map(([name, variable]) => {
          const { default: given, enum: choices, description } = objectOf(variable)
          const value = given === '' ? '' : scalarText(given)
          return [
            name,
            {
              ...(value === undefined ? {} : { default: value }),
              choices: listOf(choices).flatMap((choice) => scalarText(choice) ?? []),
              ...(textOf(description) === undefined ? {} : { description: textOf(description) }),
            },
          ]
        }),
      ),
    }))
}

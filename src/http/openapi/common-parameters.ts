import Type from 'typebox'
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../../engine/paging/page.ts'

/** Of every list of the platform (spec 00 §8). */
export const PAGING = {
  pageSize: Type.Integer({
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    default: DEFAULT_PAGE_SIZE,
    description: 'Items a page',
  }),
  page: Type.Integer({ minimum: 1, description: 'Number of the page, from 1; `nextPage` is the surer way' }),
  nextPage: Type.String({
    description:
      '`Elements-Next-Page-Token` of the previous answer. It carries the filter, which may be left out or must be the same',
  }),
}

export const OFFSET = Type.Integer({ minimum: 0, default: 0, description: 'How many to leave out' })

export const WHERE = Type.String({
  description: "Condition in CEQL, without the word WHERE: `hub='crm' AND private='false'`",
})

export const ABRIDGED = Type.Boolean({
  description: '`true` answers short objects, without configuration, resources and other lists',
})

export const INCLUDE_INACTIVE = Type.Boolean({ description: '`true` shows inactive ones as well' })

/** Members of path parameters. */
export const ELEMENT = Type.String({ description: 'Key or id of the element' })
export const INSTANCE_ID = Type.String({ description: 'Id of the instance' })
export const USER_ID = Type.String({ description: 'Id of the user' })
export const ORGANIZATION_ID = Type.String({ description: 'Id of the organization' })
export const FORMULA_ID = Type.String({ description: 'Id of the formula' })
export const FORMULA_INSTANCE_ID = Type.String({ description: 'Id of the formula instance' })
export const EXECUTION_ID = Type.String({ description: 'Id of the execution' })
export const ACCOUNT_ID = Type.String({ description: 'Id of the account' })

export const ElementParams = Type.Object({ keyOrId: ELEMENT })

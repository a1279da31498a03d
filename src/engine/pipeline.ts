import type { Step } from './ports.ts'
import { addCredentials } from './steps/add-credentials.ts'
import { applyParameters } from './steps/apply-parameters.ts'
import { buildRequest } from './steps/build-request.ts'
import { capture } from './steps/capture.ts'
import { chooseFields } from './steps/choose-fields.ts'
import { choosePage } from './steps/choose-page.ts'
import { chooseRowFilter } from './steps/choose-row-filter.ts'
import { chooseSearch } from './steps/choose-search.ts'
import { extractRoot } from './steps/extract-root.ts'
import { filterRows } from './steps/filter-rows.ts'
import { finishRequest } from './steps/finish-request.ts'
import { freshenCredentials } from './steps/freshen-credentials.ts'
import { guardCredentials } from './steps/guard-credentials.ts'
import { matchResource } from './steps/match-resource.ts'
import { readNextPage } from './steps/read-next-page.ts'
import { readUpload } from './steps/read-upload.ts'
import { resolveCommonResource } from './steps/resolve-common-resource.ts'
import { resumePage } from './steps/resume-page.ts'
import { runGlobalPostHook } from './steps/run-global-post-hook.ts'
import { runPreHooks } from './steps/run-pre-hooks.ts'
import { runResourcePostHook } from './steps/run-resource-post-hook.ts'
import { send } from './steps/send.ts'
import { shapeReply } from './steps/shape-reply.ts'
import { signRequest } from './steps/sign-request.ts'
import { transformReply } from './steps/transform-reply.ts'
import { transformRequest } from './steps/transform-request.ts'
import { translateQuery } from './steps/translate-query.ts'
import { translateStatement } from './steps/translate-statement.ts'
import { translateWhere } from './steps/translate-where.ts'

/**
 * The life of a hub call, top to bottom in the order things happen; each entry is a file of the same name in `steps/`.
 * `run.ts` walks the lists.
 */
export const opening: readonly Step[] = [
  resolveCommonResource, //  a common resource's name becomes the element's resource
  matchResource, //          which resource of the element answers this method and path
  resumePage, //             a nextPage token brings back the query it was issued for
  translateStatement, //     a select statement about a common resource becomes one about the vendor's object
  translateQuery, //         where, fields and orderBy in common names become the vendor's
  chooseSearch, //           a list with a where may have another resource that answers it
  chooseFields, //           the element's default fields, where the caller names none
  freshenCredentials, //     tokens are renewed before they expire
  transformRequest, //       the common resource's fields become the vendor's
]

/** Once per resource: `nextResource` makes a chain of up to five, and lifecycle resources run only this. */
export const asking: readonly Step[] = [
  applyParameters, //        the caller's names and places become the vendor's
  translateWhere, //         CEQL becomes the vendor's own filter
  chooseRowFilter, //        or, where asked for, ours when the vendor has none
  choosePage, //             pageSize and nextPage become the vendor's paging
  buildRequest, //           base, path, headers and body, as hooks are to see them
  readUpload, //             a file that hooks or the vendor want as text
  addCredentials, //         before hooks: a hook may remove a header again
  runPreHooks, //            global, then resource; `continue: false` skips what follows up to the answer
]
export const calling: readonly Step[] = [
  finishRequest, //          address and body are written out
  guardCredentials, //       only to hosts that may have them
  signRequest, //            after hooks: a signature covers the final request
  send, //                   the only step that opens a socket
]
export const answering: readonly Step[] = [
  capture, //                response parameters become configuration
  runGlobalPostHook, //      sees the whole body
  extractRoot, //            the part of the body below the root key
  runResourcePostHook, //    sees that part; its answer may have the root again
  readNextPage, //           where the next page is
]

export const closing: readonly Step[] = [
  transformReply, //         the vendor's fields become the common resource's
  filterRows, //             a where that the vendor could not answer
  shapeReply, //             nulls and unasked fields go, a vendor error becomes ours
]

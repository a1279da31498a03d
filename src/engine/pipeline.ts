import type { Step } from './ports.ts'
import { addCredentials } from './steps/add-credentials.ts'
import { applyParameters } from './steps/apply-parameters.ts'
import { buildRequest } from './steps/build-request.ts'
import { choosePage } from './steps/choose-page.ts'
import { extractRoot } from './steps/extract-root.ts'
import { freshenCredentials } from './steps/freshen-credentials.ts'
import { matchResource } from './steps/match-resource.ts'
import { readNextPage } from './steps/read-next-page.ts'
import { resumePage } from './steps/resume-page.ts'
import { send } from './steps/send.ts'
import { shapeReply } from './steps/shape-reply.ts'
import { signRequest } from './steps/sign-request.ts'
import { translateWhere } from './steps/translate-where.ts'

/**
 * The life of a hub call, top to bottom in the order things happen; each entry is a file of the same name in `steps/`.
 * The places of what is not built yet are marked; until then `compile` marks elements that need it as not executable.
 */
export const pipeline: readonly Step[] = [
  // resolveCommonResource: a common resource's name becomes the element's resource
  matchResource, //          which resource of the element answers this method and path
  resumePage, //             a nextPage token brings back the query it was issued for
  freshenCredentials, //     tokens are renewed before they expire
  // transformRequest: the common resource's fields become the vendor's
  applyParameters, //        the caller's names and places become the vendor's
  translateWhere, //         CEQL becomes the vendor's own filter
  choosePage, //             pageSize and nextPage become the vendor's paging
  buildRequest, //           address, query and body are written out
  addCredentials, //         before hooks: a hook may remove a header again
  // runPreHooks: global, then resource
  signRequest, //            after hooks: a signature covers the final request
  send, //                   the only step that opens a socket
  // capture: response parameters become configuration
  // runGlobalPostHook
  extractRoot, //            the part of the body below the root key
  // runResourcePostHook, then extractRoot once more for what the hook answered
  readNextPage, //           where the next page is
  // transformReply: the vendor's fields become the common resource's
  shapeReply, //             nulls and unasked fields go, a vendor error becomes ours
]

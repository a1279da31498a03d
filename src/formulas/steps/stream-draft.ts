import { CHAIN_HEADER } from '../triggers/chain.ts'
import { fillMembers, fillRequiredText, fillText } from './fill-text.ts'
import { fillInstanceId } from './instance-id.ts'
import { withPrefix } from './platform-way.ts'
import { headerTexts, maskedCredentials, maskedHeaders, platformHeaders, withHeaders } from './request-headers.ts'
import { fillTarget } from './request-target.ts'
import type { StepCall } from './step.ts'

/** One of the two calls of a stream. */
export interface StreamSide {
  instanceId: number
  method: string
  /** without its query, for names of files */
  address: string
  path: string
  query: Record<string, string | string[]>
  headers: Record<string, string>
  /** what is kept of it (spec 31 §3.5) */
  shown: Record<string, unknown>
}

export interface StreamDraft {
  download: StreamSide
  upload: StreamSide
  /** the part that is sent before the file */
  field: { name: string; value: string } | undefined
}

/** What bulk uploads call theirs (spec 22 §5). */
const DEFAULT_FIELD = 'metaData'

/** @throws StepFailure */
export async function fillStream(call: StepCall): Promise<StreamDraft> {
  const download = await fillSide(call, 'download')
  const upload = await fillSide(call, 'upload')
  const field = await fillField(call)
  if (field === undefined) return { download, upload, field }
  const { name, value } = field
  const shown = call.execution.engine === 'v1' ? { [name]: value } : { form: { [name]: value } }
  return { download, upload: { ...upload, shown: { ...upload.shown, ...shown } }, field }
}

async function fillSide(call: StepCall, side: 'download' | 'upload'): Promise<StreamSide> {
  const instanceId = await fillInstanceId(call, `${side}ElementInstanceId`)
  const method = (await fillRequiredText(call, `${side}Method`)).trim().toUpperCase()
  const { address, inline, query, whole } = await fillTarget(call, `${side}Api`, `${side}Query`)
  const headers = headerTexts((await fillMembers(call, `${side}Headers`)) ?? {})
  const added = platformHeaders(call, 0)
  return {
    ...{ instanceId, method, address, query },
    path: inline === '' ? address : `${address}?${inline}`,
    headers: withHeaders(headers, { ...added, [CHAIN_HEADER]: String(call.execution.chain + 1) }),
    shown: {
      ...{ uri: withPrefix(address), method },
      headers: withHeaders(maskedHeaders(headers), { ...added, ...maskedCredentials(true) }),
      query: structuredClone(whole),
    },
  }
}

/** A text is sent as it is, anything else as JSON. */
async function fillField(call: StepCall): Promise<StreamDraft['field']> {
  const value = await call.fill('uploadFormData')
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return undefined
  const name = (await fillText(call, 'uploadFormDataName'))?.trim() ?? DEFAULT_FIELD
  return { name, value: typeof value === 'string' ? value : JSON.stringify(value) }
}

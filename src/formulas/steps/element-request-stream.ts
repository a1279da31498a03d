import { Readable } from 'node:stream'
import { encodeMultipart, type OutgoingPart } from '../../engine/body/multipart.ts'
import type { PlatformStream } from '../../model/platform-call.ts'
import { whenAborted } from '../../model/when-aborted.ts'
import type { FormulaContext } from '../context.ts'
import type { StepOutcome } from '../executions/outcome.ts'
import { mayRepeat } from './effects.ts'
import { formBoundary } from './request-body.ts'
import { withHeaders } from './request-headers.ts'
import { fileNameOf, type RequestAnswer, type ResponseValue, responseValue } from './response-value.ts'
import type { StepCall, StepKind } from './step.ts'
import { failed, StepFailure, succeeded, textOfFailure } from './step-failure.ts'
import { fillStream, type StreamDraft, type StreamSide } from './stream-draft.ts'

/**
 * A file from one element instance to another, which nobody holds: what the download answers is sent on as it comes, as a file in a form (spec 31
 * §3.5). Without a download nothing is sent; when one side fails, the other one ends.
 */
export const ELEMENT_REQUEST_STREAM: StepKind = {
  hasEffect: () => true,
  mayRepeat: ({ properties }) => mayRepeat(properties, properties['uploadMethod']),
  required: [
    'downloadElementInstanceId',
    'downloadMethod',
    'downloadApi',
    'uploadElementInstanceId',
    'uploadMethod',
    'uploadApi',
  ],
  async run(context, call) {
    const draft = await fillStream(call).catch((error: unknown) => failed(textOfFailure(error, call.signal)))
    if ('status' in draft) return draft
    const end = limited(call.signal, context.limits.streamMs)
    try {
      return await streamFile(context, { ...call, signal: end.signal }, draft)
    } finally {
      end.release()
    }
  },
}

const MAX_ANSWER_BYTES = 5 * 1024 * 1024

async function streamFile(context: FormulaContext, call: StepCall, draft: StreamDraft): Promise<StepOutcome> {
  const value: Record<string, unknown> = { download: { request: draft.download.shown } }
  let file: PlatformStream | undefined
  try {
    file = await open(context, call, draft.download)
    if (!isSuccess(file.status)) {
      const response = responseValue(await readAnswer(file), draft.download.address)
      return failed(undefined, { download: { request: draft.download.shown, response } })
    }
    const { status: code, headers } = file
    value['download'] = { request: draft.download.shown, response: { code, headers } satisfies ResponseValue }
    value['upload'] = { request: draft.upload.shown }
    const answer = await readAnswer(await send(context, call, draft, file))
    value['upload'] = { request: draft.upload.shown, response: responseValue(answer, draft.upload.address) }
    return isSuccess(answer.status) ? succeeded(value) : failed(undefined, value)
  } catch (error) {
    return failed(textOfEnd(error, call.signal), value)
  } finally {
    file?.body.destroy()
  }
}

/** A limit that is reached is the step's own affair, any other end of its signal is not. */
function textOfEnd(error: unknown, signal: AbortSignal): string {
  return signal.reason instanceof StepFailure ? signal.reason.message : textOfFailure(error, signal)
}

function open({ streamPlatform }: FormulaContext, { execution, signal }: StepCall, side: StreamSide) {
  const { instanceId, method, path, query, headers } = side
  return streamPlatform(execution.owner, instanceId, { method, path, query, headers, depth: execution.depth, signal })
}

async function send(
  context: FormulaContext,
  call: StepCall,
  { download, upload, field }: StreamDraft,
  file: PlatformStream,
): Promise<PlatformStream> {
  const { streamPlatform, limits } = context
  const type = file.headers['content-type']
  const parts: OutgoingPart[] = [
    ...(field === undefined ? [] : [field]),
    {
      name: 'file',
      fileName: fileNameOf(file.headers, download.address),
      open: () => Readable.from(counted(file.body, limits.streamBytes), { objectMode: false }),
      ...(type === undefined ? {} : { contentType: type }),
    },
  ]
  const form = encodeMultipart(parts, formBoundary())
  const { instanceId, method, path, query, headers } = upload
  const { owner, depth } = call.execution
  return streamPlatform(owner, instanceId, {
    ...{ method, path, query, depth, signal: call.signal },
    headers: withHeaders(headers, { 'Content-Type': form.contentType }),
    body: form.open(),
  })
}

/** @throws StepFailure when it breaks off, or is longer than a stream may be */
async function* counted(body: Readable, mostBytes: number): AsyncGenerator<Buffer> {
  let sizeBytes = 0
  for await (const chunk of pieces(body, 'the download broke off before its end')) {
    sizeBytes += chunk.length
    if (sizeBytes > mostBytes)
      throw new StepFailure(`the file is longer than the ${mostBytes} bytes that a stream may have`)
    yield chunk
  }
}

async function* pieces(body: Readable, why: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer
  } catch (cause) {
    throw new StepFailure(why, { cause })
  }
}

/** @throws StepFailure when it breaks off, or is too long to be a value */
async function readAnswer({ status, headers, body }: PlatformStream): Promise<RequestAnswer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of pieces(body, 'the answer broke off before its end')) {
    chunks.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes > MAX_ANSWER_BYTES)
      throw new StepFailure(`the answer is longer than the ${MAX_ANSWER_BYTES} bytes that are read`)
  }
  return { status, headers, bytes: Buffer.concat(chunks), isCut: false }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}

/** Ends with the signal of the step, and when the time is over. */
function limited(signal: AbortSignal, ms: number): { signal: AbortSignal; release(): void } {
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(new StepFailure(`the stream was not over within ${ms / 1000} s`)), ms)
  const letGo = whenAborted(signal, () => end.abort(signal.reason))
  return {
    signal: end.signal,
    release() {
      clearTimeout(timer)
      letGo()
    },
  }
}

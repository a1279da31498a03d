/**
 * What travels between the hub and a runner: a small JSON head and one long text that neither side escapes or parses.
 * Layout: bytes of the head, bytes of the text (both 32 bit, little endian), head, text; UTF-8.
 */
export interface Frame {
  head: unknown
  text: string
}

const PREFIX_BYTES = 8

export function encodeFrame(head: object, text = ''): Buffer {
  const headText = JSON.stringify(head)
  const headBytes = Buffer.byteLength(headText)
  const textBytes = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + headBytes + textBytes)
  frame.writeUInt32LE(headBytes, 0)
  frame.writeUInt32LE(textBytes, 4)
  frame.write(headText, PREFIX_BYTES, 'utf8')
  frame.write(text, PREFIX_BYTES + headBytes, 'utf8')
  return frame
}

export interface FrameLimits {
  /** of the head, which is parsed at once */
  headBytes: number
  textBytes: number
}

/**
 * @returns takes what arrived and gives the frames that are complete; throws when it cannot be a frame
 */
export function createFrameReader(limits: FrameLimits): (chunk: Buffer) => Frame[] {
  let chunks: Buffer[] = []
  let held = 0
  let needed = PREFIX_BYTES

  const takeAll = (): Buffer => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, held))

  return (chunk) => {
    chunks.push(chunk)
    held += chunk.length
    const frames: Frame[] = []
    while (held >= needed) {
      const bytes = takeAll()
      const headBytes = bytes.readUInt32LE(0)
      const textBytes = bytes.readUInt32LE(4)
      if (headBytes > limits.headBytes || textBytes > limits.textBytes) {
        throw new Error(`a frame of ${headBytes} and ${textBytes} bytes is too large`)
      }
      const size = PREFIX_BYTES + headBytes + textBytes
      chunks = [bytes]
      needed = size
      if (held < size) break
      frames.push({
        head: JSON.parse(bytes.toString('utf8', PREFIX_BYTES, PREFIX_BYTES + headBytes)),
        text: bytes.toString('utf8', PREFIX_BYTES + headBytes, size),
      })
      chunks = held > size ? [bytes.subarray(size)] : []
      held -= size
      needed = PREFIX_BYTES
    }
    return frames
  }
}

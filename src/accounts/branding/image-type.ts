/**
 * What kind of image bytes are, by how they begin; what a sender calls them says nothing. SVG is none of them: it is a document with
 * scripts, and whoever uploads a logo would speak in the name of the hub.
 *
 * @returns a media type, undefined for anything else
 */
export function imageTypeOf(bytes: Buffer): string | undefined {
  return SIGNATURES.find(([signature]) => signature.every(([at, hex]) => holds(bytes, at, hex)))?.[1]
}

const SIGNATURES: [signature: [at: number, hex: string][], type: string][] = [
  [[[0, '89504e470d0a1a0a']], 'image/png'],
  [[[0, 'ffd8ff']], 'image/jpeg'],
  [[[0, '474946383761']], 'image/gif'],
  [[[0, '474946383961']], 'image/gif'],
  [[[0, '00000100']], 'image/x-icon'],
  [
    [
      [0, '52494646'],
      [8, '57454250'],
    ],
    'image/webp',
  ],
]

function holds(bytes: Buffer, at: number, hex: string): boolean {
  return bytes.subarray(at, at + hex.length / 2).toString('hex') === hex
}

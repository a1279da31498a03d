import { expect, test } from 'vitest'
import { codeChallenge, codeVerifier } from './pkce.ts'

// RFC 7636, appendix B
test('the published example', () => {
  const random = [
    116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
    88, 5, 88, 83, 132, 141, 121,
  ]
  const verifier = codeVerifier(Uint8Array.from(random))
  expect(verifier).toBe('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  expect(codeChallenge(verifier)).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
})

test('as long as the standard allows, of its characters', () => {
  for (const [bytes, characters] of [
    [32, 43],
    [96, 128],
  ] as const) {
    expect(codeVerifier(new Uint8Array(bytes).fill(255))).toMatch(new RegExp(`^[A-Za-z0-9_-]{${characters}}$`))
  }
})

test('too little or too much chance is refused', () => {
  for (const bytes of [0, 31, 97]) expect(() => codeVerifier(new Uint8Array(bytes))).toThrow(RangeError)
})

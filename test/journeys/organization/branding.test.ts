import { describe, expect, test } from 'vitest'
import { expectError, expectOk } from '../../support/expect-answer.ts'
import { useStage, type Who } from './cast.ts'

/** How an organization looks to its users (spec 50 §9). */
const { stage, as } = useStage()

describe('branding (§9)', () => {
  const ask = () => as('admin')
  const COLORS = [
    'headerColor bodyColor themePrimaryColor themeSecondaryColor themeHighlightColor buttonPrimaryBackgroundColor',
    'buttonPrimaryTextColor buttonSecondaryBackgroundColor buttonSecondaryTextColor buttonDeleteBackgroundColor',
    'buttonDeleteTextColor logoBackgroundColor topBarBackgroundColor navigationBackgroundColor contextBackgroundColor',
  ].flatMap((line) => line.split(' '))
  const BRANDING: Record<string, unknown> = {
    headerFont: 'Arial',
    bodyFont: 'Georgia',
    ...Object.fromEntries(COLORS.map((name, at) => [name, at % 2 === 0 ? '#0af' : '#00AAff'])),
  }
  const put = (body: unknown) => ask()('PUT', '/organizations/branding', body)

  test('has seventeen required members', async () => {
    expect(Object.keys(BRANDING)).toHaveLength(17)
    for (const name of Object.keys(BRANDING)) {
      const { [name]: _left, ...rest } = BRANDING
      const { body } = expectError(await put(rest), 400)
      expect(body.message).toContain('Branding missing required field(s)')
      expect(body.message).toContain(name)
    }
  })

  for (const value of ['red', '#12345', '#ggg', '0af', '#00aaff80', 5, 'url(javascript:alert(1))']) {
    test(`${value} is no color`, async () => {
      const { body } = expectError(await put({ ...BRANDING, bodyColor: value }), 400)
      expect(body.message).toContain('Branding contains invalid field(s)')
      expect(body.message).toContain('bodyColor')
    })
  }

  test('is stored, replaced, shown to every user, and removed', async () => {
    expect(
      expectOk(await put({ ...BRANDING, navigationWidth: '200', tableBodyForeground: '#fff' })).body,
    ).toMatchObject({
      ...BRANDING,
      navigationWidth: '200',
      tableBodyForeground: '#fff',
    })
    expect(expectOk(await put({ ...BRANDING, headerFont: 'Helvetica' })).body.headerFont).toBe('Helvetica')
    for (const who of ['admin', 'accountAdmin', 'office', 'easterner'] as const)
      expect(expectOk(await as(who)('GET', '/organizations/branding')).body.headerFont).toBe('Helvetica')
    const theirs = await as('stranger')('GET', '/organizations/branding')
    expect(theirs.text).not.toContain('Helvetica')
    expectOk(await ask()('DELETE', '/organizations/branding'))
    expect((await ask()('GET', '/organizations/branding')).text).not.toContain('Helvetica')
  })

  describe('logo and favicon', () => {
    const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const upload = async (image: string, who: Who, content: string, type: string) => {
      const form = new FormData()
      form.set('file', new Blob([Buffer.from(content, 'base64')], { type }), 'image.png')
      const url = `${stage.hub.api}/organizations/branding/${image}`
      const { authorization } = stage.cast[who]
      return fetch(url, { method: 'PATCH', headers: { authorization }, body: form })
    }

    for (const image of ['logo', 'favicon']) {
      test(`${image}: its address is shown, and answers the image`, async () => {
        expectOk(await put(BRANDING))
        const uploaded = await upload(image, 'admin', PIXEL, 'image/png')
        expect(uploaded.status).toBe(200)
        const { [image]: address } = expectOk(await as('easterner')('GET', '/organizations/branding')).body
        expect(address).toEqual(expect.any(String))
        const shown = await fetch(new URL(address, stage.hub.hub.url))
        expect(shown.status).toBe(200)
        expect(shown.headers.get('content-type')).toBe('image/png')
        expect(Buffer.from(await shown.arrayBuffer()).toString('base64')).toBe(PIXEL)
        expectOk(await ask()('DELETE', '/organizations/branding'))
      })

      test(`${image}: not for others, and not what is no image`, async () => {
        for (const who of ['accountAdmin', 'office', 'easterner'] as const)
          expect((await upload(image, who, PIXEL, 'image/png')).status).toBe(403)
        const script = Buffer.from('<script>alert(1)</script>').toString('base64')
        for (const type of ['text/html', 'image/png'])
          expect([400, 415]).toContain((await upload(image, 'admin', script, type)).status)
      })
    }
  })
})

import { WSDL } from 'soap'
import { beforeAll, describe, expect, test } from 'vitest'
import { formatProblems } from '../../../../test/support/check-element-format.ts'
import { convertFixture, defaultsOf, importFixture, pairsOf, resourceOf } from '../../../../test/support/imports.ts'
import { toXmlFragment } from '../../../engine/body/write-xml.ts'
import { convertDocument, type Imported } from '../convert-document.ts'
import { parseXml, type XmlNode } from '../parse-xml.ts'

const templateOf = (imported: Imported, name: string) =>
  resourceOf(imported, name).parameters?.find(({ vendorType }) => vendorType === 'body')?.name ?? ''

describe('weather stations (SOAP 1.1 and 1.2, document style)', () => {
  let weather: Imported
  beforeAll(async () => {
    weather = await convertFixture('weather-asmx.wsdl')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(weather.element)).toEqual([])
  })

  test('is named after its namespace and called at the address of SOAP 1.1', () => {
    expect(weather.element).toMatchObject({
      name: 'http://weather.example/ws',
      description: 'Weather of stations.',
      protocolType: 'soap',
    })
    expect(defaultsOf(weather)['base.url']).toBe('https://weather.example/ws.asmx')
    expect(pairsOf({ method: '', path: '', parameters: weather.element.parameters })).toEqual([
      'value text/xml → header Accept',
      'value text/xml; charset=utf-8 → header Content-Type',
    ])
  })

  test('every operation is a POST; reads by id or without arguments are GETs too', () => {
    const calls = weather.element.resources.map(({ method, path, vendorMethod, rootKey }) =>
      [method, path.slice(13), vendorMethod, rootKey].join(' '),
    )
    const body = '|soap:Envelope.soap:Body'
    expect(calls).toEqual([
      `POST /getStation POST ${body}.GetStationResponse.GetStationResult`,
      `GET /getStation/{id} POST ${body}.GetStationResponse.GetStationResult`,
      `POST /listStations POST ${body}.ListStationsResponse`,
      `GET /listStations POST ${body}.ListStationsResponse`,
      `POST /saveReading POST ${body}.SaveReadingResponse`,
    ])
    for (const resource of weather.element.resources) expect(resource).not.toHaveProperty('vendorPath')
  })

  test('a GET fills its id into the envelope', () => {
    expect(pairsOf(resourceOf(weather, 'GET /getStation/{id}')).filter((row) => !row.includes('Envelope'))).toEqual([
      'value "http://weather.example/ws/GetStation" → header Soapaction',
      'path id → bodyToken id !',
    ])
    expect(templateOf(weather, 'GET /getStation/{id}')).toContain(
      '<GetStation xmlns="http://weather.example/ws"><stationId>{id}</stationId></GetStation>',
    )
  })

  test('a POST fills its body into the envelope, and configuration into the header', () => {
    expect(templateOf(weather, 'POST /saveReading')).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Header>' +
        '<AuthHeader xmlns="http://weather.example/ws"><Username>{AuthHeader.Username}</Username><Password>{AuthHeader.Password}</Password></AuthHeader>' +
        '</soap:Header><soap:Body><SaveReading xmlns="http://weather.example/ws">{body}</SaveReading></soap:Body></soap:Envelope>',
    )
    expect(weather.element.configuration).toContainEqual(
      expect.objectContaining({ key: 'AuthHeader.Password', type: 'PASSWORD', required: true }),
    )
  })

  test('models carry types with what they extend, attributes, lists and choices', () => {
    expect(resourceOf(weather, 'GET /getStation/{id}').model).toMatchObject({
      name: 'Station',
      swagger: {
        Station: {
          required: ['town', 'height', 'kind'],
          properties: {
            '@active': { type: 'boolean' },
            town: { type: 'string' },
            height: { type: 'number' },
            kind: { type: 'string', enum: ['hill', 'sea'] },
            near: { type: 'Station' },
          },
        },
      },
    })
    expect(resourceOf(weather, 'POST /saveReading').model?.requestSwagger?.['SaveReadingRequest']).toMatchObject({
      required: ['at', 'value'],
      properties: {
        at: { format: 'date-time' },
        value: { type: 'array', items: { type: 'number' } },
        rain: { type: 'integer' },
        snow: { type: 'integer' },
      },
    })
  })
})

describe('a calendar (rpc style)', () => {
  let calendar: Imported
  beforeAll(async () => {
    calendar = await convertFixture('calendar-rpc.wsdl')
  })

  test('is a well-formed element', () => {
    expect(formatProblems(calendar.element)).toEqual([])
  })

  test('parts stand without namespace in an element named after the operation', () => {
    expect(templateOf(calendar, 'POST /addEvent')).toContain(
      '<ns:addEvent xmlns:ns="urn:calendar">{body}</ns:addEvent>',
    )
    expect(resourceOf(calendar, 'POST /addEvent').model?.requestSwagger).toMatchObject({
      addEventRequest: { properties: { event: { type: 'Event' }, notify: { type: 'boolean' } } },
      Event: { properties: { title: { type: 'string' } } },
    })
  })

  test('what is elsewhere, and what is guessed, is doubted', () => {
    expect(calendar.doubts).toContainEqual({
      place: 'https://calendar.example/elsewhere.xsd',
      message: 'is imported from elsewhere and not fetched: put everything into one document',
    })
    expect(resourceOf(calendar, 'POST /addEvent').rootKey).toBe('|SOAP-ENV:Envelope.SOAP-ENV:Body')
    expect(calendar.doubts.map(({ place }) => place)).toEqual(expect.arrayContaining(['addEvent', 'rootKey']))
  })
})

describe('another reader agrees', () => {
  const open = (name: string) =>
    new Promise<WSDL>((resolve, reject) => {
      // it keeps only the last of two schemas of one namespace
      const text = importFixture(name)
        .toString('utf8')
        .replace(/<\/s:schema>\s*<s:schema [^>]*>/, '')
      const wsdl = new WSDL(text, '', {})
      // imports would be fetched
      wsdl.processIncludes = (done: (error?: Error) => void) => done()
      wsdl.onReady((error) => (error ? reject(error) : resolve(wsdl)))
    })

  /** Names with their namespaces, whatever the prefixes. */
  const meaning = ({ name, namespace, children, text }: XmlNode): unknown => [
    `{${namespace}}${name}`,
    children.length > 0 ? children.map(meaning) : text,
  ]
  const bodyOf = (xml: string) => {
    const body = parseXml(xml).children.find(({ name }) => name === 'Body')
    return body?.children.map(meaning)
  }

  test('on the request of an operation', async () => {
    const body = { at: '2024-05-01T10:00:00Z', value: [1, 2], rain: 3 }
    const content = (await open('weather-asmx.wsdl')).objectToDocumentXML(
      'SaveReading',
      body,
      'tns',
      'http://weather.example/ws',
      'Reading',
    )
    const theirs = `<e:Envelope xmlns:e="e" xmlns:tns="http://weather.example/ws"><e:Body>${content}</e:Body></e:Envelope>`
    const template = templateOf(await convertFixture('weather-asmx.wsdl'), 'POST /saveReading')
    expect(bodyOf(template.replace('{body}', toXmlFragment(body)))).toEqual(bodyOf(theirs))
  })

  test('on operations, actions and addresses', async () => {
    const { services, bindings } = (await open('weather-asmx.wsdl')).definitions
    expect(services['Weather']?.ports['WeatherSoap']?.location).toBe('https://weather.example/ws.asmx')
    const theirs = Object.entries(bindings['WeatherSoap']?.methods ?? {}).map(
      ([name, method]) => `${name} "${method.soapAction}"`,
    )
    const { element } = await convertFixture('weather-asmx.wsdl')
    const ours = element.resources
      .filter(({ method }) => method === 'POST')
      .map(({ parameters, path }) => `${path.split('/').at(-1)} ${parameters?.[0]?.name}`)
    expect(ours).toEqual(theirs.map((line) => line.slice(0, 1).toLowerCase() + line.slice(1)))
  })
})

test('an XML of another kind is refused', async () => {
  await expect(convertDocument(Buffer.from('<description/>'), { type: 'wsdl' })).rejects.toThrow(
    'expected the <definitions>',
  )
  await expect(convertDocument(Buffer.from('<definitions/>'), {})).rejects.toThrow('no operation over SOAP')
})

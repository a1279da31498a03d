import { expect, test } from 'vitest'
import { parseAddress, parseRange, rangeContains, whyNotPublic } from './address-ranges.ts'

function judged(text: string): string | undefined {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`${text} is no address`)
  return whyNotPublic(address)
}

for (const text of [
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '169.253.255.255',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80b::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
])
  test(`${text} is public`, () => expect(judged(text)).toBeUndefined())

for (const [text, kind] of [
  ['0.0.0.0', 'this host'],
  ['0.255.255.255', 'this host'],
  ['10.0.0.0', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.0', 'carrier-grade'],
  ['100.100.100.200', 'carrier-grade'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['168.63.129.16', 'Azure'],
  ['169.254.169.254', 'link-local'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', 'protocol'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', 'relay'],
  ['192.168.0.1', 'private'],
  ['198.18.0.1', 'benchmark'],
  ['198.19.255.255', 'benchmark'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.1', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['::', 'this host'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'reserved'],
  ['::8.8.8.8', 'reserved'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:a9fe:a9fe', 'link-local'],
  ['0:0:0:0:0:ffff:10.1.2.3', 'private'],
  ['::ffff:0:127.0.0.1', 'reserved'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['64:ff9b::a9fe:a9fe', 'link-local'],
  ['64:ff9b:1::8.8.8.8', 'reserved'],
  ['100::1', 'reserved'],
  ['2001::1', 'this host'],
  ['2001:0:808:808:0:0:f5ff:fffe', 'private'],
  ['2001:2::1', 'protocol'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::1', 'loopback'],
  ['2002:a00:1::1', 'private'],
  ['2606:4700::5efe:192.168.1.1', 'private'],
  ['3fff::1', 'documentation'],
  ['4000::1', 'reserved'],
  ['5f00::1', 'reserved'],
  ['fc00::1', 'private'],
  ['fd00:ec2::254', 'private'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'private'],
  ['ff02::1', 'multicast'],
] as const)
  test(`${text} is not public: ${kind}`, () => expect(judged(text)).toContain(kind))

for (const text of ['', 'localhost', '127.1', '0x7f.0.0.1', '127.0.0.01', '[::1]', '1.2.3.4.5', ':::', '12345::'])
  test(`"${text}" is no address`, () => expect(parseAddress(text)).toBeUndefined())

for (const [range, inside, outside] of [
  ['10.0.0.0/8', '10.200.0.1', '11.0.0.1'],
  ['10.20.0.0/15', '10.21.255.255', '10.22.0.0'],
  ['192.168.7.7', '192.168.7.7', '192.168.7.8'],
  ['0.0.0.0/0', '1.2.3.4', '::2'],
  ['fd00::/8', 'fdff::1', 'fe00::1'],
  ['fd12:3450::/29', 'fd12:3457::', 'fd12:3458::'],
  ['::1', '::1', '::2'],
  ['::ffff:10.0.0.0/104', '10.9.9.9', '11.0.0.0'],
  ['10.0.0.0/8', '::ffff:10.0.0.1', '::10.0.0.1'],
] as const)
  test(`${range} holds ${inside} and not ${outside}`, () => {
    const parsed = parseRange(range)
    const holds = (text: string) =>
      parsed !== undefined && rangeContains(parsed, parseAddress(text) ?? new Uint8Array())
    expect([holds(inside), holds(outside)]).toEqual([true, false])
  })

for (const text of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', 'host/8', '10.0.0.0/ 8'])
  test(`"${text}" is no range`, () => expect(parseRange(text)).toBeUndefined())

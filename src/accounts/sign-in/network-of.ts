import { isIPv6 } from 'node:net'

/**
 * Whose address it is, as far as that can be counted by: an IPv4 address is somebody's, of IPv6 everybody has at least a /64.
 *
 * @param ip `192.0.2.7`, `::ffff:192.0.2.7`, `2001:db8::1`, with or without a zone
 * @returns `192.0.2.7`, `2001:db8:0:0::/64`; anything else as it is
 */
export function networkOf(ip: string): string {
  const address = ip.split('%', 1)[0] ?? ''
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped) return mapped
  if (!isIPv6(address)) return ip
  const [head = '', tail] = address.split('::')
  const [front, back] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0')
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`
}

/** Without leading zeros, so that one network has one name; an IPv4 tail stands for two groups and is never looked at. */
function groups(text = ''): string[] {
  if (text === '') return []
  return text
    .split(':')
    .flatMap((group) => (group.includes('.') ? ['0', '0'] : Number.parseInt(group, 16).toString(16)))
}

import { expect, test } from 'vitest'
import { decodeText } from './decode-text.ts'

const latin = Buffer.from('<a>Zoë</a>', 'latin1')
const declared = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>Zoë</a>', 'latin1')

for (const [name, bytes, type, expected] of [
  ['UTF-8 when nobody says', Buffer.from('Zoë 🚀'), undefined, 'Zoë 🚀'],
  ['UTF-8 when the type says so', Buffer.from('Zoë'), 'text/xml; charset=UTF-8', 'Zoë'],
  ['the charset of the type', latin, 'text/xml;charset=iso-8859-1', '<a>Zoë</a>'],
  ['a quoted one', latin, 'text/plain; charset="ISO-8859-1"', '<a>Zoë</a>'],
  ['the declaration of XML', declared, 'application/xml', '<?xml version="1.0" encoding="ISO-8859-1"?><a>Zoë</a>'],
  [
    'the type wins over it',
    Buffer.from('<?xml version="1.0" encoding="latin1"?>ë'),
    'text/xml;charset=utf-8',
    '<?xml version="1.0" encoding="latin1"?>ë',
  ],
  [
    'a declaration in other text is text',
    Buffer.from('<?xml version="1.0" encoding="latin1"?>ë'),
    'text/plain',
    '<?xml version="1.0" encoding="latin1"?>ë',
  ],
  ['a byte order mark of UTF-16', Buffer.from('\ufeffZoë', 'utf16le'), 'application/xml', 'Zoë'],
  ['one the other way round', Buffer.from('\ufeffZoë', 'utf16le').swap16(), undefined, 'Zoë'],
  ['a byte order mark of UTF-8 is no text', Buffer.from('\ufeffZoë'), undefined, 'Zoë'],
  ['an unknown charset is UTF-8', Buffer.from('Zoë'), 'text/xml; charset=klingon', 'Zoë'],
  ['bytes that fit nothing', Buffer.from([0x61, 0xff]), undefined, 'a\ufffd'],
] as const)
  test(name, () => expect(decodeText(bytes, type)).toBe(expected))

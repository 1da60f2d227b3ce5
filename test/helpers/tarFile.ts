// Writes tar archives member by member, so that tests can also make those that no tool would write.

export interface TarMember {
  name: string
  content?: string | Uint8Array
  /** '0' a file, '1' a hard link, '2' a symbolic link, 'L' a GNU long name, 'x' a pax header. */
  type?: string
  linkName?: string
  /** Announced in the header, whatever the content is. */
  announcedBytes?: number
}

const blockBytes = 512

function header({ name, type = '0', linkName = '' }: TarMember, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(blockBytes)
  bytes.write(name, 0, 100, 'utf8')
  bytes.write('0000644\0', 100)
  bytes.write('0000000\0', 108)
  bytes.write('0000000\0', 116)
  bytes.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124)
  bytes.write('00000000000\0', 136)
  bytes.write('        ', 148)
  bytes.write(type, 156)
  bytes.write(linkName, 157, 100, 'utf8')
  bytes.write('ustar\u000000', 257, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

function memberBytes(member: TarMember): Buffer {
  const content = Buffer.from(member.content ?? '')
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes)
  return Buffer.concat([header(member, member.announcedBytes ?? content.length), content, padding])
}

/** A whole archive, with the two empty blocks at its end. */
export const tarFile = (members: readonly TarMember[]): Buffer => Buffer.concat([...members.map(memberBytes), Buffer.alloc(2 * blockBytes)])

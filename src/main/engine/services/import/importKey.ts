import { createHash } from 'node:crypto'

/** Names a pair by its content as it came, so that the same row is found again even after an edit. Hashes are those of the pictures. */
export function importKeyOf(leftHash: string | null, leftText: string | null, rightHash: string | null, rightText: string | null): string {
  return createHash('sha256').update(JSON.stringify([leftHash, leftText, rightHash, rightText])).digest('hex')
}

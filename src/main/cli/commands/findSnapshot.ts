import type { Snapshot } from '@shared/contract/snapshots'
import { AppError } from '@shared/errors'
import type { StudioClient } from '../session'

/** By number or name. @throws AppError 'not-found' */
export async function findSnapshot(client: StudioClient, which: string): Promise<Snapshot> {
  const snapshots = await client.snapshots.list({})
  const found = snapshots.find(({ name }) => name === which) ?? snapshots.find(({ id }) => String(id) === which)
  if (found === undefined) throw new AppError('not-found', `There is no snapshot “${which}” in this project.`, snapshots.length === 0 ? 'Make one: fuselip snapshot create NAME' : `Known: ${snapshots.map(({ name }) => `“${name}”`).join(', ')}.`)
  return found
}

// A folder that appears under its name only when it is whole. It never replaces another one unless that was asked for.
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { NewFolder } from '../../../../shared/contract/exports'
import { AppError } from '../../../../shared/errors'
import { replaceFolder } from '../../compute/training/replaceFolder'
import type { Picker } from '../picker'

export interface FolderTarget {
  path: string
  overwrite: boolean
}

export const targetOf = (picker: Picker, { folderToken, folderName, overwrite }: NewFolder): FolderTarget => ({ path: join(picker.pathForToken(folderToken), folderName), overwrite })

/** @throws AppError 'conflict', 'unreadable-file' */
export async function refuseTaken({ path, overwrite }: FolderTarget): Promise<void> {
  const parent = await stat(dirname(path)).catch(() => null)
  if (parent === null || !parent.isDirectory()) throw new AppError('unreadable-file', `There is no folder “${dirname(path)}”.`, 'Choose another folder.')
  const found = await stat(path).catch(() => null)
  if (found === null) return
  if (!found.isDirectory()) throw new AppError('conflict', `“${basename(path)}” is a file; nothing was written.`, 'Choose another name.')
  if (!overwrite) throw new AppError('conflict', `There is already a folder “${basename(path)}”; nothing was written.`, 'Choose another name, or allow it to be replaced.')
}

/**
 * @param fill writes into a temporary folder beside the final one
 * @throws AppError; what was there before is then as it was, and nothing is left behind
 */
export async function writeNewFolder<T>(target: FolderTarget, fill: (folder: string) => Promise<T>): Promise<T> {
  await refuseTaken(target)
  let result: T | undefined
  await replaceFolder(target.path, async folder => {
    result = await fill(folder)
    // Somebody else may have taken the name while this went on.
    await refuseTaken(target)
  })
  return result as T
}

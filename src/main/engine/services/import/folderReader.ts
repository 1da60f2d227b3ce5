// A folder of pictures with captions beside them, as a reader.
import { basename } from 'node:path'
import { AppError } from '../../../../shared/errors'
import { fingerprintOfNames } from './fingerprint'
import { readFolderDrafts, scanFolder } from './folderRows'
import { noMapping, type ImportReader } from './reader'

export const folderReader: ImportReader = {
  kind: 'folder', label: 'Folder of pictures with captions', task: null, usesMapping: false,
  recognises: look => look.isFolder,
  mayRead: look => look.isFolder,
  preview: async path => {
    const scan = await scanFolder(path)
    return { columns: [], sampleRows: [], sampleProblems: [], suggestedMapping: noMapping, rowCount: scan.pictures.length }
  },
  open: async (path, _mapping, defaults) => {
    const scan = await scanFolder(path)
    if (scan.pictures.length === 0) {
      throw new AppError('bad-input', `There is no picture in “${basename(path)}”, nor in the folders below it.`, 'Choose a folder with JPEG, PNG, WebP, GIF, TIFF or AVIF files, or choose a table.')
    }
    const names = [...scan.pictures, '', ...scan.captionPaths.values(), '', ...scan.problems.map(problem => problem.path)]
    return { rows: () => readFolderDrafts(path, scan, defaults), total: scan.pictures.length + scan.problems.length, fingerprint: fingerprintOfNames(names) }
  },
}

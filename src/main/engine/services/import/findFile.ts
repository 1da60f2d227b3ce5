// The file that a path of a source means: names are written with composed or decomposed letters (é as one sign or two),
// and a link below the source's folder may lead out of it, where nobody meant the source to reach.
import { lstat, readdir, realpath } from 'node:fs/promises'
import { dirname, join, parse, relative, sep, isAbsolute } from 'node:path'

export class LeadsOut extends Error {
  constructor(readonly target: string) {
    super(`it is a link that leads out of the source's folder, to “${target}”`)
  }
}

/** Folders of pictures repeat; looking each one up once leaves one call for each file. */
const rememberedFolders = 10_000
const realFolders = new Map<string, string>()

async function realFolder(folder: string): Promise<string> {
  const known = realFolders.get(folder)
  if (known !== undefined) return known
  const found = await realpath(folder)
  if (realFolders.size >= rememberedFolders) realFolders.clear()
  realFolders.set(folder, found)
  return found
}

const isBelow = (path: string, root: string): boolean => {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** @param root null for paths that people gave in full @throws LeadsOut, and ENOENT as the file system does */
export async function findFile(path: string, root: string | null): Promise<string> {
  let found = path
  const stats = await lstat(path).catch(async (thrown: NodeJS.ErrnoException) => {
    const other = thrown.code === 'ENOENT' && /[^ -~]/.test(path) ? await findSpelledOtherwise(path) : null
    if (other === null) throw thrown
    found = other
    return lstat(other)
  })
  if (root === null) return found
  const target = stats.isSymbolicLink() ? await realpath(found) : join(await realFolder(dirname(found)), parse(found).base)
  if (!isBelow(target, await realFolder(root))) throw new LeadsOut(target)
  return found
}

/** Follows the path name by name, taking the entry whose letters are the same however they are composed. */
async function findSpelledOtherwise(path: string): Promise<string | null> {
  const { root } = parse(path)
  let folder = root
  for (const name of path.slice(root.length).split(sep)) {
    const exact = join(folder, name)
    if (await lstat(exact).then(() => true, () => false)) {
      folder = exact
      continue
    }
    const wanted = name.normalize('NFC')
    const other = (await readdir(folder).catch(() => [])).find((entry) => entry.normalize('NFC') === wanted)
    if (other === undefined) return null
    folder = join(folder, other)
  }
  return folder
}

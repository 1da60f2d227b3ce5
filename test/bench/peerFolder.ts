// The virtual environment of the PyTorch peer, made once in a folder that git ignores. PyPI's PyTorch brings gigabytes of
// CUDA libraries along, which is why no test uses it.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const torchVersion = '2.15.0'
/** Reads the JPEG files of an epoch. */
const pillowVersion = '12.0.0'
const folder = fileURLToPath(new URL('../../.cache/bench/peer', import.meta.url))

/** @returns the peer's Python; null, with a line that says why, where it cannot be made */
export function peerPython(): string | null {
  const python = `${folder}/bin/python`
  const installed = (): boolean => {
    try {
      return execFileSync(python, ['-c', 'from importlib.metadata import version; print(version("torch"), version("pillow"))'], { encoding: 'utf8', stdio: 'pipe' }).trim() === `${torchVersion} ${pillowVersion}`
    } catch { return false }
  }
  try {
    if (existsSync(python) && installed()) return python
    console.error(`Making a virtual environment with PyTorch ${torchVersion} (about 5 GB) in ${folder}.`)
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' })
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', `torch==${torchVersion}`, `pillow==${pillowVersion}`], { stdio: ['ignore', 2, 2] })
    return python
  } catch (thrown) {
    console.error(`PyTorch cannot be measured: ${(thrown as Error).message.split('\n')[0]}`)
    return null
  }
}

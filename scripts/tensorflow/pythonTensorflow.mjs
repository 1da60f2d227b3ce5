// The TensorFlow to link with: inside a Python that the user names, or in a virtual environment made here. Python itself is
// only asked where the package lies; TensorFlow is never imported by it.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const defaultVersion = '2.21.0'
/** The C library and the framework that it needs, as wheels for Linux name them. */
export const libraryNames = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']

const question = `
import importlib.metadata, importlib.util, json
found = importlib.util.find_spec('tensorflow')
names = [d.metadata['Name'] for d in importlib.metadata.distributions() if (d.metadata['Name'] or '').lower().replace('_', '-').startswith('tensorflow')]
versions = [importlib.metadata.version(n) for n in names if n.lower().replace('_', '-') in ('tensorflow', 'tensorflow-cpu', 'tensorflow-intel', 'tensorflow-cpu-aws')]
print(json.dumps({'folder': list(found.submodule_search_locations)[0] if found else None, 'version': versions[0] if versions else None}))
`

/** Gives `{ folder, version }`, or null when that Python has no TensorFlow with its libraries and headers. */
export function tensorflowOf(python) {
  const { status, stdout } = spawnSync(python, ['-c', question], { encoding: 'utf8' })
  if (status !== 0) return null
  const { folder, version } = JSON.parse(stdout)
  if (folder === null) return null
  const needed = [...libraryNames, join('include', 'tensorflow', 'c', 'eager', 'c_api.h')]
  return needed.every((name) => existsSync(join(folder, name))) ? { folder, version: version ?? 'of unknown version' } : null
}

/** The package and whether what it depends on is needed: the C library of the build for processors needs nothing else. */
function packageFor({ cuda, version }) {
  if (cuda) return { name: `tensorflow[and-cuda]==${version}`, isAlone: false }
  return { name: `${process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow'}==${version}`, isAlone: true }
}

/** Makes the virtual environment in `folder` unless it already holds what is asked for. Throws an Error that says what to do. */
export function installTensorflow(folder, { cuda, version, say }) {
  const python = join(folder, 'bin', 'python')
  const present = existsSync(python) ? tensorflowOf(python) : null
  const hasCuda = existsSync(python) && spawnSync(python, ['-c', 'import nvidia']).status === 0
  if (present?.version === version && (!cuda || hasCuda)) return present
  const { name, isAlone } = packageFor({ cuda, version })
  say(`Installing ${name} into ${folder} (${cuda ? 'several' : 'about 1.3'} GB) …`)
  try {
    execFileSync('python3', ['-m', 'venv', '--clear', folder], { stdio: ['ignore', 2, 2] })
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--no-cache-dir', ...(isAlone ? ['--no-deps'] : []), name], { stdio: ['ignore', 2, 2] })
  } catch (thrown) {
    throw new Error(`TensorFlow could not be installed: ${thrown.message.split('\n')[0]}. Python 3.10 to 3.13 with venv and pip is needed; or name a Python that has TensorFlow with --python PATH.`, { cause: thrown })
  }
  const installed = tensorflowOf(python)
  if (!installed) throw new Error(`${name} was installed, but its C library (${libraryNames[0]}) or its headers are not in it.`)
  return installed
}

// The source and JavaScript of @tensorflow/tfjs-node, taken from the registry as a file: installing the package would run its
// script, which downloads a TensorFlow of 2022. What later versions of Node removed is put back in the unpacked copy alone.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const packages = {
  binding: { name: '@tensorflow/tfjs-node@4.22.0', integrity: 'sha512-uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==' },
  // Node's own headers are not part of every installation, and this interface is the same in all of them.
  headers: { name: 'node-api-headers@1.5.0', integrity: 'sha512-Yi/FgnN8IU/Cd6KeLxyHkylBUvDTsSScT0Tna2zTrz8klmc8qF2ppj6Q1LHsmOueJWhigQwR4cO2p0XBGW5IaQ==' },
}

/** Modules of the package that ask `util` for what Node 23 removed. */
const usersOfUtil = ['dist/nodejs_kernel_backend.js', 'dist/kernels/TopK.js', 'dist/saved_model.js', 'dist/io/file_system.js']

/** The package was compiled to functions that call their base class, which a class of the engine's build does not allow. */
const coreShim = `const core = globalThis[Symbol.for('fuselip.tfjs-core')]
function KernelBackend() { return Reflect.construct(core.KernelBackend, [], this.constructor) }
KernelBackend.prototype = core.KernelBackend.prototype
module.exports = { ...core, KernelBackend }
`

function npm(parameters, cwd) {
  // Under `npm run` this is the npm that runs; a shell finds the other one.
  const [command, first] = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []]
  return execFileSync(command, [...first, ...parameters], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function unpack({ name, integrity }, folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const [packed] = JSON.parse(npm(['pack', name, '--json', '--ignore-scripts'], folder))
  if (packed.integrity !== integrity) throw new Error(`${name} is not the package that is known: its checksum is ${packed.integrity}.`)
  execFileSync('tar', ['-xzf', packed.filename, '--strip-components=1'], { cwd: folder })
  rmSync(join(folder, packed.filename))
}

/** Replaces text that must be there, so that another version of the package is noticed. */
function replaceIn(path, from, to) {
  const text = readFileSync(path, 'utf8')
  if (!text.includes(from)) throw new Error(`Expected ${JSON.stringify(from)} in ${path}.`)
  writeFileSync(path, text.replaceAll(from, to))
}

/** Lets the package run on Node 23 and newer, without its dependencies, on the tfjs-core of whoever loads it. */
export function adaptBinding(folder) {
  writeFileSync(join(folder, 'dist', 'nodeUtil.js'),
    "// `isNullOrUndefined` left Node in version 23, `isArray` is deprecated.\nmodule.exports = { ...require('node:util'), isNullOrUndefined: (value) => value === null || value === undefined, isArray: Array.isArray }\n")
  for (const path of usersOfUtil) {
    const shim = relative(dirname(path), 'dist/nodeUtil.js')
    replaceIn(join(folder, path), 'require("util")', `require("${shim.startsWith('.') ? shim : `./${shim}`}")`)
  }
  // Read by the writer of TensorBoard summaries only, and the reason for a dependency on google-protobuf.
  writeFileSync(join(folder, 'dist', 'proto', 'api_pb.js'), 'module.exports = {}\n')
  // Kernels and tensors must be registered with the one tfjs-core that the loading program uses (tensorflow/backend.ts).
  for (const name of ['tfjs', 'tfjs-core']) {
    const shim = join(folder, 'node_modules', '@tensorflow', name)
    mkdirSync(shim, { recursive: true })
    writeFileSync(join(shim, 'index.js'), coreShim)
  }
}

/** Downloads both packages into `folder`. Gives the folders of the package and of the headers. */
export function fetchBinding(folder, say) {
  const binding = join(folder, 'binding'), headers = join(folder, 'headers')
  say(`Fetching ${packages.binding.name} and ${packages.headers.name} …`)
  unpack(packages.binding, binding)
  unpack(packages.headers, headers)
  adaptBinding(binding)
  return { binding, headers: join(headers, 'include') }
}

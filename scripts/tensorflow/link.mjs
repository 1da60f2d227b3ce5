// `npm run tensorflow:link`: builds the binding of @tensorflow/tfjs-node against a TensorFlow from Python, so that the engine
// can use it as a device. Everything lands in .cache/tensorflow; deleting that folder undoes the command.
//   npm run tensorflow:link -- [--python PATH] [--cuda] [--version 2.21.0]
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fetchBinding } from './nodeBinding.mjs'
import { defaultVersion, installTensorflow, libraryNames, tensorflowOf } from './pythonTensorflow.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const usage = `npm run tensorflow:link -- [--python PATH] [--cuda] [--version VERSION]
  --python PATH     a Python that has TensorFlow already; nothing is installed then
  --cuda            install TensorFlow with the libraries for NVIDIA cards (several GB)
  --version VERSION the TensorFlow to install (${defaultVersion})`

const linkFolder = process.env.FUSELIP_TENSORFLOW_DIR ?? resolve(here, '..', '..', '.cache', 'tensorflow')
const say = (text) => process.stderr.write(`${text}\n`)

function readOptions() {
  const { values } = parseArgs({ options: { python: { type: 'string' }, cuda: { type: 'boolean', default: false }, version: { type: 'string', default: defaultVersion }, help: { type: 'boolean', default: false } } })
  return values
}

function requireTools() {
  if (process.platform !== 'linux') {
    throw new Error(`Linking works on Linux only, and this is ${process.platform}: the TensorFlow that PyPI has for Windows brings no C library to link with, and macOS is served by WebGPU.`)
  }
  for (const tool of ['g++', 'tar', 'python3']) {
    if (spawnSync(tool, ['--version']).error) throw new Error(`Expected the program ${tool}; it is not installed. On Debian or Ubuntu: apt install g++ tar python3-venv.`)
  }
}

function compile({ binding, headers }, tensorflow) {
  const build = (sources, output, parameters) => {
    const compiled = spawnSync('g++', ['-O2', '-std=c++17', '-shared', '-fPIC', '-DNAPI_VERSION=8', `-I${headers}`, ...parameters.include, ...sources, '-o', join(binding, output), ...parameters.link], { encoding: 'utf8' })
    if (compiled.status !== 0) throw new Error(`${output} could not be compiled against TensorFlow ${tensorflow.version}:\n${compiled.stderr.split('\n').filter((line) => /error/.test(line)).slice(0, 10).join('\n')}`)
  }
  say('Compiling the binding …')
  build([join(here, 'quietStart.cc')], 'quiet_start.node', { include: [], link: [] })
  build(['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(binding, 'binding', name)), 'tfjs_binding.node', {
    include: [`-I${binding}`, `-I${join(tensorflow.folder, 'include')}`],
    link: [`-L${tensorflow.folder}`, ...libraryNames.map((name) => `-l:${name}`), `-Wl,-rpath,${tensorflow.folder}`],
  })
}

function selfTest(binding) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(here, 'selfTest.cjs'), binding], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`The linked TensorFlow does not compute:\n${stderr.trim().split('\n').slice(-12).join('\n')}`)
  return JSON.parse(stdout.trim().split('\n').at(-1))
}

/** The first NVIDIA card, for the list of devices; nulls where nvidia-smi does not tell. */
function describeCard() {
  const { status, stdout } = spawnSync('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'], { encoding: 'utf8' })
  const [name, mebibytes] = status === 0 ? stdout.split('\n')[0].split(', ') : []
  return { cardName: name ?? null, cardBytes: Number(mebibytes) > 0 ? Number(mebibytes) * 2 ** 20 : null }
}

function link(options) {
  requireTools()
  const record = join(linkFolder, 'link.json')
  // A link that fails halfway leaves no device behind that does not work.
  rmSync(record, { force: true })
  mkdirSync(linkFolder, { recursive: true })
  const tensorflow = options.python === undefined
    ? installTensorflow(join(linkFolder, 'python'), { cuda: options.cuda, version: options.version, say })
    : tensorflowOf(options.python)
  if (!tensorflow) throw new Error(`${options.python} has no TensorFlow with ${libraryNames[0]} and headers. TensorFlow from PyPI has both; leave --python out to install it.`)
  say(`TensorFlow ${tensorflow.version} in ${tensorflow.folder} (C library of ${(statSync(join(tensorflow.folder, libraryNames[0])).size / 2 ** 20).toFixed(0)} MiB).`)
  const folders = fetchBinding(linkFolder, say)
  compile(folders, tensorflow)
  const { version, usesGpu } = selfTest(folders.binding)
  const description = { version, usesGpu, ...(usesGpu ? describeCard() : { cardName: null, cardBytes: null }), library: join(tensorflow.folder, libraryNames[0]) }
  writeFileSync(`${record}.new`, `${JSON.stringify(description, null, 2)}\n`)
  renameSync(`${record}.new`, record)
  say(`Linked: TensorFlow ${version} on ${usesGpu ? (description.cardName ?? 'an NVIDIA card') : 'the processor'}. It is now the device “tensorflow” (npm run fuselip -- devices).`)
  if (options.cuda && !usesGpu) say('TensorFlow found no NVIDIA card that it can use, so this device computes on the processor. `nvidia-smi` tells whether the driver works.')
}

try {
  const options = readOptions()
  if (options.help) process.stdout.write(`${usage}\n`)
  else link(options)
} catch (error) {
  say(error.code?.startsWith?.('ERR_PARSE_ARGS') ? `${error.message}\n${usage}` : error.message)
  process.exitCode = 1
}

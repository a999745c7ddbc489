/**
 * `npm start`: runs on the machine's own Node (20 or newer), which only has to find Node 24 in node_modules, build the pages when they are
 * missing or older than their sources, and start Stoa. No shell is used, so it works on Windows too.
 *
 *   npm start             Stoa
 *   npm run demo          Stoa and examples/publisher
 *   npm run dev           Stoa with pages built on request, started anew when server code changes
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, watch } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPages } from './pages.js'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const demo = process.argv.includes('--demo')
const dev = process.argv.includes('--dev')
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--demo')

const node = path.join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
if (!existsSync(node)) {
  console.error('Node 24 is not in node_modules. Run "npm ci" first (with install scripts allowed for the package "node").')
  process.exit(1)
}

if (!dev && !process.argv.includes('--no-build')) buildPages(node)
run()

/** Starts Stoa, then what belongs to it, and ends when Stoa ends. Signals go to Stoa, which stops its own things in order. */
function run() {
  let stoa
  let publisher
  let stopping = false
  let restarting = false

  function start() {
    restarting = false
    stoa = spawn(node, [path.join(root, 'src', 'main.ts'), ...passedOn], {
      cwd: process.cwd(),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      // Compiled code is kept for the next start.
      env: { NODE_COMPILE_CACHE: path.join(root, 'node_modules', '.cache', 'compiled'), ...process.env },
    })
    stoa.on('message', (message) => {
      if (message?.ready && demo && !publisher) publisher = startPublisher(message)
    })
    stoa.on('exit', (code, signal) => {
      if (restarting && !stopping) return start()
      // In development a mistake in the code is no reason to end: the next change starts it again.
      if (dev && !stopping && code === 1) return
      publisher?.kill()
      process.exit(code ?? (signal ? 1 : 0))
    })
  }

  function stop() {
    stopping = true
    if (stoa.exitCode !== null || stoa.signalCode !== null) process.exit(0)
    if (stoa.connected) stoa.send({ stop: true })
  }
  // A terminal sends Ctrl-C to every process of the group; whoever signals only us has it passed on. Asked by a message, because a signal
  // ends a process on Windows at once.
  for (const signal of ['SIGINT', 'SIGBREAK', 'SIGTERM', 'SIGHUP']) process.on(signal, stop)

  start()
  if (!dev) return
  // Pages are Vite's; everything else of the server is read anew.
  let timer
  watch(path.join(root, 'src'), { recursive: true }, (_event, name) => {
    if (name === null || /^web[\\/]|\.test\.tsx?$/.test(name)) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      if (stopping) return
      console.log(`  ${name} has changed.`)
      if (stoa.exitCode !== null) return start()
      restarting = true
      if (stoa.connected) stoa.send({ stop: true })
    }, 200)
  })
}

/** The example publisher is a project of its own, with its own dependencies. */
function startPublisher({ publicUrl, issuerUrl, caFile }) {
  const folder = path.join(root, 'examples', 'publisher')
  if (!existsSync(path.join(folder, 'node_modules'))) {
    console.log('  Installing the example publisher (once) …')
    const npm = npmCommand()
    const installed = spawnSync(npm.command, [...npm.args, 'ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' })
    if (installed.status !== 0) {
      console.error('  The example publisher could not be installed; Stoa goes on without it.')
      return undefined
    }
  }
  const { main, scripts } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const entry = main ?? /node (\S+)/.exec(scripts.start)[1]
  return spawn(node, [entry], {
    cwd: folder,
    stdio: 'inherit',
    env: {
      ...process.env,
      MARKETPLACE_API_URL: `${issuerUrl}/api`,
      MARKETPLACE_AUTHORITY_URL: issuerUrl,
      MARKETPLACE_BROWSER_URL: publicUrl,
      MARKETPLACE_PORTAL_URL: `${publicUrl}/account`,
      ...(caFile ? { NODE_EXTRA_CA_CERTS: caFile } : {}),
    },
  })
}

/** npm names its own script in the environment; otherwise it is a command of the path (a .cmd on Windows, which only a shell runs). */
function npmCommand() {
  const script = process.env.npm_execpath
  return script ? { command: process.execPath, args: [script] } : { command: 'npm', args: [] }
}

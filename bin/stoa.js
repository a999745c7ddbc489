#!/usr/bin/env node
// The `stoa` command runs on the machine's Node and hands over to the Node 24 of node_modules.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const ours = path.join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const node = existsSync(ours) ? ours : process.execPath
const stoa = spawn(node, [path.join(root, 'src', 'cli', 'stoa.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stoa.kill(signal))
stoa.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

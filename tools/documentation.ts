/**
 * Checks the documentation: links and anchors lead somewhere, JSON parses, TypeScript and JavaScript examples are type-checked, and the
 * configuration table names exactly the variables that src/kernel/config.ts reads. Fails when it read no file or no example.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Marked, type Token, type Tokens } from 'marked'
import { anchorOf } from '../src/api/docs/guide.ts'

const root = path.join(import.meta.dirname, '..')
const examplesFolder = path.join(root, 'node_modules', '.cache', 'documentation-examples')

interface Page {
  file: string
  links: string[]
  anchors: Set<string>
  codes: { language: string; text: string }[]
}

function readPage(file: string): Page {
  const page: Page = { file, links: [], anchors: new Set(), codes: [] }
  const marked = new Marked()
  const visit = (token: Token) => {
    if (token.type === 'link' || token.type === 'image') page.links.push((token as Tokens.Link).href)
    if (token.type === 'heading') page.anchors.add(anchorOf((token as Tokens.Heading).text))
    if (token.type === 'code') page.codes.push({ language: (token as Tokens.Code).lang ?? '', text: (token as Tokens.Code).text })
  }
  void marked.walkTokens(marked.lexer(readFileSync(path.join(root, file), 'utf8')), visit)
  return page
}

function checkLinks(pages: Page[]): string[] {
  const byFile = new Map(pages.map((page) => [page.file, page]))
  return pages.flatMap((page) =>
    page.links
      .filter((link) => !/^[a-z]+:/i.test(link))
      .flatMap((link) => {
        const [target = '', anchor] = link.split('#', 2)
        const file = target === '' ? page.file : path.posix.join(path.posix.dirname(page.file), target)
        if (!existsSync(path.join(root, file))) return [`${page.file}: the link '${link}' leads nowhere`]
        const known = byFile.get(file)
        return anchor && known && !known.anchors.has(anchor) ? [`${page.file}: '${link}' names no heading of ${file}`] : []
      }),
  )
}

function checkJson(pages: Page[]): string[] {
  return pages.flatMap((page) =>
    page.codes
      .filter((code) => code.language === 'json')
      .flatMap((code) => {
        try {
          JSON.parse(code.text)
          return []
        } catch (error) {
          return [`${page.file}: a JSON example does not parse: ${(error as Error).message}`]
        }
      }),
  )
}

/** Writes every TypeScript example to a file of its own and has the compiler look at all of them. */
function checkTypeScript(pages: Page[]): { examples: number; problems: string[] } {
  rmSync(examplesFolder, { recursive: true, force: true })
  mkdirSync(examplesFolder, { recursive: true })
  let examples = 0
  for (const page of pages) {
    for (const code of page.codes.filter((one) => one.language === 'ts')) {
      const name = `${page.file.replaceAll(/[^a-z0-9]+/gi, '-')}-${++examples}.ts`
      writeFileSync(path.join(examplesFolder, name), `// An example of ${page.file}\n${code.text}\nexport {}\n`)
    }
  }
  writeFileSync(
    path.join(examplesFolder, 'tsconfig.json'),
    JSON.stringify({
      extends: path.join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [path.join(root, 'node_modules/@types')] },
      include: ['*.ts'],
      exclude: [],
    }),
  )
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const result = spawnSync(process.execPath, [tsc, '--project', examplesFolder, '--pretty', 'false'], { encoding: 'utf8' })
  const problems = result.status === 0 ? [] : result.stdout.trim().split('\n')
  return { examples, problems }
}

function checkConfiguration(): string[] {
  const code = globSync('src/kernel/*.ts', { cwd: root })
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
    .join('\n')
  const read = new Set([...code.matchAll(/^ {2,4}((?:STOA|OTEL)_[A-Z_]+|DATABASE_URL|SMTP_URL):/gm)].map((match) => match[1]!))
  const table = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8')
  const documented = new Set([...table.matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1]!))
  if (read.size === 0) return ['src/kernel: no variable was found; has its shape changed?']
  return [
    ...[...read].filter((name) => !documented.has(name)).map((name) => `docs/configuration.md: ${name} is missing`),
    ...[...documented].filter((name) => !read.has(name)).map((name) => `docs/configuration.md: ${name} is not read by src/kernel`),
  ]
}

const files = globSync(['*.md', 'docs/**/*.md', 'examples/*/*.md'], { cwd: root }).map((file) => file.replaceAll('\\', '/'))
const pages = files.map(readPage)
const { examples, problems: typeProblems } = checkTypeScript(pages)
const problems = [...checkLinks(pages), ...checkJson(pages), ...typeProblems, ...checkConfiguration()]
if (pages.length === 0 || examples === 0) problems.push('No page or no example was read: the check has checked nothing.')
for (const problem of problems) console.error(problem)
console.log(`documentation: ${pages.length} pages, ${examples} examples, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

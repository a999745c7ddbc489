import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { reactRouter } from '@react-router/dev/vite'
import { defineConfig, type Plugin } from 'vite'

const brotli = promisify(brotliCompress)
const deflate = promisify(gzip)

const sharedModule = /^.*\/src\/(kernel|domain)\//

/** Stores every text asset compressed beside the original, so that no request pays for compressing what never changes. */
function compressedAssets(): Plugin {
  return {
    name: 'stoa-compressed-assets',
    apply: 'build',
    async writeBundle(options, bundle) {
      if (this.environment.name !== 'client' || !options.dir) return
      const dir = options.dir
      const names = Object.keys(bundle).filter((name) => /\.(js|css|svg)$/.test(name))
      await Promise.all(
        names.map(async (name) => {
          const file = join(dir, name)
          const bytes = await readFile(file)
          if (bytes.length < 1024) return
          await writeFile(`${file}.br`, await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
          await writeFile(`${file}.gz`, await deflate(bytes, { level: 9 }))
        }),
      )
    },
  }
}

export default defineConfig({
  publicDir: 'src/web/public',
  plugins: [reactRouter(), compressedAssets()],
  build: {
    // The content security policy allows no data: addresses for styles and fonts.
    assetsInlineLimit: 0,
    target: 'es2022',
  },
  environments: {
    ssr: {
      build: {
        rollupOptions: {
          // The process has loaded kernel and domain already: pages use that copy (its decimals, its errors, its reference data), not one of their own.
          external: (id) => sharedModule.test(id),
          output: {
            // All files of the bundle lie in dist/web/server, three folders below the project.
            chunkFileNames: '[name]-[hash].js',
            paths: (id) => id.replace(sharedModule, '../../../src/$1/'),
          },
        },
      },
    },
  },
  ssr: {
    // Fluent's CommonJS and its style engine must be one copy on the server, and load as one file.
    noExternal: [/^@fluentui\//, /^@griffel\//],
  },
})

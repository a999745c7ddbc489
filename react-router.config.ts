import type { Config } from '@react-router/dev/config'

export default {
  appDirectory: 'src/web',
  buildDirectory: 'dist/web',
  ssr: true,
  // The origin of a form is checked in src/web/handler.ts, which knows the addresses a proxy in front may use.
  allowedActionOrigins: ['**'],
} satisfies Config

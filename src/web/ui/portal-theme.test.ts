import { expect, test } from 'vitest'
import { portalThemeCss } from './portal-theme.ts'

test('the portals’ style sheet is what the theme says (renew it with vitest --update)', async () => {
  await expect(portalThemeCss()).toMatchFileSnapshot('./portal-theme.css')
})

test('every colour has a value for both schemes and none is lost', () => {
  const css = portalThemeCss()
  expect(css).toContain('--colorBrandBackground: light-dark(var(--brand), color-mix(in oklab, var(--brand) 90%, black));')
  expect(css).toMatch(/--shadow4: [^;]*light-dark\(rgba\(0,0,0,0\.14\), rgba\(0,0,0,0\.28\)\)/)
  expect(css).not.toContain('undefined')
})

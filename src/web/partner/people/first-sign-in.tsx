import { makeStyles, tokens } from '@fluentui/react-components'
import { Facts, Notice, Section } from '../../ui/portal-page.tsx'

const useStyles = makeStyles({
  secret: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere', userSelect: 'all' },
})

/** A value that is shown once, chosen as a whole with one click. */
export function Secret({ children }: { children: string }) {
  return <code className={useStyles().secret}>{children}</code>
}

/** The temporary password of a person; nobody is shown it again. */
export function FirstSignIn({ email, password }: { email: string; password: string }) {
  return (
    <Section title="Sign-in of this person" card>
      <Notice intent="warning" title="The password is shown once.">
        Hand it over now. It lets in once, to choose another one.
      </Notice>
      <Facts
        facts={[
          { label: 'Sign-in name', value: email },
          { label: 'Temporary password', value: <Secret>{password}</Secret> },
        ]}
      />
    </Section>
  )
}

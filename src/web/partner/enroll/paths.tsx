import { makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { enter } from '../../ui/portal-access.server.ts'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Notice, PortalPage } from '../../ui/portal-page.tsx'
import type { Route } from './+types/paths.ts'

export const meta: Route.MetaFunction = () => [{ title: 'Open a publisher account · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, kernel, domain, read } = await enter(args, 'account.enroll')
  const paths = await read((ctx) => domain.accounts.enrollmentPaths(ctx))
  const accounts = await read((ctx) => domain.accounts.accountsOf(ctx, user))
  const tenant = await read((ctx) => domain.directory.findTenant(ctx, user.tenantId))
  return {
    ...paths,
    brand: kernel.config.brand.name,
    email: user.email,
    organisation: tenant?.name ?? 'your organisation',
    works: accounts.length > 0,
  }
}

const useStyles = makeStyles({
  cards: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))', gap: tokens.spacingHorizontalL },
  card: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalXL,
    display: 'grid',
    rowGap: tokens.spacingVerticalM,
    alignContent: 'start',
    justifyItems: 'start',
  },
  heading: { margin: 0, fontSize: tokens.fontSizeBase500, fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
  text: { margin: 0, color: tokens.colorNeutralForeground2, lineHeight: tokens.lineHeightBase400 },
})

export default function EnrollmentPaths({ loaderData }: Route.ComponentProps) {
  const { company, existing, brand, email, organisation, works } = loaderData
  const styles = useStyles()
  return (
    <PortalPage
      title="Open a publisher account"
      lead={`Sell your software on ${brand}: enrol your organisation, accept the agreements, and write your first offer.`}
    >
      {company === 'has-account' && !works && existing.length === 0 ? (
        <Notice intent="info" title={`${organisation} has a publisher account already.`}>
          You sign in with its directory, and need a role in the account to work there. Ask one of its owners or managers.
        </Notice>
      ) : null}
      {company === 'personal-account' ? (
        <Notice intent="warning" title="A work account is needed.">
          {email} is not an account of a company’s directory here. Sign out, and sign in with the work account of your company.
        </Notice>
      ) : null}
      <div className={styles.cards}>
        {company === null ? (
          <Path title={`Enrol ${organisation}`} button="Enrol a company" to="/partner/enroll/company" primary>
            Your company is new to Partner Center. You need its legal name and address, a contact, and the authority to sign agreements for
            it. Colleagues sign in with the same directory; you give them their roles.
          </Path>
        ) : null}
        {existing.map((one) =>
          one.path === 'partner' ? (
            <Path
              key={one.accountId}
              title={`Enrol ${one.name}`}
              button="Get Started"
              to={`/partner/enroll/partner/${one.accountId}`}
              primary
            >
              Your organisation is in the partner network. Choose the MPN ID under which it sells, and accept the Publisher Agreement.
            </Path>
          ) : (
            <Path
              key={one.accountId}
              title={`Enrol ${one.name}`}
              button="Get Started"
              to={`/partner/enroll/developer/${one.accountId}`}
              primary
            >
              {one.accountType === 'company'
                ? 'Your company is in the developer program: the marketplace joins its account.'
                : 'You are in the developer program by yourself: selling gets an account of its own beside it.'}
            </Path>
          ),
        )}
        {works ? (
          <Path title="You work for a publisher" button="To Partner Center" to="/partner">
            Everything about your accounts, offers and customers.
          </Path>
        ) : null}
      </div>
    </PortalPage>
  )
}

interface PathProps {
  title: string
  button: string
  to: string
  primary?: boolean
  children: ReactNode
}

function Path({ title, button, to, primary = false, children }: PathProps) {
  const styles = useStyles()
  return (
    <div className={styles.card}>
      <h2 className={styles.heading}>{title}</h2>
      <p className={styles.text}>{children}</p>
      <ButtonLink to={to} primary={primary}>
        {button}
      </ButtonLink>
    </div>
  )
}

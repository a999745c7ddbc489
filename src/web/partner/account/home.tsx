import { makeStyles, tokens } from '@fluentui/react-components'
import { BoxRegular } from '@fluentui/react-icons/svg/box'
import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { SettingsRegular } from '@fluentui/react-icons/svg/settings'
import type { ReactElement } from 'react'
import { Form } from 'react-router'
import { allows } from '../../../kernel/authorization.ts'
import { announcedTo } from '../../ui/announcements.server.ts'
import { SubmitButton } from '../../ui/portal-form.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { viewOf } from '../portal-view.server.ts'
import { enterAccount } from './account-access.server.ts'
import { tasksOf } from './account-data.server.ts'
import { publisherStatuses } from './account-words.ts'
import type { Route } from './+types/home.ts'

export const meta: Route.MetaFunction = () => [{ title: 'Home · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'publisher.read')
  const { user, domain, account, base, read } = visit
  const resource = { tenantId: account.tenantId, accountId: account.accountId }
  const publishers = (await read((ctx) => domain.accounts.publishersOf(ctx, user))).filter((one) => one.accountId === account.accountId)
  const [first] = publishers
  return {
    base,
    name: account.legalName,
    view: viewOf(args.request),
    isNew: new URL(args.request.url).searchParams.has('welcome'),
    readsSettings: allows(user, 'seller-account.read', resource),
    addsPublishers: allows(user, 'publisher.create', resource) && first !== undefined,
    payouts: first && allows(user, 'payout.read', resource) ? `/partner/publishers/${first.publisherId}/payouts` : null,
    publishers: publishers.map(({ publisherId, name, status }) => ({ publisherId, name, status })),
    tasks: await tasksOf(visit),
    news: (await read((ctx) => announcedTo(visit, ctx, 'publishers')))
      .flatMap((one) => one.news)
      .toSorted((a, b) => (a.day < b.day ? 1 : -1))
      .slice(0, 5),
  }
}

const useStyles = makeStyles({
  tasks: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalM },
  task: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: 'inset 4px 0 0 var(--color-brand)',
    padding: tokens.spacingHorizontalL,
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    justifyContent: 'space-between',
    alignItems: 'center',
  },
  taskText: { display: 'grid', rowGap: tokens.spacingVerticalXS, minWidth: 0, maxWidth: '72ch' },
  heading: { margin: 0, fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold, overflowWrap: 'anywhere' },
  text: { margin: 0, color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  cards: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(240px, 1fr))', gap: tokens.spacingHorizontalL },
  card: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalXL,
    display: 'grid',
    rowGap: tokens.spacingVerticalS,
    alignContent: 'start',
  },
  icon: { color: tokens.colorBrandForeground1, fontSize: '28px', lineHeight: 1, display: 'flex' },
  none: { margin: 0, display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, color: tokens.colorNeutralForeground2 },
  news: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalL, maxWidth: '80ch' },
  newsItem: { display: 'grid', rowGap: tokens.spacingVerticalXS, justifyItems: 'start', overflowWrap: 'anywhere' },
  newsHead: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  noneIcon: { color: tokens.colorStatusSuccessForeground1, fontSize: '20px', lineHeight: 1, display: 'flex' },
})

export default function AccountHome({ loaderData }: Route.ComponentProps) {
  const { base, name, view, isNew, publishers, tasks, readsSettings, addsPublishers, payouts, news } = loaderData
  const styles = useStyles()
  const other = view === 'current' ? 'workspaces' : 'current'
  return (
    <PortalPage
      title="Home"
      lead={`What waits for you at ${name}, and where to go from here.`}
      actions={
        <Form method="post" action="/partner/view">
          <input type="hidden" name="return" value={base} />
          <SubmitButton name="view" value={other}>
            {other === 'workspaces' ? 'Workspaces view' : 'Current view'}
          </SubmitButton>
        </Form>
      }
    >
      {isNew ? (
        <Notice intent="success" title={`${name} is registered for the commercial marketplace.`}>
          Next: confirm the contact’s e-mail address, hand in your tax and payout profiles, and write your first offer.
        </Notice>
      ) : null}
      <Section title="Actions needed">
        {tasks.length === 0 ? (
          <p className={styles.none}>
            <span className={styles.noneIcon} aria-hidden="true">
              <CheckmarkCircleRegular />
            </span>
            Nothing waits for you.
          </p>
        ) : (
          <ul className={styles.tasks}>
            {tasks.map((task) => (
              <li key={task.key} className={styles.task}>
                <div className={styles.taskText}>
                  <h3 className={styles.heading}>{task.title}</h3>
                  <p className={styles.text}>{task.text}</p>
                </div>
                <ButtonLink to={task.to}>{task.link}</ButtonLink>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {view === 'workspaces' ? (
        <Section title="Workspaces">
          <div className={styles.cards}>
            {publishers.map((publisher) => (
              <Workspace
                key={publisher.publisherId}
                icon={<BoxRegular />}
                title={publisher.name}
                text="Offers, customers, usage and leads of this publisher."
                to={`/partner/publishers/${publisher.publisherId}`}
              />
            ))}
            {payouts ? <Workspace icon={<MoneyRegular />} title="Earnings" text="Payouts, statements and forecast." to={payouts} /> : null}
            {readsSettings ? (
              <Workspace
                icon={<SettingsRegular />}
                title="Account settings"
                text="Legal info, identifiers, publishers, agreements and programs."
                to={`${base}/legal`}
              />
            ) : null}
          </div>
        </Section>
      ) : (
        <Section title="Publishers" actions={addsPublishers ? <TextLink to={`${base}/publishers/new`}>Add publisher</TextLink> : undefined}>
          {publishers.length === 0 ? (
            <EmptyState icon={<BuildingShopRegular />} title="No publisher yet">
              Publishers are the names under which you sell. The first one comes with the enrolment in the commercial marketplace.
            </EmptyState>
          ) : (
            <DataTable
              caption="Publishers of this account"
              rows={publishers}
              rowKey={(row) => row.publisherId}
              columns={[
                {
                  key: 'name',
                  header: 'Publisher',
                  cell: (row) => <TextLink to={`/partner/publishers/${row.publisherId}`}>{row.name}</TextLink>,
                  rowHeader: true,
                },
                { key: 'id', header: 'Publisher ID', cell: (row) => row.publisherId },
                { key: 'status', header: 'Status', cell: (row) => <PublisherStatus status={row.status} /> },
              ]}
            />
          )}
        </Section>
      )}
      <Section title="Announcements" actions={<TextLink to="/partner/whats-new">What’s new</TextLink>}>
        {news.length === 0 ? (
          <p className={styles.none}>There is no news.</p>
        ) : (
          <ul className={styles.news}>
            {news.map((one) => (
              <li key={one.id} className={styles.newsItem}>
                <span className={styles.newsHead}>
                  {one.category} · <DateText value={one.day} />
                </span>
                <span>{one.text}</span>
                {one.address === null ? null : (
                  <TextLink to={one.address} document>
                    Read more
                  </TextLink>
                )}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </PortalPage>
  )
}

function PublisherStatus({ status }: { status: string }) {
  const shown = publisherStatuses[status] ?? { label: status, tone: 'neutral' as const }
  return <Status tone={shown.tone}>{shown.label}</Status>
}

function Workspace({ icon, title, text, to }: { icon: ReactElement; title: string; text: string; to: string }) {
  const styles = useStyles()
  return (
    <div className={styles.card}>
      <span className={styles.icon} aria-hidden="true">
        {icon}
      </span>
      <h3 className={styles.heading}>
        <TextLink to={to}>{title}</TextLink>
      </h3>
      <p className={styles.text}>{text}</p>
    </div>
  )
}

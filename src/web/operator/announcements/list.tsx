import { MegaphoneRegular } from '@fluentui/react-icons/svg/megaphone'
import { redirect, useActionData } from 'react-router'
import { utcDate } from '../../../kernel/clock.ts'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { announcementChoices, announcementInput, shownAnnouncement } from './announcements-data.server.ts'
import { AnnouncementForm } from './form.tsx'
import type { Route } from './+types/list.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Announcements' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Announcements · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'announcement.manage')
  return visit.read(async (ctx) => {
    const rows = await visit.domain.announcements.list(ctx)
    const today = utcDate(ctx.now).toString()
    return {
      choices: announcementChoices(visit),
      rows: rows.map((row) => ({ ...shownAnnouncement(visit, row), ahead: row.onDay.toString() > today })),
    }
  })
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'announcement.manage')
  const form = await readForm(args.request)
  try {
    await run(async (ctx) => {
      if (field(form, 'intent') === 'withdraw') await domain.announcements.withdraw(ctx, field(form, 'announcement'))
      else await domain.announcements.announce(ctx, announcementInput(form))
    })
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/announcements', 303)
}

export default function AnnouncementList({ loaderData: { choices, rows } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Announcements"
      lead="News for those who sell and buy here: on the What’s-new pages of the storefronts, of Partner Center and of the customer portal."
      actions={
        <ButtonLink to="/whats-new" document>
          What everybody reads
        </ButtonLink>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Announce" card>
        <AnnouncementForm key={rows.length} choices={choices} errors={refusal?.errors.fields ?? {}} button="Announce" />
      </Section>
      <Section title="Announced">
        {rows.length === 0 ? (
          <EmptyState icon={<MegaphoneRegular />} title="Nothing was announced">
            The first announcement appears here, and where those whom it is for read it.
          </EmptyState>
        ) : (
          <DataTable
            caption="Announcements, newest first"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'text',
                header: 'Text',
                cell: (row) => (
                  <TextLink to={`/operator/announcements/${row.id}`}>
                    {row.text.length > 100 ? `${row.text.slice(0, 100)} …` : row.text}
                  </TextLink>
                ),
                rowHeader: true,
              },
              { key: 'group', header: 'Group', cell: (row) => row.groupLabel },
              { key: 'category', header: 'Category', cell: (row) => row.category },
              { key: 'audience', header: 'For', cell: (row) => row.audienceLabel },
              { key: 'day', header: 'From', cell: (row) => row.onDay },
              {
                key: 'state',
                header: 'State',
                cell: (row) => (row.ahead ? <Status tone="info">Ahead</Status> : <Status tone="good">Shown</Status>),
              },
              {
                key: 'withdraw',
                header: 'Withdraw',
                cell: (row) => (
                  <ConfirmForm
                    intent="withdraw"
                    fields={{ announcement: row.id }}
                    button="Withdraw"
                    small
                    title="Withdraw the announcement?"
                    confirm="Withdraw it"
                    keep="Keep it"
                  >
                    Nobody reads it from now on. Who has read it already keeps what it said in mind.
                  </ConfirmForm>
                ),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}

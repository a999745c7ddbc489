import { redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, refused } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { announcementChoices, announcementInput, shownAnnouncement } from './announcements-data.server.ts'
import { AnnouncementForm } from './form.tsx'
import type { Route } from './+types/announcement.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Announcements', to: '/operator/announcements' }, { text: 'Change' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Change an announcement · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'announcement.manage')
  const row = await visit.read((ctx) => visit.domain.announcements.get(ctx, args.params.announcement))
  return { choices: announcementChoices(visit), announcement: shownAnnouncement(visit, row) }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'announcement.manage')
  const form = await readForm(args.request)
  try {
    await run((ctx) => domain.announcements.change(ctx, args.params.announcement, announcementInput(form)))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/announcements', 303)
}

export default function AnnouncementPage({ loaderData: { choices, announcement } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage title="Change an announcement" lead={`Written by ${announcement.author}.`}>
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Announcement" card>
        <AnnouncementForm choices={choices} errors={refusal?.errors.fields ?? {}} given={announcement} button="Save" />
      </Section>
    </PortalPage>
  )
}

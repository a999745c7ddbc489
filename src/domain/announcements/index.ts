export {
  type Announcement,
  type AnnouncementAudience,
  type AnnouncementInput,
  type Announcements,
  createAnnouncements,
} from './service.ts'

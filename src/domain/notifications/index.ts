export { createNotifications, type News, type Notification, type Notifications } from './service.ts'
export { mailKinds } from './mail-choices.ts'

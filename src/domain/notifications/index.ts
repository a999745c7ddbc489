export { createNotifications, type News, type Notification, type Notifications } from './service.ts'

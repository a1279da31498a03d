import { own, type RouteCases, row } from './route-case.ts'

const notification = { id: '{notification}' }
const subscription = { id: '{subscription}' }
const QUEUED = `where=${encodeURIComponent("channel='webhook' and status='queued'")}`

/** Messages on topics, who hears of them, and mails. */
export const NOTIFICATION_CASES: RouteCases = {
  'GET /notifications': own({ query: 'topics[]=topic-{label}' }),
  'POST /notifications': own({ body: { topic: 'written', message: 'written' } }),
  'GET /notifications/:id': row(notification),
  'PUT /notifications/:id/acknowledge': row(notification),
  'GET /notifications/:notificationId/subscriptions/deliveries': row({ notificationId: '{notification}' }),
  'GET /notifications/:notificationId/subscriptions/:id/deliveries': row(
    { notificationId: '{notification}', ...subscription },
    { query: 'hydrate=true' },
  ),
  'GET /notifications/subscriptions': own(),
  'POST /notifications/subscriptions': own({
    body: { channel: 'webhook', topics: ['written'], config: { url: 'https://written.example.com/' } },
  }),
  'GET /notifications/subscriptions/:id': row(subscription),
  'GET /notifications/subscriptions/deliveries': own({ query: 'hydrate=true' }),
  'PUT /notifications/subscriptions/deliveries': own({ query: QUEUED }),
  'DELETE /notifications/subscriptions/:id': row(subscription),
  'DELETE /notifications/:id': row(notification),
  'GET /notifications/emails': own(),
  'POST /notifications/emails': own({ body: { to: 'written@example.com' } }),
  'GET /notifications/emails/:id': row({ id: '{mail}' }),
}
